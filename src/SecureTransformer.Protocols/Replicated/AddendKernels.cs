using System.Buffers.Binary;
using System.Runtime.Intrinsics;
using System.Security.Cryptography;

namespace SecureTransformer.Protocols.Replicated;

/// <summary>
/// Sines, cosines and exponentials of summands, in float64 by additions and products alone, rounded to integers. Two parties compute the same words from the same summand and
/// must agree to the bit, so nothing here may depend on the processor: no library functions, no fused multiply-add, which .NET never forms by itself, and tables as literals.
/// No branch and no index depends on a value.
/// </summary>
internal static class AddendKernels
{
    /// <summary>Values are worked on eight at a time; buffers hold whole eights.</summary>
    public const int Lanes = 8;

    /// <summary>The bits of the integer part of an exponent: a window of 32.</summary>
    public const int DigitBits = 5;

    /// <summary>What is added to an exponent so that it lies in [1, 32).</summary>
    public const int ExponentOffset = 30;

    /// <summary>The first power of e with a non-zero entry.</summary>
    private const int FirstPower = 13;

    // 1.5 * 2^52: numbers below 2^51 are rounded to the nearest integer, ties to even, and stand in the low bits.
    private const double Rounder = 6755399441055744.0;
    private const long RounderBits = 0x4338000000000000;

    /// <summary>e^(n - 30) for n = 13 to 31; below, an entry is less than two units in the last place of any result.</summary>
    private static ReadOnlySpan<double> Powers =>
    [
        4.1399377187851668e-08, 1.1253517471925912e-07, 3.0590232050182579e-07, 8.3152871910356788e-07, 2.2603294069810542e-06, 6.1442123533282098e-06, 1.6701700790245659e-05,
        4.5399929762484854e-05, 1.2340980408667956e-04, 3.3546262790251185e-04, 9.1188196555451624e-04, 2.4787521766663585e-03, 6.7379469990854670e-03,
        1.8315638888734179e-02, 4.9787068367863944e-02, 1.3533528323661270e-01, 3.6787944117144233e-01, 1.0, 2.7182818284590452,
    ];

    /// <summary>e^0.5 / k! for k = 0 to 10, the series of e^t about 1/2.</summary>
    private static ReadOnlySpan<double> Series =>
    [
        1.6487212707001282, 1.6487212707001282, 0.82436063535006407, 0.27478687845002136, 0.068696719612505339, 0.013739343922501068,
        0.0022898906537501780, 0.00032712723625002543, 4.0890904531253179e-05, 4.5434338368059087e-06, 4.5434338368059087e-07,
    ];

    /// <summary>
    /// What the kernels make of fixed summands. Parties compare it when a session begins: a processor or a build that computes otherwise would give wrong results without a word.
    /// </summary>
    public static string Digest { get; } = ComputeDigest();

    /// <summary>
    /// words[2 k stride + i] = cos(2 pi (k + 1) t), words[(2 k + 1) stride + i] = sin(...), rounded to so many fractional bits, for t = phases[i] / 2^64.
    /// </summary>
    public static void Harmonics(ReadOnlySpan<ulong> phases, int harmonics, int bits, Span<ulong> words, int stride)
    {
        Vector512<double> scale = Vector512.Create(Math.ScaleB(1, bits));
        for (int i = 0; i < phases.Length; i += Lanes)
        {
            (Vector512<double> sine, Vector512<double> cosine) = SineCosine(Vector512.Create(phases[i..]));
            Vector512<double> s = sine;
            Vector512<double> c = cosine;
            for (int k = 0; k < harmonics; k++)
            {
                Round(c * scale).CopyTo(words[((2 * k * stride) + i)..]);
                Round(s * scale).CopyTo(words[((((2 * k) + 1) * stride) + i)..]);
                (c, s) = ((c * cosine) - (s * sine), (s * cosine) + (c * sine));
            }
        }
    }

