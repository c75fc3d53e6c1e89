using System.Runtime.InteropServices;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>The dealer refuses what makes no sense before it allocates anything for it.</summary>
public class DealerTests
{
    private const ushort Seed = 64;
    private const ushort Request = 65;
    private const ushort Handshake = 1;

    public static TheoryData<int[]> Nonsense =>
    [
        [100, 1, 1],
        [-1],
        [1],
        [1, 0, 18, 1, 1, 1, 0, 0],
        [1, 1, 63, 1, 1, 1, 0, 0],
        [1, 1, 18, 2, 1, 1, 1, 0, 2],
        [1, 1, 18, 129, 1, 1, 0, 0],
        [1, 1, 18, 1, 2_000_000_000, 1, 0, 0],
        [1, 1, 18, 1, 1, 1, 0, 0, 0],
        [1, 12, 18, 1, 1, 13, 0, 0],
        [1, 12, 18, 1, 1, 0, 0, 0],
        [1, 12, 18, 1, 1, 4, 2, 0, 0],
        [1, 12, 18, 1, 1, 4, 4, 0, 0],
        [1, 12, 18, 1, 1, 4, 0, 0, 0],
        [1, 12, 18, 1, 1, 5, 1, 0, 0],
        [1, 1 << 30, 18, 1, 1, 1 << 29, 1, 0, 0],
        [2, 1 << 28, 2, 0, 18],
        [3, 1 << 14, 1 << 14, 2, 1, 0, 18],
        [3, int.MaxValue, int.MaxValue, int.MaxValue, int.MaxValue, 0, 18],
        [4, 0, 0, 1 << 20, 1 << 20, 1, 0, 0, 18],
        [4, 0, 0, 1 << 20, 1, 1 << 20, 0, 0, 18],
        [4, 0, -1, 1, 1, 1, 0, 0, 18],
        [4, 8, 0, 1, 1, 1, 0, 0, 18],
        [5, 1, 0],
        [6, 0],
        [7, 1, 65, 1],
        [8, 1, 2],
        [9, 1, 0, 0],
        [9, 0, 1, 0],
        [9, (1 << 14) + 1, 1 << 14, 0],
        [9, 1, 1, 8],
        [9, 1, 1, 2],
        [9, 1, 1, -1],
        [9, 1, 1, 0, 0],
        [10, 0, 0, 40, 1, 1],
        [10, 1, 0, 63, 1, 1],
        [10, 1, 5, 6, 1, 1],
        [10, 1, 61, 63, 1, 1],
        [10, 1, 0, 40, 1, 2],
        [10, 1, 0, 40, 1],
        [11, 0, 1],
        [11, 9, 1],
        [11, 1, 0, 18, 1, 0, 0, 1, 0],
        [11, 3, 1 << 27, 18, 1, 0, 0, 1, 0],
        [11, 1, 1, 63, 1, 0, 0, 1, 0],
        [11, 1, 1, 18, 0],
        [11, 1, 1, 18, 9, 0, 0, 1, 0],
        [11, 1, 1, 18, 1, 0, 1, 1, 0],
        [11, 1, 1, 18, 1, 0, 0, 1],
        [11, 2, 1, 0, 1, 0, 0, 1, 0, 18, 1, 0, 0, 1, 0],
        [11, 2, 1, 18, 1, 0, 0, 1, 0, 18, 1, 1, 0, 1, 0],
    ];

    [Theory]
    [MemberData(nameof(Nonsense))]
    public async Task Nonsense_is_refused(int[] request)
    {
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => ServeAsync(MemoryMarshal.AsBytes(request.AsSpan()).ToArray()));
        Assert.Contains("request for material", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_request_of_odd_length_is_refused() => await Assert.ThrowsAsync<ProtocolException>(() => ServeAsync(new byte[5]));

    [Fact]
    public async Task A_matrix_of_a_session_that_is_not_there_is_refused()
    {
        int[] request = [4, 1, 0, 1, 1, 1, 0, 0, 18];
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => ServeAsync(MemoryMarshal.AsBytes(request.AsSpan()).ToArray()));
        Assert.Contains("1 levels up", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(33)]
    [InlineData(48)]
    public async Task Seeds_of_the_wrong_size_are_refused(int length)
    {
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => ServeAsync(new byte[4], length));
        Assert.Contains("party 1", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public Task The_end_of_a_session_is_no_error() => ServeAsync(new byte[4]);

    [Fact]
    public async Task Places_must_fit()
    {
        await using var network = new InMemoryNetwork(2);
        var id = SessionId.New();
        ChannelSet[] sets = await Task.WhenAll(network.Party(0).OpenSessionAsync(id), network.Party(1).OpenSessionAsync(id));
        await Assert.ThrowsAsync<ArgumentException>(() => Dealer.ServeAsync(sets[1]));
        await Assert.ThrowsAsync<ArgumentException>(() => AdditiveSession.OpenAsync(sets[0]));
        await Task.WhenAll(sets.Select(s => s.DisposeAsync().AsTask()));
    }

    /// <summary>A dealer between two parties played here, of which the first asks for something.</summary>
    private static async Task ServeAsync(byte[] request, int seedsOfTheSecond = 32)
    {
        await using var network = new InMemoryNetwork(2, hasDealer: true);
        var id = SessionId.New();
        ChannelSet[] sets = await Task.WhenAll(Enumerable.Range(0, 3).Select(i => network.Party(i).OpenSessionAsync(id)));
        Task dealer = Dealer.ServeAsync(sets[2]);
        for (int party = 0; party < 2; party++)
        {
            using FrameBuffer description = await sets[party][2].ReceiveAtMostAsync(Handshake, 4096);
            Send(sets[party][2], description.Span, Handshake);
            Send(sets[party][2], new byte[party == 0 ? 32 : seedsOfTheSecond], Seed);
        }

        Send(sets[0][2], request, Request);
        try
        {
            await dealer;
        }
        finally
        {
            await Task.WhenAll(sets.Select(s => s.DisposeAsync().AsTask()));
        }
    }

    private static void Send(IChannel channel, ReadOnlySpan<byte> payload, ushort operation)
    {
        FrameBuffer frame = channel.Rent(payload.Length);
        payload.CopyTo(frame.Span);
        channel.Send(frame, operation);
    }
}
