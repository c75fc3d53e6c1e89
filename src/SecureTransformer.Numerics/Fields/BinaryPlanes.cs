namespace SecureTransformer.Numerics;

/// <summary>
/// Arithmetic of a <see cref="BinaryField"/> on packed bits, bit-sliced: 64 w elements are d planes of w words, plane j holding their coefficients of x^j. So a sum is
/// the XOR of planes, and a bit, as an element, has all planes but the first zero. Time depends on lengths, and on public elements.
/// </summary>
/// <remarks>
/// The planes of a span begin at a distance (stride) of words, so that runs of all planes are given by slicing at the beginning. A result may be an operand (with the
/// same stride), but may not overlap one in another way. Nothing is allocated.
/// </remarks>
public static unsafe class BinaryPlanes
{
    /// <summary>z = x y, or z += x y, element by element, on planes without gaps.</summary>
    /// <param name="field">The field.</param>
    /// <param name="x">The first operand, d planes one after another.</param>
    /// <param name="y">The second operand.</param>
    /// <param name="z">The result.</param>
    /// <param name="accumulate">Whether the product is added (XOR) to <paramref name="z"/>.</param>
    /// <exception cref="ArgumentException">The lengths differ, or are no multiple of d.</exception>
    public static void Multiply(BinaryField field, ReadOnlySpan<ulong> x, ReadOnlySpan<ulong> y, Span<ulong> z, bool accumulate = false)
    {
        ArgumentNullException.ThrowIfNull(field);
        int words = Words(field, x.Length, z.Length);
        if (y.Length != x.Length)
        {
            throw new ArgumentException($"The lengths differ: x {x.Length}, y {y.Length}.", nameof(y));
        }

        Multiply(field, x, words, y, words, z, words, words, accumulate);
    }

