using System.Runtime.Intrinsics;

namespace SecureTransformer.Numerics;

/// <summary>
/// Fixed point in the ring modulo 2^64: a real number x is the integer nearest to x 2^f (halves to even), in two's complement.
/// </summary>
/// <remarks>
/// The range is |x| &lt; 2^(62-f), so that a value and its double stay clear of the sign. The error of encoding is at most 2^-(f+1).
/// The default, 18 fractional bits, is that of PUMA (Dong et al., arXiv 2307.12533).
/// </remarks>
public sealed class FixedPointFormat : IEquatable<FixedPointFormat>
{
    /// <summary>The default number of fractional bits.</summary>
    public const int DefaultFractionalBits = 18;

    /// <summary>The smallest number of fractional bits of a format.</summary>
    public const int MinFractionalBits = 4;

    /// <summary>The largest number of fractional bits of a format.</summary>
    public const int MaxFractionalBits = 30;

    /// <summary>Makes a format.</summary>
    /// <param name="fractionalBits">The number of fractional bits, 4 to 30.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="fractionalBits"/> is outside 4 to 30.</exception>
    public FixedPointFormat(int fractionalBits = DefaultFractionalBits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(fractionalBits, MinFractionalBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fractionalBits, MaxFractionalBits);
        FractionalBits = fractionalBits;
    }

    /// <summary>Gets the format with 18 fractional bits.</summary>
    public static FixedPointFormat Default { get; } = new();

    /// <summary>Gets the number of fractional bits f.</summary>
    public int FractionalBits { get; }

    /// <summary>Gets 2^f.</summary>
    public double Scale => Math.ScaleB(1, FractionalBits);

    /// <summary>Gets the bound 2^(62-f) that every encoded magnitude stays below.</summary>
    public double Limit => Math.ScaleB(1, 62 - FractionalBits);

    /// <summary>Encodes one number.</summary>
    /// <param name="value">A finite number with a magnitude below <see cref="Limit"/>.</param>
    /// <param name="name">What the number is, for the error message.</param>
    /// <returns>The ring element.</returns>
    /// <exception cref="OverflowException">The number is not finite or out of range.</exception>
    public ulong Encode(double value, string name) => Encode(value, FractionalBits, name);

    /// <summary>Encodes one number with an explicit number of fractional bits.</summary>
    /// <param name="value">A finite number with a magnitude below 2^(62-f).</param>
    /// <param name="fractionalBits">The number of fractional bits f, 0 to 61.</param>
    /// <param name="name">What the number is, for the error message.</param>
    /// <returns>The ring element.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="fractionalBits"/> is outside 0 to 61.</exception>
    /// <exception cref="OverflowException">The number is not finite or out of range.</exception>
    public static ulong Encode(double value, int fractionalBits, string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        CheckBits(fractionalBits);
        return IsInRange(value, fractionalBits) ? EncodeUnchecked(value, fractionalBits) : throw OutOfRange(name, -1, fractionalBits);
    }

    /// <summary>Encodes a tensor.</summary>
    /// <param name="values">Finite numbers with magnitudes below <see cref="Limit"/>.</param>
    /// <param name="destination">One ring element for each number.</param>
    /// <param name="tensorName">The tensor's name, for the error message.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="OverflowException">A number is not finite or out of range; the message names the tensor and the index, not the value.</exception>
    public void Encode(ReadOnlySpan<double> values, Span<ulong> destination, string tensorName) =>
        Encode(values, destination, FractionalBits, tensorName);

    /// <summary>Encodes a tensor.</summary>
    /// <param name="values">Finite numbers with magnitudes below <see cref="Limit"/>.</param>
    /// <param name="destination">One ring element for each number.</param>
    /// <param name="tensorName">The tensor's name, for the error message.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    /// <exception cref="OverflowException">A number is not finite or out of range; the message names the tensor and the index, not the value.</exception>
    public void Encode(ReadOnlySpan<float> values, Span<ulong> destination, string tensorName) =>
        Encode(values, destination, FractionalBits, tensorName);

