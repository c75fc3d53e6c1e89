using System.Security.Cryptography;
using SecureTransformer.Numerics;

namespace SecureTransformer.Generation;

/// <summary>Independent variables of the standard Gumbel distribution, exp(-exp(-x)).</summary>
/// <remarks>
/// -ln(-ln U) for U uniform over the middles of 2^52 cells of (0, 1), so that no value is further from zero than 36.74 above and 3.61 below. The distribution function is
/// nowhere off by more than 2^-53.
/// </remarks>
internal static class GumbelNoise
{
    /// <summary>A bound of the difference of two values, times the scale: 53 ln 2 + ln(53 ln 2) is 40.34.</summary>
    public const double Spread = 41;

    private const int Block = 512;

    /// <summary>Fills the span with independent variables, times a scale.</summary>
    public static void Fill(AesCtrPrg random, double scale, Span<double> noise)
    {
        Span<ulong> words = stackalloc ulong[Block];
        try
        {
            for (int start = 0; start < noise.Length; start += Block)
            {
                Span<double> block = noise.Slice(start, Math.Min(Block, noise.Length - start));
                random.Fill(words);
                for (int i = 0; i < block.Length; i++)
                {
                    block[i] = -scale * Math.Log(-Math.Log(Uniform(words[i])));
                }
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(words));
        }
    }

    /// <summary>Exact, and neither 0 nor 1.</summary>
    private static double Uniform(ulong word) => ((word >> 12) + 0.5) * Math.ScaleB(1, -52);
}
