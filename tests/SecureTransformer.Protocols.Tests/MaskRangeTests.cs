using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Masks of one use of a stream, drawn in parts.</summary>
public class MaskRangeTests
{
    private static readonly byte[] s_key = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];

    [Fact]
    public void Parts_are_those_of_the_whole_and_ranges_follow_one_another()
    {
        using var here = new PairwiseRandomness(s_key);
        using var there = new PairwiseRandomness(s_key);
        ulong[] whole = new ulong[1001];
        ulong[] next = new ulong[3];
        here.Fill(Purpose.BitDeal, whole);
        here.Fill(Purpose.BitDeal, next);

        MaskRange range = there.Reserve(Purpose.BitDeal, whole.Length);
        ulong[] parts = new ulong[whole.Length];
        ulong[] after = new ulong[next.Length];
        there.Fill(Purpose.BitDeal, after);
        range.Fill(512, parts.AsSpan(512));
        range.Fill(0, parts.AsSpan(0, 512));
        Assert.Equal(whole, parts);
        Assert.Equal(next, after);

        using AesCtrPrg stream = new(s_key, (ulong)Purpose.BitDeal);
        ulong[] sequential = new ulong[whole.Length];
        stream.Fill(sequential);
        Assert.Equal(whole, sequential);
    }

    [Fact]
    public void Nothing_is_drawn_beyond_a_range_or_within_a_block()
    {
        using var randomness = new PairwiseRandomness(s_key);
        MaskRange range = randomness.Reserve(Purpose.Zero, 7);
        range.Fill(0, new ulong[7]);
        range.FillBytes(16, new byte[40]);
        Assert.Throws<ArgumentOutOfRangeException>(() => range.Fill(0, new ulong[8]));
        Assert.Throws<ArgumentOutOfRangeException>(() => range.Fill(2, new ulong[6]));
        Assert.Throws<ArgumentOutOfRangeException>(() => range.Fill(1, new ulong[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => range.Fill(-2, new ulong[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => range.Fill(long.MaxValue / 8, new ulong[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => range.FillBytes(48, new byte[9]));
        Assert.Throws<ArgumentOutOfRangeException>(() => default(MaskRange).Fill(0, new ulong[1]));
        Assert.Throws<OverflowException>(() => randomness.Reserve(Purpose.Zero, long.MaxValue / 4));
    }

    [Fact]
    public void A_stream_that_is_used_up_is_refused()
    {
        using var randomness = new PairwiseRandomness(s_key);
        randomness.Stream(Purpose.Zero).Position = ulong.MaxValue - 1;
        Assert.Throws<OverflowException>(() => randomness.Reserve(Purpose.Zero, 4));
        randomness.Reserve(Purpose.Zero, 2).Fill(0, new ulong[2]);
    }
}