    /// <summary>Encodes a tensor with an explicit number of fractional bits.</summary>
    /// <param name="values">Finite numbers with magnitudes below 2^(62-f).</param>
    /// <param name="destination">One ring element for each number.</param>
    /// <param name="fractionalBits">The number of fractional bits f, 0 to 61.</param>
    /// <param name="tensorName">The tensor's name, for the error message.</param>
    /// <exception cref="ArgumentException">The lengths differ, or <paramref name="fractionalBits"/> is outside 0 to 61.</exception>
    /// <exception cref="OverflowException">A number is not finite or out of range; the message names the tensor and the index, not the value.</exception>
    public static void Encode(ReadOnlySpan<double> values, Span<ulong> destination, int fractionalBits, string tensorName)
    {
        CheckArguments(values.Length, destination.Length, fractionalBits, tensorName);
        int i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<double> limit = Vector512.Create(Math.ScaleB(1, 62 - fractionalBits));
            Vector512<double> scale = Vector512.Create(Math.ScaleB(1, fractionalBits));
            for (; i <= values.Length - Vector512<double>.Count; i += Vector512<double>.Count)
            {
                Vector512<double> v = Vector512.Create(values[i..]);
                if (!Vector512.LessThanAll(Vector512.Abs(v), limit))
                {
                    break;
                }

                Vector512.ConvertToInt64(Vector512.Round(v * scale)).AsUInt64().CopyTo(destination[i..]);
            }
        }

