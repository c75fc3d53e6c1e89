using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <summary>The error of truncation over many values and at the ends of its range, computed in integers.</summary>
public class TruncationStatisticsTests
{
    private const int Chunk = 1_000_000;
    private const long Least = -(1L << 62);
    private const long Most = (1L << 62) - 1;

    // The error of one value has a standard deviation of at most half a unit, so the mean of 10^6 values one of 0.0005 at most: 0.01 is 20 of them.
    [Fact]
    public async Task Ten_million_truncated_products_err_by_less_than_one_unit_and_not_on_average()
    {
        (Int128 error, long count) = (0, 0);
        for (int chunk = 0; chunk < 10; chunk++)
        {
            ulong[] words = Words((ulong)chunk, Chunk);
            long[] left = new long[Chunk];
            long[] right = new long[Chunk];
            for (int i = 0; i < Chunk; i++)
            {
                (left[i], right[i]) = Factors(words[i], i);
            }

            Int128 sum = await ErrorAsync(left, right, 18, Cluster.Of(MpcProtocol.Replicated3));
            Assert.True(Int128.Abs(sum) < Int128.CreateChecked(Chunk) * (1 << 18) / 100, $"The mean error of 10^6 products is {(double)sum / Chunk / (1 << 18)} units.");
            error += sum;
            count += Chunk;
        }

        Assert.Equal(10_000_000, count);
        Assert.True(Int128.Abs(error) < Int128.CreateChecked(count) * (1 << 18) / 100);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task A_million_truncated_products_of_additive_shares_err_by_less_than_one_unit_and_not_on_average(int parties)
    {
        ulong[] words = Words((ulong)parties, Chunk);
        long[] left = new long[Chunk];
        long[] right = new long[Chunk];
        for (int i = 0; i < Chunk; i++)
        {
            (left[i], right[i]) = Factors(words[i], i);
        }

        Int128 sum = await ErrorAsync(left, right, 18, Cluster.Of(MpcProtocol.Additive, parties: parties));
        Assert.True(Int128.Abs(sum) < Int128.CreateChecked(Chunk) * (1 << 18) / 100, $"The mean error of 10^6 products is {(double)sum / Chunk / (1 << 18)} units.");
    }

    // The mean of 10^5 errors has a standard deviation of 0.0016 units at most: 0.01 is six of them, 2e-9.
    [Theory]
    [InlineData(3, 1)]
    [InlineData(4, 1)]
    [InlineData(5, 2)]
    [InlineData(7, 3)]
#if SHAMIR_MATRIX
    [InlineData(7, 2)]
    [InlineData(10, 3)]
    [InlineData(10, 4)]
#endif
    public async Task A_hundred_thousand_truncated_products_of_polynomial_shares_err_by_less_than_one_unit_and_not_on_average(int parties, int threshold)
    {
        const int count = Chunk / 10;
        ulong[] words = Words((ulong)parties, count);
        (long[] left, long[] right) = (new long[count], new long[count]);
        for (int i = 0; i < count; i++)
        {
            (left[i], right[i]) = Factors(words[i], i);
        }

        Int128 sum = await ErrorAsync(left, right, 18, Cluster.Of(MpcProtocol.Shamir, parties: parties, threshold: threshold));
        Assert.True(Int128.Abs(sum) < Int128.CreateChecked(count) * (1 << 18) / 100, $"The mean error of 10^5 products is {(double)sum / count / (1 << 18)} units.");
    }

    [Theory]
    [InlineData(MpcProtocol.Replicated3, 1)]
    [InlineData(MpcProtocol.Replicated3, 8)]
    [InlineData(MpcProtocol.Replicated3, 18)]
    [InlineData(MpcProtocol.Replicated3, 36)]
    [InlineData(MpcProtocol.Replicated3, 61)]
    [InlineData(MpcProtocol.Additive, 1)]
    [InlineData(MpcProtocol.Additive, 12)]
    [InlineData(MpcProtocol.Additive, 18)]
    [InlineData(MpcProtocol.Additive, 30)]
    [InlineData(MpcProtocol.Additive, 36)]
    [InlineData(MpcProtocol.Additive, 43)]
    [InlineData(MpcProtocol.Additive, 55)]
    [InlineData(MpcProtocol.Additive, 61)]
    [InlineData(MpcProtocol.Shamir, 1)]
    [InlineData(MpcProtocol.Shamir, 18)]
    [InlineData(MpcProtocol.Shamir, 61)]
    public async Task Truncation_of_shared_values_errs_by_less_than_one_unit_and_not_on_average(MpcProtocol protocol, int shift)
    {
        // No multiple of anything that is worked on at a time.
        const int count = 300_003;
        ulong[] words = Words((ulong)shift, count);
        long[] values = new long[count];
        for (int i = 0; i < count; i++)
        {
            (long left, long right) = Factors(words[i], i);
            values[i] = i % 3 == 0 ? (long)words[i] >> 1 : left * right;
        }

        Int128 sum = await ErrorAsync(values, null, shift, Cluster.Of(protocol));
        Assert.True(Int128.Abs(sum) < Int128.CreateChecked(count) * ((Int128)1 << shift) / 100, $"The mean error is {(double)sum / count / Math.ScaleB(1, shift)} units.");
    }

    /// <summary>Half the products uniform below 2^40 in magnitude, half at or near -2^62 and 2^62 - 1.</summary>
    internal static (long Left, long Right) Factors(ulong word, int index) => (index % 8) switch
    {
        0 or 1 => ((long)word >> 23, 1),
        2 => (-(long)(word >> 24), -1),
        3 => ((long)word >> 43, (long)(word << 43) >> 43),
        4 => (Least + (long)(word >> 44), 1),
        5 => (Most - (long)(word >> 44), 1),
        6 => (word & 1) == 0 ? (-(1L << 31), 1L << 31) : ((1L << 31) - 1, (1L << 31) + 1),
        _ => (word & 1) == 0 ? (Least + (long)((word >> 1) & 3), 1) : (-(Most - (long)((word >> 1) & 3)), -1),
    };

    /// <summary>The sum of the errors in units of 2^-shift; every single one is checked to be below one unit.</summary>
    internal static async Task<Int128> ErrorAsync(long[] left, long[]? right, int shift, Cluster cluster)
    {
        long[] products = right is null ? left : [.. left.Zip(right, (l, r) => checked(l * r))];
        double[][] above = await cluster.RunAsync(async s =>
        {
            SecretTensor x = await RingAsync(s, left, right is null ? shift : 0, owner: 0);
            SecretTensor y;
            if (right is null)
            {
                y = await s.TruncateAsync(x, 0);
            }
            else
            {
                SecretTensor factor = await RingAsync(s, right, shift, owner: 1);
                y = await s.MultiplyAsync(x, factor, 0);
            }

            // What is above the floor, exactly: a double does not hold 62 bits.
            using SecretTensor floor = await RingAsync(s, [.. products.Select(p => p >> shift)], owner: 2 % s.PartyCount);
            return (await s.RevealToAsync(s.Subtract(y, floor), 0))!;
        });
        Int128 sum = 0;
        long low = (1L << shift) - 1;
        for (int i = 0; i < products.Length; i++)
        {
            long rest = products[i] & low;
            double up = above[0][i];
            if (!(up == 0 || (up == 1 && rest != 0)))
            {
                Assert.Fail($"Element {i}: {products[i]} / 2^{shift} gave its floor and {up} more, with {rest} left over.");
            }

            sum += (up == 0 ? 0 : (Int128)1 << shift) - rest;
        }

        return sum;
    }
}
