using System.Numerics;
using FsCheck;
using FsCheck.Fluent;
using SecureTransformer.Numerics;

namespace SecureTransformer.Sharing.Tests;

public class SharingTests
{
    [Fact]
    public void Additive_shares_of_any_number_of_parties_sum_to_the_secret() =>
        Prop.ForAll<ulong[], byte>((secret, choice) =>
        {
            int parties = 2 + (choice % 6);
            byte[] seeds = new byte[(parties - 1) * ShareSeeds.ByteCount];
            ulong[] last = new ulong[secret.Length];
            AdditiveSharing.Split(secret, seeds, last);
            ulong[] sum = new ulong[secret.Length];
            AdditiveSharing.Accumulate(sum, last);
            foreach (ulong[] share in Expand(seeds, secret.Length))
            {
                AdditiveSharing.Accumulate(sum, share);
            }

            return secret.SequenceEqual(sum);
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Xor_shares_of_any_number_of_parties_give_the_bits() =>
        Prop.ForAll<ulong[], byte>((secret, choice) =>
        {
            int parties = 2 + (choice % 6);
            byte[] seeds = new byte[(parties - 1) * ShareSeeds.ByteCount];
            ulong[] last = [.. secret];
            AdditiveSharing.SplitBits(last, seeds, last);
            ulong[] sum = new ulong[secret.Length];
            AdditiveSharing.AccumulateBits(sum, last);
            foreach (ulong[] share in Expand(seeds, secret.Length))
            {
                AdditiveSharing.AccumulateBits(sum, share);
            }

            return secret.SequenceEqual(sum);
        }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Replicated_shares_of_any_two_parties_give_the_secret(bool bits) =>
        Prop.ForAll<ulong[]>(secret =>
        {
            ulong[][] x = SplitReplicated(secret, bits);
            bool right = true;
            for (int a = 0; a < 3; a++)
            {
                foreach (int b in new[] { (a + 1) % 3, (a + 2) % 3 })
                {
                    ulong[] found = new ulong[secret.Length];
                    if (bits)
                    {
                        ReplicatedSharing.ReconstructBitsFromTwo(a, Held(a, 0), Held(a, 1), b, Held(b, 0), Held(b, 1), found);
                    }
                    else
                    {
                        ReplicatedSharing.ReconstructFromTwo(a, Held(a, 0), Held(a, 1), b, Held(b, 0), Held(b, 1), found);
                    }

                    right &= secret.SequenceEqual(found);
                }
            }

            ulong[] Held(int party, int place) => x[ReplicatedSharing.ComponentOf(party, place)];
            return right;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_secret_split_in_even_runs_is_the_secret_split_at_once()
    {
        ulong[] secret = TestPrg.Words(1, 5001);
        byte[] seed = new byte[ShareSeeds.ByteCount];
        ShareSeeds.Generate(seed);
        ulong[] whole = [.. secret];
        using (AesCtrPrg share = ShareSeeds.Open(seed))
        {
            AdditiveSharing.Mask(whole, share);
        }

        ulong[] runs = [.. secret];
        using AesCtrPrg again = ShareSeeds.Open(seed);
        AdditiveSharing.Mask(runs.AsSpan(0, 1026), again);
        AdditiveSharing.Mask(runs.AsSpan(1026, 2), again);
        AdditiveSharing.Mask(runs.AsSpan(1028), again);
        Assert.Equal(whole, runs);
    }

    // 2^22 bits of the last share of zeros: the number of ones has the standard deviation 2^10, so 6 of them are exceeded once in 5 * 10^8 runs.
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void The_share_of_a_constant_is_uniform(bool bits)
    {
        ulong[] x2 = SplitReplicated(new ulong[1 << 16], bits)[2];
        int ones = x2.Sum(BitOperations.PopCount);
        Assert.InRange(ones, (1 << 21) - (6 << 10), (1 << 21) + (6 << 10));
        for (int bit = 0; bit < 64; bit++)
        {
            // 2^16 bits: standard deviation 2^7; 64 positions at 7 of them fail once in 6 * 10^9 runs.
            int column = x2.Count(word => ((word >> bit) & 1) != 0);
            Assert.InRange(column, (1 << 15) - (7 << 7), (1 << 15) + (7 << 7));
        }
    }

    [Fact]
    public void Seeds_and_shares_differ_each_time()
    {
        ulong[] secret = [1, 2, 3];
        byte[] first = new byte[2 * ShareSeeds.ByteCount];
        byte[] second = new byte[2 * ShareSeeds.ByteCount];
        ulong[] a = new ulong[3];
        ulong[] b = new ulong[3];
        AdditiveSharing.Split(secret, first, a);
        AdditiveSharing.Split(secret, second, b);
        Assert.Equal(4, first.Chunk(16).Concat(second.Chunk(16)).Select(Convert.ToHexString).Distinct().Count());
        Assert.Empty(a.Intersect(b));
    }

    [Fact]
    public void Wrong_arguments_are_named()
    {
        Assert.Equal("seeds", Assert.Throws<ArgumentException>(() => AdditiveSharing.Split(new ulong[1], new byte[15], new ulong[1])).ParamName);
        Assert.Equal("seeds", Assert.Throws<ArgumentException>(() => AdditiveSharing.Split(new ulong[1], [], new ulong[1])).ParamName);
        Assert.Equal("last", Assert.Throws<ArgumentException>(() => AdditiveSharing.Split(new ulong[1], new byte[16], new ulong[2])).ParamName);
        Assert.Equal("party", Assert.Throws<ArgumentOutOfRangeException>(() => ReplicatedSharing.ComponentOf(3, 0)).ParamName);
        Assert.Equal("place", Assert.Throws<ArgumentOutOfRangeException>(() => ReplicatedSharing.ComponentOf(0, 2)).ParamName);
        ulong[] w = new ulong[1];
        Assert.Equal("other", Assert.Throws<ArgumentException>(() => ReplicatedSharing.ReconstructFromTwo(1, w, w, 1, w, w, w)).ParamName);
    }

    private static ulong[][] SplitReplicated(ulong[] secret, bool bits)
    {
        Span<byte> seeds = stackalloc byte[2 * ShareSeeds.ByteCount];
        ShareSeeds.Generate(seeds);
        ulong[] x2 = [.. secret];
        ulong[][] x = [new ulong[secret.Length], new ulong[secret.Length], x2];
        ShareSeeds.Expand(seeds[..16], x[0]);
        ShareSeeds.Expand(seeds[16..], x[1]);
        using AesCtrPrg x0 = ShareSeeds.Open(seeds[..16]);
        using AesCtrPrg x1 = ShareSeeds.Open(seeds[16..]);
        if (bits)
        {
            ReplicatedSharing.SplitBits(x2, x0, x1);
        }
        else
        {
            ReplicatedSharing.Split(x2, x0, x1);
        }

        return x;
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(0, 257)]
    [InlineData(1, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 3)]
    [InlineData(131, 126)]
    [InlineData(256, 1)]
    public void A_run_of_a_seeds_share_is_that_part_of_the_whole(int start, int length)
    {
        byte[] seed = [.. Enumerable.Range(0, 16).Select(i => (byte)i)];
        ulong[] whole = new ulong[257];
        ShareSeeds.Expand(seed, whole);
        ulong[] run = new ulong[length];
        ShareSeeds.Expand(seed, start, run);
        Assert.Equal(whole[start..(start + length)], run);
        Assert.Throws<ArgumentOutOfRangeException>(() => ShareSeeds.Expand(seed, -1, run));
    }

    private static IEnumerable<ulong[]> Expand(byte[] seeds, int length)
    {
        foreach (byte[] seed in seeds.Chunk(ShareSeeds.ByteCount))
        {
            ulong[] share = new ulong[length];
            ShareSeeds.Expand(seed, share);
            yield return share;
        }
    }
}