    /// <summary>
    /// sum[i] += this party's shares of the first summand's harmonics times the second summand's: cos k(u + v) = cos ku cos kv - sin ku sin kv and
    /// sin k(u + v) = sin ku cos kv + cos ku sin kv, with the factors of the sum inside the second summand's words, rounded to so many fractional bits.
    /// </summary>
    public static void AddHarmonics(
        ReadOnlySpan<ulong> phases, ReadOnlySpan<double> cosines, ReadOnlySpan<double> sines, int bits, ReadOnlySpan<ulong> shares, int stride, Span<ulong> sum)
    {
        Vector512<double> scale = Vector512.Create(Math.ScaleB(1, bits));
        for (int i = 0; i < phases.Length; i += Lanes)
        {
            (Vector512<double> sine, Vector512<double> cosine) = SineCosine(Vector512.Create(phases[i..]));
            Vector512<double> s = sine;
            Vector512<double> c = cosine;
            Vector512<ulong> total = Vector512.Create<ulong>(sum[i..]);
            for (int k = 0; k < cosines.Length; k++)
            {
                Vector512<double> a = Vector512.Create(cosines[k]);
                Vector512<double> b = Vector512.Create(sines[k]);
                total += Vector512.Create(shares[((2 * k * stride) + i)..]) * Round(((a * c) + (b * s)) * scale);
                total += Vector512.Create(shares[((((2 * k) + 1) * stride) + i)..]) * Round(((b * c) - (a * s)) * scale);
                (c, s) = ((c * cosine) - (s * sine), (s * cosine) + (c * sine));
            }

            total.CopyTo(sum[i..]);
        }
    }

    /// <summary>words[i] = e^t rounded to so many fractional bits, for t = fractions[i] / 2^fractionBits in [0, 1).</summary>
    public static void Exponentials(ReadOnlySpan<ulong> fractions, int fractionBits, int bits, Span<ulong> words)
    {
        Vector512<double> scale = Vector512.Create(Math.ScaleB(1, bits));
        for (int i = 0; i < fractions.Length; i += Lanes)
        {
            Round(Exponential(Vector512.Create(fractions[i..]), fractionBits) * scale).CopyTo(words[i..]);
        }
    }

    /// <summary>
    /// sum[i] = the sum over n of bit n of masks[i] times e^(n - 30 + t), rounded to so many fractional bits, for t = fractions[i] / 2^fractionBits:
    /// a share of one entry of a table from a share of a one-hot code.
    /// </summary>
    public static void PickPower(ReadOnlySpan<ulong> fractions, int fractionBits, ReadOnlySpan<ulong> masks, int bits, Span<ulong> sum)
    {
        ReadOnlySpan<double> powers = Powers;
        Vector512<double> scale = Vector512.Create(Math.ScaleB(1, bits));
        for (int i = 0; i < fractions.Length; i += Lanes)
        {
            Vector512<double> factor = Exponential(Vector512.Create(fractions[i..]), fractionBits) * scale;
            Vector512<ulong> mask = Vector512.Create(masks[i..]) >> FirstPower;
            Vector512<ulong> total = Vector512<ulong>.Zero;
            for (int n = 0; n < powers.Length; n++)
            {
                Vector512<ulong> chosen = Vector512<ulong>.Zero - (mask & Vector512<ulong>.One);
                total += Round(factor * powers[n]) & chosen;
                mask >>= 1;
            }

            total.CopyTo(sum[i..]);
        }
    }

    /// <summary>The 32-bit half of a one-hot code's share that a bit (as a mask of ones) chooses, rotated up by so many places: the low half where the bit is set.</summary>
    public static void Turn(ReadOnlySpan<ulong> codes, ReadOnlySpan<ulong> chooseLow, ReadOnlySpan<ulong> digits, Span<ulong> turned)
    {
        for (int i = 0; i < codes.Length; i++)
        {
            uint half = (uint)((codes[i] & chooseLow[i]) | ((codes[i] >> 32) & ~chooseLow[i]));
            turned[i] = System.Numerics.BitOperations.RotateLeft(half, (int)digits[i]);
        }
    }

