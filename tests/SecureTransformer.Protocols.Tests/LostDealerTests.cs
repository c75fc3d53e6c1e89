using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>A dealer that dies or falls silent in the middle of a session: every party ends within the time-out and names it, though only party 0 hears from it.</summary>
public class LostDealerTests
{
    private const ushort Handshake = 1;
    private const ushort Seed = 64;
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(5);

    [Theory]
    [InlineData(2, true, "the dealer closed the connection")]
    [InlineData(3, true, "the dealer closed the connection")]
    [InlineData(3, false, "the dealer sent nothing for 4 s")]
    public async Task A_dealer_that_is_lost_is_named_at_every_party(int count, bool closes, string complaint)
    {
        await using var network = new InMemoryNetwork(count, new TransportOptions { ReceiveTimeout = s_timeout }, hasDealer: true);
        var id = SessionId.New();
        ChannelSet[] sets = await Task.WhenAll(Enumerable.Range(0, count + 1).Select(i => network.Party(i).OpenSessionAsync(id)));
        Task[] parties = [.. sets.Take(count).Select(set => Task.Run(() => RunAsync(set)))];

        // As much of a dealer as it takes to open the session.
        ChannelSet dealer = sets[count];
        for (int party = 0; party < count; party++)
        {
            using FrameBuffer description = await dealer[party].ReceiveAtMostAsync(Handshake, 4096);
            FrameBuffer same = dealer[party].Rent(description.Length);
            description.Span.CopyTo(same.Span);
            dealer[party].Send(same, Handshake);
            (await dealer[party].ReceiveAtMostAsync(Seed, 4096)).Dispose();
        }

        if (closes)
        {
            await dealer.DisposeAsync();
        }

        foreach (Task party in parties)
        {
            Exception error = await Assert.ThrowsAnyAsync<Exception>(() => party.WaitAsync(3 * s_timeout));
            Assert.Contains(complaint, error.Message, StringComparison.Ordinal);
            Assert.True(error is PeerTimeoutException or PeerLostException or ProtocolException, error.ToString());
        }

        await dealer.DisposeAsync();
        Assert.Equal(0, network.OutstandingFrames);
    }

    private static async Task RunAsync(ChannelSet channels)
    {
        await using AdditiveSession session = await AdditiveSession.OpenAsync(channels);
        using SecretTensor x = await session.InputAsync(0, new TensorShape(4), new double[] { 1, 2, 3, 4 });
        for (int i = 0; i < 3; i++)
        {
            using SecretTensor square = await session.SquareAsync(x);
        }
    }
}
