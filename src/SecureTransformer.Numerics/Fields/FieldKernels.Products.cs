using System.Runtime.Intrinsics;

namespace SecureTransformer.Numerics;

public static unsafe partial class FieldKernels
{
    private const int WordsAtOnce = IFieldTile.Width * Mersenne127.WordCount;

    /// <summary>destination = x y, or += x y. The lengths have been checked.</summary>
    internal static void Multiply(FieldPath path, ReadOnlySpan<ulong> x, ReadOnlySpan<ulong> y, Span<ulong> destination, bool add)
    {
        int done = 0;
        if (path == FieldPath.Avx512)
        {
            fixed (ulong* px = x)
            fixed (ulong* py = y)
            fixed (ulong* to = destination)
            {
                for (; done <= destination.Length - WordsAtOnce; done += WordsAtOnce)
                {
                    Vector512<ulong> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default, c8 = default;
                    MultiplyAdd(px + done, py + done, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7, ref c8);
                    Limbs26.Reduce(c0, c1, c2, c3, c4, c5, c6, c7, c8, out Vector512<ulong> first, out Vector512<ulong> second);
                    Store(first, second, to + done, add);
                }
            }
        }

        ReadOnlySpan<Mersenne127> left = Mersenne127.AsElements(x[done..]);
        ReadOnlySpan<Mersenne127> right = Mersenne127.AsElements(y[done..]);
        Span<Mersenne127> result = Mersenne127.AsElements(destination[done..]);
        for (int i = 0; i < result.Length; i++)
        {
            Mersenne127 product = left[i] * right[i];
            result[i] = add ? result[i] + product : product;
        }
    }

    /// <summary>destination = x scalar, or += x scalar. The lengths have been checked.</summary>
    internal static void Multiply(FieldPath path, ReadOnlySpan<ulong> x, Mersenne127 scalar, Span<ulong> destination, bool add)
    {
        int done = 0;
        if (path == FieldPath.Avx512)
        {
            // Of one limb, or the negation of one: small public constants, and Lagrange's coefficients at zero for consecutive points.
            Mersenne127 negation = -scalar;
            if (IsLimb(scalar) || IsLimb(negation))
            {
                done = MultiplyShort(x, (IsLimb(scalar) ? scalar : negation).Low, !IsLimb(scalar), destination, add);
            }

            Limbs26.Split(
                Vector512.Create(scalar.Low),
                Vector512.Create(scalar.High),
                out Vector512<ulong> y0,
                out Vector512<ulong> y1,
                out Vector512<ulong> y2,
                out Vector512<ulong> y3,
                out Vector512<ulong> y4);
            fixed (ulong* px = x)
            fixed (ulong* to = destination)
            {
                for (; done <= destination.Length - WordsAtOnce; done += WordsAtOnce)
                {
                    Vector512<ulong> c0 = default, c1 = default, c2 = default, c3 = default, c4 = default, c5 = default, c6 = default, c7 = default, c8 = default;
                    Limbs26.Load(px + done, Mersenne127.WordCount, out Vector512<ulong> low, out Vector512<ulong> high);
                    Limbs26.Split(low, high, out Vector512<ulong> x0, out Vector512<ulong> x1, out Vector512<ulong> x2, out Vector512<ulong> x3, out Vector512<ulong> x4);
                    Limbs26.MultiplyAdd(x0, x1, x2, x3, x4, y0, y1, y2, y3, y4, ref c0, ref c1, ref c2, ref c3, ref c4, ref c5, ref c6, ref c7, ref c8);
                    Limbs26.Reduce(c0, c1, c2, c3, c4, c5, c6, c7, c8, out Vector512<ulong> first, out Vector512<ulong> second);
                    Store(first, second, to + done, add);
                }
            }
        }

        ReadOnlySpan<Mersenne127> elements = Mersenne127.AsElements(x[done..]);
        Span<Mersenne127> result = Mersenne127.AsElements(destination[done..]);
        for (int i = 0; i < result.Length; i++)
        {
            Mersenne127 product = elements[i] * scalar;
            result[i] = add ? result[i] + product : product;
        }
    }

    private static bool IsLimb(Mersenne127 scalar) => scalar.High == 0 && scalar.Low >> Limbs26.Bits == 0;

    private static int MultiplyShort(ReadOnlySpan<ulong> x, ulong limb, bool negative, Span<ulong> destination, bool add)
    {
        int done = 0;
        Vector512<ulong> factor = Vector512.Create(limb);
        fixed (ulong* px = x)
        fixed (ulong* to = destination)
        {
            for (; done <= destination.Length - WordsAtOnce; done += WordsAtOnce)
            {
                Limbs26.Load(px + done, Mersenne127.WordCount, out Vector512<ulong> low, out Vector512<ulong> high);
                Limbs26.MultiplyShort(low, high, factor, out Vector512<ulong> first, out Vector512<ulong> second);
                if (negative)
                {
                    Vector512<ulong> before = add ? Vector512.Load(to + done) : Vector512<ulong>.Zero;
                    Vector512<ulong> beforeSecond = add ? Vector512.Load(to + done + Vector512<ulong>.Count) : Vector512<ulong>.Zero;
                    Mersenne127Vector.Subtract(before, first).Store(to + done);
                    Mersenne127Vector.Subtract(beforeSecond, second).Store(to + done + Vector512<ulong>.Count);
                }
                else
                {
                    Store(first, second, to + done, add);
                }
            }
        }

        return done;
    }

    [System.Runtime.CompilerServices.MethodImpl(System.Runtime.CompilerServices.MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector512<ulong> first, Vector512<ulong> second, ulong* to, bool add)
    {
        if (add)
        {
            first = Mersenne127Vector.Add(first, Vector512.Load(to));
            second = Mersenne127Vector.Add(second, Vector512.Load(to + Vector512<ulong>.Count));
        }

        first.Store(to);
        second.Store(to + Vector512<ulong>.Count);
    }
}