    /// <summary>z = x y, or z += x y, element by element, on runs of planes.</summary>
    /// <param name="field">The field.</param>
    /// <param name="x">The first operand, from the first word of the run in plane 0.</param>
    /// <param name="xStride">The distance of its planes in words.</param>
    /// <param name="y">The second operand.</param>
    /// <param name="yStride">The distance of its planes in words.</param>
    /// <param name="z">The result.</param>
    /// <param name="zStride">The distance of its planes in words.</param>
    /// <param name="words">The words of the run in each plane.</param>
    /// <param name="accumulate">Whether the product is added (XOR) to <paramref name="z"/>.</param>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    public static void Multiply(
        BinaryField field, ReadOnlySpan<ulong> x, int xStride, ReadOnlySpan<ulong> y, int yStride, Span<ulong> z, int zStride, int words, bool accumulate = false)
    {
        ArgumentNullException.ThrowIfNull(field);
        Check(field, x.Length, xStride, words, nameof(x));
        Check(field, y.Length, yStride, words, nameof(y));
        Check(field, z.Length, zStride, words, nameof(z));
        fixed (ulong* px = x)
        fixed (ulong* py = y)
        fixed (ulong* pz = z)
        {
            switch (field.Degree)
            {
                case 2:
                    Multiply<PlanesOfDegree2>(px, xStride, py, yStride, pz, zStride, words, accumulate);
                    break;
                case 3:
                    Multiply<PlanesOfDegree3>(px, xStride, py, yStride, pz, zStride, words, accumulate);
                    break;
                case 4:
                    Multiply<PlanesOfDegree4>(px, xStride, py, yStride, pz, zStride, words, accumulate);
                    break;
                default:
                    Multiply<PlanesOfDegree5>(px, xStride, py, yStride, pz, zStride, words, accumulate);
                    break;
            }
        }
    }

    /// <summary>target += c x for a public element c, on planes without gaps.</summary>
    /// <param name="field">The field.</param>
    /// <param name="c">The element; it may be seen in the time taken.</param>
    /// <param name="x">The operand, d planes one after another.</param>
    /// <param name="target">What is added to.</param>
    /// <exception cref="ArgumentException">The lengths differ, or are no multiple of d.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="c"/> is no element.</exception>
    public static void MultiplyPublicInto(BinaryField field, int c, ReadOnlySpan<ulong> x, Span<ulong> target)
    {
        ArgumentNullException.ThrowIfNull(field);
        int words = Words(field, x.Length, target.Length);
        MultiplyPublicInto(field, c, x, words, target, words, words);
    }

    /// <summary>target += c x for a public element c, on runs of planes.</summary>
    /// <param name="field">The field.</param>
    /// <param name="c">The element; it may be seen in the time taken.</param>
    /// <param name="x">The operand, from the first word of the run in plane 0.</param>
    /// <param name="xStride">The distance of its planes in words.</param>
    /// <param name="target">What is added to; not <paramref name="x"/>.</param>
    /// <param name="targetStride">The distance of its planes in words.</param>
    /// <param name="words">The words of the run in each plane.</param>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="c"/> is no element.</exception>
    public static void MultiplyPublicInto(BinaryField field, int c, ReadOnlySpan<ulong> x, int xStride, Span<ulong> target, int targetStride, int words)
    {
        ArgumentNullException.ThrowIfNull(field);
        field.Check(c, nameof(c));
        Check(field, x.Length, xStride, words, nameof(x));
        Check(field, target.Length, targetStride, words, nameof(target));
        fixed (ulong* px = x)
        fixed (ulong* to = target)
        {
            switch (field.Degree)
            {
                case 2:
                    MultiplyPublic<PlanesOfDegree2>(c, px, xStride, to, targetStride, words);
                    break;
                case 3:
                    MultiplyPublic<PlanesOfDegree3>(c, px, xStride, to, targetStride, words);
                    break;
                case 4:
                    MultiplyPublic<PlanesOfDegree4>(c, px, xStride, to, targetStride, words);
                    break;
                default:
                    MultiplyPublic<PlanesOfDegree5>(c, px, xStride, to, targetStride, words);
                    break;
            }
        }
    }

    /// <summary>target += plane 0 of c x for a public element c. Of a sum of products that is known to be a bit, one plane is enough.</summary>
    /// <param name="field">The field.</param>
    /// <param name="c">The element; it may be seen in the time taken.</param>
    /// <param name="x">The operand, from the first word of the run in plane 0.</param>
    /// <param name="xStride">The distance of its planes in words.</param>
    /// <param name="target">One plane, of as many words as the run.</param>
    /// <exception cref="ArgumentException">A span is too short.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="c"/> is no element.</exception>
    public static void MultiplyPublicBitInto(BinaryField field, int c, ReadOnlySpan<ulong> x, int xStride, Span<ulong> target)
    {
        ArgumentNullException.ThrowIfNull(field);
        field.Check(c, nameof(c));
        Check(field, x.Length, xStride, target.Length, nameof(x));
        for (int j = 0; j < field.Degree; j++)
        {
            // Whether c x^j has a constant term.
            if ((field.Multiply(c, 1 << j) & 1) != 0)
            {
                RingKernels.Xor(target, x.Slice(j * xStride, target.Length), target);
            }
        }
    }

    internal static void Multiply<TField, TLanes>(
        ulong* x, nint xStride, ulong* y, nint yStride, ulong* z, nint zStride, ref int done, int words, bool accumulate)
        where TField : struct, IPlaneArithmetic
        where TLanes : struct, ILanes<TLanes>
    {
        int at = done;
        if (accumulate)
        {
            for (; at <= words - TLanes.Count; at += TLanes.Count)
            {
                TField.Multiply<TLanes>(x + at, xStride, y + at, yStride, z + at, zStride, add: true);
            }
        }
        else
        {
            for (; at <= words - TLanes.Count; at += TLanes.Count)
            {
                TField.Multiply<TLanes>(x + at, xStride, y + at, yStride, z + at, zStride, add: false);
            }
        }

        done = at;
    }

    internal static void MultiplyPublic<TField, TLanes>(int c, ulong* x, nint xStride, ulong* target, nint targetStride, ref int done, int words)
        where TField : struct, IPlaneArithmetic
        where TLanes : struct, ILanes<TLanes>
    {
        int at = done;
        for (; at <= words - TLanes.Count; at += TLanes.Count)
        {
            TField.MultiplyPublic<TLanes>(c, x + at, xStride, target + at, targetStride);
        }

        done = at;
    }

    private static void Multiply<T>(ulong* x, nint xStride, ulong* y, nint yStride, ulong* z, nint zStride, int words, bool accumulate)
        where T : struct, IPlaneArithmetic
    {
        int done = 0;
        if (WideLanes.IsSupported)
        {
            Multiply<T, WideLanes>(x, xStride, y, yStride, z, zStride, ref done, words, accumulate);
        }
        else if (NarrowLanes.IsSupported)
        {
            Multiply<T, NarrowLanes>(x, xStride, y, yStride, z, zStride, ref done, words, accumulate);
        }

        Multiply<T, SingleLane>(x, xStride, y, yStride, z, zStride, ref done, words, accumulate);
    }

    private static void MultiplyPublic<T>(int c, ulong* x, nint xStride, ulong* target, nint targetStride, int words)
        where T : struct, IPlaneArithmetic
    {
        int done = 0;
        if (WideLanes.IsSupported)
        {
            MultiplyPublic<T, WideLanes>(c, x, xStride, target, targetStride, ref done, words);
        }
        else if (NarrowLanes.IsSupported)
        {
            MultiplyPublic<T, NarrowLanes>(c, x, xStride, target, targetStride, ref done, words);
        }

        MultiplyPublic<T, SingleLane>(c, x, xStride, target, targetStride, ref done, words);
    }

    private static int Words(BinaryField field, int x, int z)
    {
        if (x != z || x % field.Degree != 0)
        {
            throw new ArgumentException($"The lengths differ or are no multiple of {field.Degree} planes: {x} and {z}.", nameof(x));
        }

        return x / field.Degree;
    }

    private static void Check(BinaryField field, int length, int stride, int words, string name)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(words);
        if (stride < words)
        {
            throw new ArgumentException($"Planes at a distance of {stride} words overlap in runs of {words}.", name);
        }

        if (words > 0 && ((field.Degree - 1L) * stride) + words > length)
        {
            throw new ArgumentException($"{length} words do not hold {field.Degree} planes of {words} at a distance of {stride}.", name);
        }
    }
}
