using System.Runtime.InteropServices;
using SecureTransformer.Transport;
using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <content>Shares kept outside the session.</content>
public abstract partial class SessionContract
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(7, 3)]
    [InlineData(131, 1001)]
    public async Task What_was_kept_is_the_tensor_again_whole_and_row_by_row(int rows, int columns)
    {
        var shape = new TensorShape(rows, columns);
        double[] values = Values(5, shape.Count);
        await WithOwnerAsync(
            async (codec, parties) => await codec.SendAsync(parties, values, 18, "weights"),
            async (codec, channel, session) =>
            {
                var kept = new KeptShare();
                await session.KeepAsync(channel, shape, kept);
                Assert.Equal(codec.ShareBytes(session.PartyId, shape.Count), kept.Length);
                Assert.Equal(0, session.OutstandingBuffers);
                using (SecretTensor whole = session.Restore(kept, shape))
                {
                    Assert.Equal(shape, whole.Shape);
                    Assert.Equal(session.FractionalBits, whole.FractionalBits);
                    Assert.Equal(values, await session.RevealAsync(whole));
                }

                foreach ((int start, int length) in new[] { (0, rows), (rows - 1, 1), (rows / 3, rows - (rows / 3)), (rows / 2, (rows + 2) / 3) })
                {
                    int most = Math.Min(length, rows - start);
                    using SecretTensor part = session.Restore(kept, shape, start, most);
                    Assert.Equal(new TensorShape(most, columns), part.Shape);
                    Assert.Equal(values.AsSpan(start * columns, most * columns).ToArray(), await session.RevealAsync(part));
                }

                Assert.Equal(0, session.OutstandingBuffers);
            });
    }

    [Fact]
    public async Task A_kept_share_that_is_too_short_leaves_no_buffer_behind()
    {
        var shape = new TensorShape(64, 64);
        await WithOwnerAsync(
            async (codec, parties) => await codec.SendAsync(parties, Values(5, shape.Count), 18, "weights"),
            async (_, channel, session) =>
            {
                var kept = new KeptShare();
                await session.KeepAsync(channel, shape, kept);
                Assert.Throws<InvalidDataException>(() => session.Restore(new KeptShare(), shape));
                Assert.Throws<ArgumentOutOfRangeException>(() => session.Restore(kept, shape, 64));
                Assert.Throws<ArgumentOutOfRangeException>(() => session.Restore(kept, shape, -1));
                Assert.Throws<ArgumentOutOfRangeException>(() => session.Restore(kept, shape, 3, 62));
                Assert.Throws<ArgumentOutOfRangeException>(() => session.Restore(kept, shape, 0, 0));
                Assert.Throws<ArgumentNullException>(() => session.Restore(null!, shape));
                await Assert.ThrowsAsync<ArgumentNullException>(async () => await session.KeepAsync(channel, shape, null!));
                await Assert.ThrowsAsync<ArgumentNullException>(async () => await session.KeepAsync(null!, shape, kept));
                Assert.Equal(0, session.OutstandingBuffers);
            });
    }

    [Fact]
    public void A_codec_knows_what_each_party_gets()
    {
        ShareCodec codec = NewCodec();
        long[] bytes = [.. Enumerable.Range(0, codec.PartyCount).Select(party => codec.ShareBytes(party, 1000))];
        int seeded = Kind == MpcProtocol.Shamir ? MpcProtocols.ThresholdOf(Kind, codec.PartyCount, threshold) : codec.PartyCount - 1;
        long words = Kind == MpcProtocol.Shamir ? 16_000 : 8_000;
        Assert.Equal(
            Kind == MpcProtocol.Replicated3 ? [32, 8016, 8016] : [.. Enumerable.Repeat(words, codec.PartyCount - seeded), .. Enumerable.Repeat(16L, seeded)], bytes);
        Assert.Throws<ArgumentOutOfRangeException>(() => codec.ShareBytes(codec.PartyCount, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => codec.ShareBytes(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => codec.ShareBytes(0, 0));
    }

    [Fact]
    public async Task A_tensor_larger_than_the_queue_waits_for_the_parties()
    {
        const int count = 3_000_000;
        await WithOwnerAsync(
            async (codec, parties) => await codec.SendAsync(parties, count, 18, "weights", Count),
            async (_, channel, session) =>
            {
                using SecretTensor x = await session.ImportAsync(channel, new TensorShape(count));
                using SecretTensor last = session.Slice(x, 0, count - 1, 1);
                Assert.Equal(new double[] { count - 1 }, await session.RevealAsync(last));
            },
            new TransportOptions { MaxQueuedBytes = 4 << 20, ReadAheadBytes = 1 << 20 });

        static void Count(int start, Span<double> values)
        {
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = start + i;
            }
        }
    }

    private ShareCodec NewCodec() => ShareCodec.Create(Kind, parties, threshold);

    private async Task WithOwnerAsync(
        Func<ShareCodec, IChannel[], Task> owner, Func<ShareCodec, IChannel, MpcSession, Task> party, TransportOptions? transport = null)
    {
        await using IContractNetwork network = NewNetwork(transport);
        ShareCodec codec = NewCodec();
        Task[] running = [.. Enumerable.Range(0, codec.PartyCount).Select(i => Task.Run(async () =>
        {
            ClientConnection client = await network.Party(i).AcceptClientAsync();
            ChannelSet channels = await network.Party(i).OpenSessionAsync(client.SessionId);
            await using (client)
            await using (MpcSession session = await MpcProtocols.OpenSessionAsync(Kind, channels, new SessionOptions { Threshold = threshold }))
            {
                await party(codec, client.Channel, session);
            }
        }))];
        IClientEndpoint endpoint = network.Client();
        var id = SessionId.New();
        Task dealing = network.DealAsync(id);
        ClientChannels links = await endpoint.ConnectAsync(id);
        await owner(codec, [.. Enumerable.Range(0, codec.PartyCount).Select(i => links[i])]);
        await Task.WhenAll([.. running, dealing]);
        await links.DisposeAsync();
        await endpoint.DisposeAsync();
        await network.CloseAsync();
    }

    private sealed class KeptShare : IShareWriter, IShareReader
    {
        private readonly List<byte> _bytes = [];

        public long Length => _bytes.Count;

        public void Write(ReadOnlySpan<byte> share) => _bytes.AddRange(share);

        public void Read(long offset, Span<byte> destination)
        {
            if (offset > _bytes.Count - destination.Length)
            {
                throw new InvalidDataException("too short");
            }

            CollectionsMarshal.AsSpan(_bytes).Slice((int)offset, destination.Length).CopyTo(destination);
        }
    }
}
