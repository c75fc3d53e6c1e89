using System.Security.Cryptography;
using SecureTransformer.Numerics;

namespace SecureTransformer.Generation;

/// <summary>
/// One party's part of Gumbel noise: parts of all n parties are independent and their sum is exactly Gumbel distributed, each with an n-th of its variance.
/// </summary>
/// <remarks>
/// <para>For S positive stable, E[exp(-t S)] = exp(-t^a) with 0 &lt; a &lt; 1, and E exponential: Pr[E / S > t] = E[exp(-t S)] = exp(-t^a), so (E / S)^a is exponential
/// again, and with G = -ln E Gumbel, a (ln S + G) is Gumbel again. That splits a Gumbel variable into a ln S, of variance (1 - a^2) pi^2 / 6, and a times another
/// Gumbel variable, which is split in turn. With A(p) = sqrt((n - p) / n), party p's part is A(p) a ln S at a = A(p + 1) / A(p), and the last party's A(n - 1) G.</para>
/// <para>S by Kanter's representation (Kanter 1975, Stable densities under change of scale and total variation inequalities; Chambers, Mallows and Stuck 1976):
/// S = sin(a U) / sin(U)^(1/a) (sin((1 - a) U) / E)^((1 - a) / a) with U uniform on (0, pi). In logarithms,
/// a ln S = a ln sin(a U) - ln sin U + (1 - a)(ln sin((1 - a) U) - ln E).</para>
/// </remarks>
internal sealed class GumbelPart
{
    /// <summary>
    /// Parts are clamped to this magnitude, times the scale. Pr[a ln S > t] is at most 1.6 exp(-t), and the lower tails are doubly exponential, so a part is beyond with
    /// probability below 7e-18: one in 10^12 tokens of a vocabulary of 50,257 and three parties.
    /// </summary>
    public const double Limit = 40;

    private const int Block = 256;

    private readonly double _outer;
    private readonly double _exponent;

    /// <summary>The part of one of so many parties.</summary>
    public GumbelPart(int party, int parties)
    {
        _outer = Math.Sqrt((double)(parties - party) / parties);
        _exponent = Math.Sqrt((double)(parties - party - 1) / (parties - party));
    }

    /// <summary>Fills the span with independent parts, times a scale.</summary>
    public void Fill(AesCtrPrg random, double scale, Span<double> parts)
    {
        Span<ulong> words = stackalloc ulong[2 * Block];
        try
        {
            for (int start = 0; start < parts.Length; start += Block)
            {
                Span<double> block = parts.Slice(start, Math.Min(Block, parts.Length - start));
                random.Fill(words);
                for (int i = 0; i < block.Length; i++)
                {
                    block[i] = scale * Math.Clamp(_outer * Part(Uniform(words[2 * i]), Uniform(words[(2 * i) + 1])), -Limit, Limit);
                }
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(words));
        }
    }

    private double Part(double angle, double uniform)
    {
        double gumbel = -Math.Log(-Math.Log(uniform));
        double a = _exponent;
        return a == 0
            ? gumbel
            : (a * Math.Log(double.SinPi(a * angle))) - Math.Log(double.SinPi(angle)) + ((1 - a) * (Math.Log(double.SinPi((1 - a) * angle)) + gumbel));
    }

    /// <summary>The middle of one of 2^52 cells of (0, 1): exact, and neither 0 nor 1.</summary>
    private static double Uniform(ulong word) => ((word >> 12) + 0.5) * Math.ScaleB(1, -52);
}
