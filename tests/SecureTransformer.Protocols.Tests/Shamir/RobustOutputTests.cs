using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Shamir;
using SecureTransformer.Sharing;

namespace SecureTransformer.Protocols.Tests;

/// <summary>What a client puts together from shares of which some are missing and some wrong.</summary>
public class RobustOutputTests
{
    private const int FractionalBits = 18;
    private const int Count = 300;

    [Theory]
    [InlineData(4, 1)]
    [InlineData(7, 2)]
    [InlineData(7, 3)]
    public void Any_shares_of_twice_the_threshold_and_one_determine_the_values(int parties, int threshold)
    {
        (double[] values, ulong[][] shares) = Share(parties, threshold);
        foreach (int[] there in Subsets(parties, (2 * threshold) + 1))
        {
            CombinedShares combined = RobustOutput.TryCombine(Only(shares, there), threshold, Count, FractionalBits)!;
            Assert.Equal(values, combined.Values);
            Assert.Empty(combined.Wrong);
        }

        Assert.All(Subsets(parties, 2 * threshold), there => Assert.Null(RobustOutput.TryCombine(Only(shares, there), threshold, Count, FractionalBits)));
    }

    [Theory]
    [InlineData(4, 1, 0)]
    [InlineData(7, 2, 0)]
    [InlineData(7, 2, Count - 1)]
    [InlineData(10, 3, 150)]
    public void All_sets_of_liars_up_to_the_threshold_are_named_and_the_values_right(int parties, int threshold, int firstLie)
    {
        (double[] values, ulong[][] shares) = Share(parties, threshold);
        for (int liars = 1; liars <= threshold; liars++)
        {
            foreach (int[] wrong in Subsets(parties, liars).Where((_, i) => parties < 10 || i % 11 == 0))
            {
                ulong[]?[] received = Lie(shares, wrong, firstLie);
                CombinedShares combined = RobustOutput.TryCombine(received, threshold, Count, FractionalBits)!;
                Assert.Equal(values, combined.Values);
                Assert.Equal(wrong, combined.Wrong);
            }
        }
    }

    [Fact]
    public void Shares_that_are_not_certain_yet_give_nothing_and_one_more_honest_share_for_each_liar_does()
    {
        (double[] values, ulong[][] shares) = Share(7, 2);
        ulong[]?[] received = Lie(shares, [1, 4], 5);
        foreach (int missing in new[] { 0, 2, 3, 5, 6 })
        {
            ulong[]?[] six = [.. received];
            six[missing] = null;
            Assert.Null(RobustOutput.TryCombine(six, 2, Count, FractionalBits));
            six[1] = shares[1];
            CombinedShares combined = RobustOutput.TryCombine(six, 2, Count, FractionalBits)!;
            Assert.Equal(values, combined.Values);
            Assert.Equal([4], combined.Wrong);
        }

        Assert.Null(RobustOutput.TryCombine(Lie(shares, [0, 1, 2], 0), 2, Count, FractionalBits));
    }

    [Fact]
    public void With_no_more_parties_than_that_one_wrong_share_is_seen_and_not_corrected()
    {
        (_, ulong[][] shares) = Share(3, 1);
        Assert.All(Enumerable.Range(0, 3), liar => Assert.Null(RobustOutput.TryCombine(Lie(shares, [liar], 7), 1, Count, FractionalBits)));
    }

    [Fact]
    public void What_is_no_element_of_the_field_is_wrong()
    {
        (double[] values, ulong[][] shares) = Share(7, 2);
        ulong[]?[] received = Lie(shares, [6], 0);
        received[2] = [.. shares[2]];
        received[2]![1] = ulong.MaxValue;
        CombinedShares combined = RobustOutput.TryCombine(received, 2, Count, FractionalBits)!;
        Assert.Equal(values, combined.Values);
        Assert.Equal([2, 6], combined.Wrong);
    }

    /// <summary>Values of both signs, and shares of them on random polynomials.</summary>
    private static (double[] Values, ulong[][] Shares) Share(int parties, int threshold)
    {
        using var random = new AesCtrPrg("robust output 16"u8, 1);
        var values = new double[Count];
        ulong[][] shares = [.. Enumerable.Range(0, parties).Select(_ => new ulong[Count * Mersenne127.WordCount])];
        var words = new ulong[(threshold + 1) * Mersenne127.WordCount];
        for (int i = 0; i < Count; i++)
        {
            FieldKernels.FillUniform(random, words);
            long encoded = (long)(words[0] % (1UL << 40)) - (1L << 39);
            values[i] = Math.ScaleB(encoded, -FractionalBits);
            FieldKernels.EncodeSigned([(ulong)encoded], words.AsSpan(0, Mersenne127.WordCount));
            var polynomial = new Polynomial<Mersenne127>(Mersenne127.AsElements(words));
            for (int party = 0; party < parties; party++)
            {
                Mersenne127.AsElements(shares[party].AsSpan())[i] = polynomial.Evaluate(ShamirPoints.Of<Mersenne127>(party));
            }
        }

        return (values, shares);
    }

    /// <summary>The shares, those of the liars off by one from a value on.</summary>
    private static ulong[]?[] Lie(ulong[][] shares, int[] liars, int from)
    {
        ulong[]?[] received = [.. shares.Select(share => share.ToArray())];
        foreach (int liar in liars)
        {
            Span<Mersenne127> elements = Mersenne127.AsElements(received[liar].AsSpan());
            for (int i = from; i < elements.Length; i++)
            {
                elements[i] += Mersenne127.One;
            }
        }

        return received;
    }

    private static ulong[]?[] Only(ulong[][] shares, int[] there) => [.. shares.Select((share, party) => there.Contains(party) ? share : null)];

    private static IEnumerable<int[]> Subsets(int of, int size) =>
        Enumerable.Range(0, 1 << of).Where(mask => System.Numerics.BitOperations.PopCount((uint)mask) == size).Select(mask => Enumerable.Range(0, of).Where(i => (mask >> i & 1) == 1).ToArray());
}