        for (; i < values.Length; i++)
        {
            destination[i] = IsInRange(values[i], fractionalBits) ? EncodeUnchecked(values[i], fractionalBits) : throw OutOfRange(tensorName, i, fractionalBits);
        }
    }

    /// <summary>Encodes a tensor with an explicit number of fractional bits.</summary>
    /// <param name="values">Finite numbers with magnitudes below 2^(62-f).</param>
    /// <param name="destination">One ring element for each number.</param>
    /// <param name="fractionalBits">The number of fractional bits f, 0 to 61.</param>
    /// <param name="tensorName">The tensor's name, for the error message.</param>
    /// <exception cref="ArgumentException">The lengths differ, or <paramref name="fractionalBits"/> is outside 0 to 61.</exception>
    /// <exception cref="OverflowException">A number is not finite or out of range; the message names the tensor and the index, not the value.</exception>
    public static void Encode(ReadOnlySpan<float> values, Span<ulong> destination, int fractionalBits, string tensorName)
    {
        CheckArguments(values.Length, destination.Length, fractionalBits, tensorName);
        int i = 0;
        if (Vector512.IsHardwareAccelerated)
        {
            Vector512<double> limit = Vector512.Create(Math.ScaleB(1, 62 - fractionalBits));
            Vector512<double> scale = Vector512.Create(Math.ScaleB(1, fractionalBits));
            for (; i <= values.Length - Vector512<float>.Count; i += Vector512<float>.Count)
            {
                (Vector512<double> v, Vector512<double> w) = Vector512.Widen(Vector512.Create(values[i..]));
                if (!Vector512.LessThanAll(Vector512.Max(Vector512.Abs(v), Vector512.Abs(w)), limit))
                {
                    break;
                }

                Vector512.ConvertToInt64(Vector512.Round(v * scale)).AsUInt64().CopyTo(destination[i..]);
                Vector512.ConvertToInt64(Vector512.Round(w * scale)).AsUInt64().CopyTo(destination[(i + Vector512<double>.Count)..]);
            }
        }

        for (; i < values.Length; i++)
        {
            destination[i] = IsInRange(values[i], fractionalBits) ? EncodeUnchecked(values[i], fractionalBits) : throw OutOfRange(tensorName, i, fractionalBits);
        }
    }

    /// <summary>Decodes one ring element.</summary>
    /// <param name="value">The ring element.</param>
    /// <returns>The number, rounded to the nearest double.</returns>
    public double Decode(ulong value) => Decode(value, FractionalBits);

    /// <summary>Decodes one ring element with an explicit number of fractional bits.</summary>
    /// <param name="value">The ring element.</param>
    /// <param name="fractionalBits">The number of fractional bits, 0 to 61.</param>
    /// <returns>The number, rounded to the nearest double.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="fractionalBits"/> is outside 0 to 61.</exception>
    public static double Decode(ulong value, int fractionalBits)
    {
        CheckBits(fractionalBits);
        return unchecked((long)value) * Math.ScaleB(1, -fractionalBits);
    }

    /// <summary>Decodes a tensor.</summary>
    /// <param name="values">The ring elements.</param>
    /// <param name="destination">One number for each element.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public void Decode(ReadOnlySpan<ulong> values, Span<double> destination) => Decode(values, destination, FractionalBits);

    /// <summary>Decodes a tensor.</summary>
    /// <param name="values">The ring elements.</param>
    /// <param name="destination">One number for each element.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public void Decode(ReadOnlySpan<ulong> values, Span<float> destination) => Decode(values, destination, FractionalBits);

    /// <summary>Decodes a tensor with an explicit number of fractional bits.</summary>
    /// <param name="values">The ring elements.</param>
    /// <param name="destination">One number for each element.</param>
    /// <param name="fractionalBits">The number of fractional bits, 0 to 61.</param>
    /// <exception cref="ArgumentException">The lengths differ, or <paramref name="fractionalBits"/> is outside 0 to 61.</exception>
    public static void Decode(ReadOnlySpan<ulong> values, Span<double> destination, int fractionalBits)
    {
        CheckArguments(values.Length, destination.Length, fractionalBits, string.Empty);
        double unit = Math.ScaleB(1, -fractionalBits);
        for (int i = 0; i < values.Length; i++)
        {
            destination[i] = unchecked((long)values[i]) * unit;
        }
    }

    /// <summary>Decodes a tensor with an explicit number of fractional bits.</summary>
    /// <param name="values">The ring elements.</param>
    /// <param name="destination">One number for each element.</param>
    /// <param name="fractionalBits">The number of fractional bits, 0 to 61.</param>
    /// <exception cref="ArgumentException">The lengths differ, or <paramref name="fractionalBits"/> is outside 0 to 61.</exception>
    public static void Decode(ReadOnlySpan<ulong> values, Span<float> destination, int fractionalBits)
    {
        CheckArguments(values.Length, destination.Length, fractionalBits, string.Empty);
        double unit = Math.ScaleB(1, -fractionalBits);
        for (int i = 0; i < values.Length; i++)
        {
            destination[i] = (float)(unchecked((long)values[i]) * unit);
        }
    }

    /// <inheritdoc/>
    public bool Equals(FixedPointFormat? other) => other is not null && FractionalBits == other.FractionalBits;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FixedPointFormat);

    /// <inheritdoc/>
    public override int GetHashCode() => FractionalBits;

    /// <inheritdoc/>
    public override string ToString() => $"{FractionalBits} fractional bits in 64";

    // False for NaN too. Multiplying by a power of two is exact: nothing in range underflows to a value that rounds differently.
    private static bool IsInRange(double value, int fractionalBits) => Math.Abs(value) < Math.ScaleB(1, 62 - fractionalBits);

    private static ulong EncodeUnchecked(double value, int fractionalBits) =>
        unchecked((ulong)(long)Math.Round(value * Math.ScaleB(1, fractionalBits), MidpointRounding.ToEven));

    private static void CheckBits(int fractionalBits)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(fractionalBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(fractionalBits, 61);
    }

    private static void CheckArguments(int length, int destinationLength, int fractionalBits, string tensorName)
    {
        ArgumentNullException.ThrowIfNull(tensorName);
        CheckBits(fractionalBits);
        if (length != destinationLength)
        {
            throw new ArgumentException($"The destination has {destinationLength} elements, the source {length}.", nameof(destinationLength));
        }
    }

    private static OverflowException OutOfRange(string name, int index, int fractionalBits) => new(
        $"{(index < 0 ? name : $"{name}[{index}]")} is not finite, or its magnitude is 2^{62 - fractionalBits} or more, which {fractionalBits} fractional bits in 64 do not hold.");
}
