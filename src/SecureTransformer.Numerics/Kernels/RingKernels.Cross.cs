using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SecureTransformer.Numerics;

public static partial class RingKernels
{
    private static RingTilePath BestWidth =>
        Vector512.IsHardwareAccelerated ? RingTilePath.Avx512 :
        Vector256.IsHardwareAccelerated ? RingTilePath.Avx2 :
        RingTilePath.Portable;

    /// <summary>destination = or += x0 (y0 + y1) + x1 y0, element by element: what one of three parties computes of a product of replicated sharings. One pass over memory.</summary>
    /// <param name="x0">The first piece of the left factor.</param>
    /// <param name="x1">The second piece of the left factor.</param>
    /// <param name="y0">The first piece of the right factor.</param>
    /// <param name="y1">The second piece of the right factor.</param>
    /// <param name="destination">The result.</param>
    /// <param name="accumulate">Whether the result is added to what is there.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void MultiplyCross(
        ReadOnlySpan<ulong> x0, ReadOnlySpan<ulong> x1, ReadOnlySpan<ulong> y0, ReadOnlySpan<ulong> y1, Span<ulong> destination, bool accumulate = false)
    {
        CheckLengths(x0.Length, x1.Length, destination.Length);
        CheckLengths(y0.Length, y1.Length, destination.Length);
        MultiplyCross(BestWidth, x0, x1, y0, y1, destination, accumulate);
    }

    /// <summary>The sum of x0 (y0 + y1) + x1 y0 over all elements. One pass over memory.</summary>
    /// <param name="x0">The first piece of the left factor.</param>
    /// <param name="x1">The second piece of the left factor.</param>
    /// <param name="y0">The first piece of the right factor.</param>
    /// <param name="y1">The second piece of the right factor.</param>
    /// <returns>The sum.</returns>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static ulong DotCross(ReadOnlySpan<ulong> x0, ReadOnlySpan<ulong> x1, ReadOnlySpan<ulong> y0, ReadOnlySpan<ulong> y1)
    {
        CheckLengths(x0.Length, x1.Length, y0.Length);
        CheckLengths(y1.Length, y0.Length);
        return DotCross(BestWidth, x0, x1, y0, y1);
    }

    /// <summary>destination = or ^= x0 and (y0 xor y1) xor x1 and y0: as <see cref="MultiplyCross(ReadOnlySpan{ulong}, ReadOnlySpan{ulong}, ReadOnlySpan{ulong}, ReadOnlySpan{ulong}, Span{ulong}, bool)"/>, over Z_2.</summary>
    /// <param name="x0">The first piece of the left operand.</param>
    /// <param name="x1">The second piece of the left operand.</param>
    /// <param name="y0">The first piece of the right operand.</param>
    /// <param name="y1">The second piece of the right operand.</param>
    /// <param name="destination">The result.</param>
    /// <param name="accumulate">Whether the result is XORed onto what is there.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void AndCross(
        ReadOnlySpan<ulong> x0, ReadOnlySpan<ulong> x1, ReadOnlySpan<ulong> y0, ReadOnlySpan<ulong> y1, Span<ulong> destination, bool accumulate = false)
    {
        CheckLengths(x0.Length, x1.Length, destination.Length);
        CheckLengths(y0.Length, y1.Length, destination.Length);
        AndCross(BestWidth, x0, x1, y0, y1, destination, accumulate);
    }

    internal static void MultiplyCross(
        RingTilePath path, ReadOnlySpan<ulong> x0, ReadOnlySpan<ulong> x1, ReadOnlySpan<ulong> y0, ReadOnlySpan<ulong> y1, Span<ulong> destination, bool accumulate)
    {
        ref ulong a0 = ref MemoryMarshal.GetReference(x0);
        ref ulong a1 = ref MemoryMarshal.GetReference(x1);
        ref ulong b0 = ref MemoryMarshal.GetReference(y0);
        ref ulong b1 = ref MemoryMarshal.GetReference(y1);
        ref ulong to = ref MemoryMarshal.GetReference(destination);
        nuint i = 0;
        nuint count = (nuint)destination.Length;
        if (path == RingTilePath.Avx512)
        {
            for (; i + 8 <= count; i += 8)
            {
                Vector512<ulong> right = Vector512.LoadUnsafe(ref b0, i);
                Vector512<ulong> sum = (Vector512.LoadUnsafe(ref a0, i) * (right + Vector512.LoadUnsafe(ref b1, i))) + (Vector512.LoadUnsafe(ref a1, i) * right);
                (accumulate ? sum + Vector512.LoadUnsafe(ref to, i) : sum).StoreUnsafe(ref to, i);
            }
        }
        else if (path == RingTilePath.Avx2)
        {
            for (; i + 4 <= count; i += 4)
            {
                Vector256<ulong> right = Vector256.LoadUnsafe(ref b0, i);
                Vector256<ulong> sum = (Vector256.LoadUnsafe(ref a0, i) * (right + Vector256.LoadUnsafe(ref b1, i))) + (Vector256.LoadUnsafe(ref a1, i) * right);
                (accumulate ? sum + Vector256.LoadUnsafe(ref to, i) : sum).StoreUnsafe(ref to, i);
            }
        }

        for (; i < count; i++)
        {
            ulong sum = Cross(Unsafe.Add(ref a0, i), Unsafe.Add(ref a1, i), Unsafe.Add(ref b0, i), Unsafe.Add(ref b1, i));
            Unsafe.Add(ref to, i) = accumulate ? unchecked(sum + Unsafe.Add(ref to, i)) : sum;
        }
    }

    internal static ulong DotCross(RingTilePath path, ReadOnlySpan<ulong> x0, ReadOnlySpan<ulong> x1, ReadOnlySpan<ulong> y0, ReadOnlySpan<ulong> y1)
    {
        ref ulong a0 = ref MemoryMarshal.GetReference(x0);
        ref ulong a1 = ref MemoryMarshal.GetReference(x1);
        ref ulong b0 = ref MemoryMarshal.GetReference(y0);
        ref ulong b1 = ref MemoryMarshal.GetReference(y1);
        nuint i = 0;
        nuint count = (nuint)x0.Length;
        ulong total = 0;
        if (path == RingTilePath.Avx512)
        {
            Vector512<ulong> first = Vector512<ulong>.Zero;
            Vector512<ulong> second = Vector512<ulong>.Zero;
            for (; i + 8 <= count; i += 8)
            {
                Vector512<ulong> right = Vector512.LoadUnsafe(ref b0, i);
                first += Vector512.LoadUnsafe(ref a0, i) * (right + Vector512.LoadUnsafe(ref b1, i));
                second += Vector512.LoadUnsafe(ref a1, i) * right;
            }

            total = Vector512.Sum(first + second);
        }
        else if (path == RingTilePath.Avx2)
        {
            Vector256<ulong> sum = Vector256<ulong>.Zero;
            for (; i + 4 <= count; i += 4)
            {
                Vector256<ulong> right = Vector256.LoadUnsafe(ref b0, i);
                sum += (Vector256.LoadUnsafe(ref a0, i) * (right + Vector256.LoadUnsafe(ref b1, i))) + (Vector256.LoadUnsafe(ref a1, i) * right);
            }

            total = Vector256.Sum(sum);
        }

        for (; i < count; i++)
        {
            total = unchecked(total + Cross(Unsafe.Add(ref a0, i), Unsafe.Add(ref a1, i), Unsafe.Add(ref b0, i), Unsafe.Add(ref b1, i)));
        }

        return total;
    }

    internal static void AndCross(
        RingTilePath path, ReadOnlySpan<ulong> x0, ReadOnlySpan<ulong> x1, ReadOnlySpan<ulong> y0, ReadOnlySpan<ulong> y1, Span<ulong> destination, bool accumulate)
    {
        ref ulong a0 = ref MemoryMarshal.GetReference(x0);
        ref ulong a1 = ref MemoryMarshal.GetReference(x1);
        ref ulong b0 = ref MemoryMarshal.GetReference(y0);
        ref ulong b1 = ref MemoryMarshal.GetReference(y1);
        ref ulong to = ref MemoryMarshal.GetReference(destination);
        nuint i = 0;
        nuint count = (nuint)destination.Length;
        if (path == RingTilePath.Avx512)
        {
            for (; i + 8 <= count; i += 8)
            {
                Vector512<ulong> right = Vector512.LoadUnsafe(ref b0, i);
                Vector512<ulong> gate = (Vector512.LoadUnsafe(ref a0, i) & (right ^ Vector512.LoadUnsafe(ref b1, i))) ^ (Vector512.LoadUnsafe(ref a1, i) & right);
                (accumulate ? gate ^ Vector512.LoadUnsafe(ref to, i) : gate).StoreUnsafe(ref to, i);
            }
        }
        else if (path == RingTilePath.Avx2)
        {
            for (; i + 4 <= count; i += 4)
            {
                Vector256<ulong> right = Vector256.LoadUnsafe(ref b0, i);
                Vector256<ulong> gate = (Vector256.LoadUnsafe(ref a0, i) & (right ^ Vector256.LoadUnsafe(ref b1, i))) ^ (Vector256.LoadUnsafe(ref a1, i) & right);
                (accumulate ? gate ^ Vector256.LoadUnsafe(ref to, i) : gate).StoreUnsafe(ref to, i);
            }
        }

        for (; i < count; i++)
        {
            ulong right = Unsafe.Add(ref b0, i);
            ulong gate = (Unsafe.Add(ref a0, i) & (right ^ Unsafe.Add(ref b1, i))) ^ (Unsafe.Add(ref a1, i) & right);
            Unsafe.Add(ref to, i) = accumulate ? gate ^ Unsafe.Add(ref to, i) : gate;
        }
    }

    private static ulong Cross(ulong x0, ulong x1, ulong y0, ulong y1) => unchecked((x0 * (y0 + y1)) + (x1 * y0));
}
