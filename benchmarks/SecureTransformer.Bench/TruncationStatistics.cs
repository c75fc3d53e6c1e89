using System.Globalization;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols;

namespace SecureTransformer.Bench;

/// <summary>Truncated products of secrets, half of them at or near the ends -2^62 and 2^62 - 1 of the range, against the exact quotients, in integers.</summary>
internal static class TruncationStatistics
{
    private const int Chunk = 1_000_000;
    private const long Least = -(1L << 62);
    private const long Most = (1L << 62) - 1;

    /// <summary>Prints what was found; false where a product errs by one unit in the last place or more.</summary>
    public static async Task<bool> RunAsync(MpcProtocol protocol, int parties, int? threshold, int count, int shift)
    {
        var options = new BenchOptions { Protocol = protocol, Parties = parties, Threshold = threshold };
        var found = new Found();
        for (int start = 0; start < count; start += Chunk)
        {
            int length = Math.Min(Chunk, count - start);
            var words = new ulong[length];
            using (var prg = new AesCtrPrg(new byte[AesCtrPrg.KeyByteCount], ((ulong)parties << 32) | (uint)start))
            {
                prg.Fill(words);
            }

            await AddAsync(options, [.. words.Select(Factors)], shift, found);
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{protocol}, {parties} parties{(MpcProtocols.HasChosenThreshold(protocol) ? $", threshold {MpcProtocols.ThresholdOf(protocol, parties, threshold)}" : "")}: {count:N0} products, truncated by {shift} bits: {found.Errors} errors of one unit or more, largest error {found.Largest:F6} units, mean error {found.Sum / count:E1} units"));
        return found.Errors == 0;
    }

    private static (long Left, long Right) Factors(ulong word, int index) => (index % 8) switch
    {
        0 or 1 => ((long)word >> 23, 1),
        2 => (-(long)(word >> 24), -1),
        3 => ((long)word >> 43, (long)(word << 43) >> 43),
        4 => (Least + (long)(word >> 44), 1),
        5 => (Most - (long)(word >> 44), 1),
        6 => (word & 1) == 0 ? (-(1L << 31), 1L << 31) : ((1L << 31) - 1, (1L << 31) + 1),
        _ => (word & 1) == 0 ? (Least + (long)((word >> 1) & 3), 1) : (-(Most - (long)((word >> 1) & 3)), -1),
    };

    private static async Task AddAsync(BenchOptions options, (long Left, long Right)[] factors, int shift, Found found)
    {
        long[] products = [.. factors.Select(f => checked(f.Left * f.Right))];
        await using BenchParties parties = BenchParties.Create(options, new SessionOptions { Threshold = options.Threshold });
        double[][] above = await parties.Local.RunAsync(async s =>
        {
            using SecretTensor left = await RingAsync(s, [.. factors.Select(f => f.Left)], 0);
            using SecretTensor right = await RingAsync(s, [.. factors.Select(f => f.Right)], shift);
            using SecretTensor quotient = await s.MultiplyAsync(left, right, 0);

            // What is above the floor, exactly: a double does not hold 62 bits.
            using SecretTensor floor = await RingAsync(s, [.. products.Select(p => p >> shift)], 0);
            using SecretTensor rest = s.Subtract(quotient, floor);
            return await s.RevealAsync(rest);
        });
        double unit = Math.ScaleB(1, shift);
        for (int i = 0; i < products.Length; i++)
        {
            // Both terms are exact: the first is a small integer unless the product failed.
            double error = above[0][i] - ((products[i] & ((1L << shift) - 1)) / unit);
            found.Errors += Math.Abs(error) >= 1 ? 1 : 0;
            found.Largest = Math.Max(found.Largest, Math.Abs(error));
            found.Sum += error;
        }
    }

    /// <summary>A secret whose ring elements are given, exactly.</summary>
    private static async Task<SecretTensor> RingAsync(MpcSession session, long[] elements, int fractionalBits)
    {
        var ones = new double[elements.Length];
        Array.Fill(ones, Math.ScaleB(1, -fractionalBits));
        using SecretTensor one = await session.InputAsync(0, new TensorShape(elements.Length), ones, fractionalBits);
        return session.MultiplyInteger(one, elements);
    }

    private sealed class Found
    {
        public long Errors { get; set; }

        public double Largest { get; set; }

        public double Sum { get; set; }
    }
}
