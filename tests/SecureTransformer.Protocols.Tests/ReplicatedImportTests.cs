using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>A client, who is no party, that does not follow the protocol.</summary>
public class ReplicatedImportTests
{
    private const ushort Import = 4;
    private const int Count = 3;

    /// <summary>Party 0 has all it needs from its two seeds; the others receive words for longer than its time-out for one frame.</summary>
    [Fact]
    public async Task A_client_whose_link_is_slow_is_waited_for()
    {
        const int Frames = 4;
        int count = Frames << 16;
        await using var network = new InMemoryNetwork(3, new TransportOptions { ReceiveTimeout = TimeSpan.FromSeconds(4) });
        Task<double[][]> parties = Task.WhenAll(Enumerable.Range(0, 3).Select(party => Task.Run(async () =>
        {
            await using ClientConnection client = await network.Party(party).AcceptClientAsync();
            await using ReplicatedSession session = await ReplicatedSession.OpenAsync(await network.Party(party).OpenSessionAsync(client.SessionId));
            return await session.RevealAsync(await session.ImportAsync(client.Channel, new TensorShape(count)));
        })));
        await using ClientChannels links = await network.Client().ConnectAsync(SessionId.New());
        await ShareCodec.Create(MpcProtocol.Replicated3).SendAsync([links[0], links[1], links[2]], count, 18, "slow", (start, values) =>
        {
            Thread.Sleep(1500);
            values.Fill(start);
        });
        double[][] opened = await parties;
        Assert.All(opened, values => Assert.Equal(Enumerable.Range(0, count).Select(i => (double)(i >> 16 << 16)), values));
    }

    [Theory]
    [InlineData(false, false, false)]
    [InlineData(true, false, false)]
    [InlineData(false, true, false)]
    [InlineData(false, false, true)]
    [InlineData(true, false, true)]
    [InlineData(false, true, true)]
    public async Task Shares_that_do_not_belong_together_end_the_session(bool otherWords, bool otherSeed, bool keep)
    {
        await using var network = new InMemoryNetwork(3);
        Task<Exception?[]> parties = Task.WhenAll(Enumerable.Range(0, 3).Select(party => Task.Run<Exception?>(async () =>
        {
            await using ClientConnection client = await network.Party(party).AcceptClientAsync();
            await using ReplicatedSession session = await ReplicatedSession.OpenAsync(await network.Party(party).OpenSessionAsync(client.SessionId));
            return await Record.ExceptionAsync(async () =>
            {
                if (keep)
                {
                    await session.KeepAsync(client.Channel, new TensorShape(Count), new Nowhere());
                }
                else
                {
                    await session.ImportAsync(client.Channel, new TensorShape(Count));
                }
            });
        })));
        await using ClientChannels links = await network.Client().ConnectAsync(SessionId.New());
        byte[] seed0 = [.. Enumerable.Repeat((byte)1, 16)];
        byte[] seed1 = [.. Enumerable.Repeat((byte)2, 16)];
        byte[] words = new byte[Count * sizeof(ulong)];
        byte[] changed = [.. words];
        changed[5] = 1;
        byte[] otherSeed1 = [.. seed1];
        otherSeed1[0] ^= 1;
        Send(links[0], seed0);
        Send(links[0], seed1);
        Send(links[1], otherSeed ? otherSeed1 : seed1);
        Send(links[1], words);
        Send(links[2], seed0);
        Send(links[2], otherWords ? changed : words);

        Exception?[] errors = await parties;
        if (!otherWords && !otherSeed)
        {
            Assert.All(errors, Assert.Null);
            return;
        }

        Assert.Contains(errors, e => e is ProtocolException && e.Message.Contains("client 0", StringComparison.Ordinal) && e.Message.Contains("do not belong together", StringComparison.Ordinal));
    }

    private sealed class Nowhere : IShareWriter
    {
        public void Write(ReadOnlySpan<byte> share)
        {
        }
    }

    private static void Send(IChannel party, byte[] payload)
    {
        FrameBuffer frame = party.Rent(payload.Length);
        payload.CopyTo(frame.Span);
        party.Send(frame, Import);
    }
}