    private static string ComputeDigest()
    {
        const int count = 64;
        const int bits = 24;
        var phases = new ulong[count];
        var fractions = new ulong[count];
        for (int i = 0; i < count; i++)
        {
            phases[i] = unchecked((ulong)(i + 1) * 0x9E3779B97F4A7C15);
            fractions[i] = phases[i] >> (64 - bits);
        }

        var words = new ulong[(8 + 1 + 1 + 1) * count];
        Harmonics(phases, 4, bits, words, count);
        AddHarmonics(phases, [0.5, -0.25, 0.125, 1], [1, 0.125, -0.25, 0.5], bits, words, count, words.AsSpan(8 * count, count));
        Exponentials(fractions, bits, bits, words.AsSpan(9 * count, count));
        PickPower(fractions, bits, phases, bits, words.AsSpan(10 * count, count));
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Span<byte> word = stackalloc byte[sizeof(ulong)];
        foreach (ulong value in words)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(word, value);
            hash.AppendData(word);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset().AsSpan(0, 8));
    }

    private static Vector512<double> Exponential(Vector512<ulong> fraction, int fractionBits)
    {
        ReadOnlySpan<double> series = Series;
        Vector512<double> t = (ToDouble(fraction.AsInt64()) * Math.ScaleB(1, -fractionBits)) - Vector512.Create(0.5);
        Vector512<double> value = Vector512.Create(series[^1]);
        for (int k = series.Length - 2; k >= 0; k--)
        {
            value = (value * t) + Vector512.Create(series[k]);
        }

        return value;
    }

    /// <summary>sin and cos of 2 pi phase / 2^64; only the highest 52 bits of a phase count.</summary>
    private static (Vector512<double> Sine, Vector512<double> Cosine) SineCosine(Vector512<ulong> phase)
    {
        // The nearest quarter, and the rest within an eighth of a turn of it.
        Vector512<ulong> quarter = (phase + Vector512.Create(1UL << 61)) >> 62;
        Vector512<long> rest = (phase - (quarter << 62)).AsInt64() >> 12;
        Vector512<double> x = ToDouble(rest) * (2 * Math.PI / (1L << 52));
        Vector512<double> square = x * x;
        Vector512<double> sine = Vector512.Create(-1.0 / 39916800);
        sine = (sine * square) + Vector512.Create(1.0 / 362880);
        sine = (sine * square) - Vector512.Create(1.0 / 5040);
        sine = (sine * square) + Vector512.Create(1.0 / 120);
        sine = (sine * square) - Vector512.Create(1.0 / 6);
        sine = ((sine * square) + Vector512<double>.One) * x;
        Vector512<double> cosine = Vector512.Create(1.0 / 479001600);
        cosine = (cosine * square) - Vector512.Create(1.0 / 3628800);
        cosine = (cosine * square) + Vector512.Create(1.0 / 40320);
        cosine = (cosine * square) - Vector512.Create(1.0 / 720);
        cosine = (cosine * square) + Vector512.Create(1.0 / 24);
        cosine = (cosine * square) - Vector512.Create(0.5);
        cosine = (cosine * square) + Vector512<double>.One;

        Vector512<ulong> odd = Vector512<ulong>.Zero - (quarter & Vector512<ulong>.One);
        Vector512<ulong> swap = (sine.AsUInt64() ^ cosine.AsUInt64()) & odd;
        Vector512<ulong> sineSign = (quarter >> 1) << 63;
        Vector512<ulong> cosineSign = ((quarter ^ (quarter >> 1)) & Vector512<ulong>.One) << 63;
        return ((sine.AsUInt64() ^ swap ^ sineSign).AsDouble(), (cosine.AsUInt64() ^ swap ^ cosineSign).AsDouble());
    }

    /// <summary>Exact for numbers below 2^51 in magnitude.</summary>
    private static Vector512<double> ToDouble(Vector512<long> value) => (value + Vector512.Create(RounderBits)).AsDouble() - Vector512.Create(Rounder);

    /// <summary>The nearest integer, below 2^51 in magnitude, as a ring element.</summary>
    private static Vector512<ulong> Round(Vector512<double> value) => ((value + Vector512.Create(Rounder)).AsInt64() - Vector512.Create(RounderBits)).AsUInt64();
}
