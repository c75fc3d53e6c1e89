using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace SecureTransformer.Numerics;

/// <summary>Transposing copies, 8 x 8 words in registers at a time where AVX-512 is at hand.</summary>
internal static unsafe class BlockTranspose
{
    private const int Block = 8;

    /// <summary>target[j, i] = or += source[i, j] for i &lt; rows, j &lt; columns.</summary>
    public static void Copy(ulong* target, nint targetStride, ulong* source, nint sourceStride, int rows, int columns, bool add)
    {
        int i = 0;
        if (Avx512F.IsSupported)
        {
            for (; i + Block <= rows; i += Block)
            {
                int j = 0;
                for (; j + Block <= columns; j += Block)
                {
                    Copy8x8(target + j * targetStride + i, targetStride, source + i * sourceStride + j, sourceStride, add);
                }

                CopyScalar(target + j * targetStride + i, targetStride, source + i * sourceStride + j, sourceStride, Block, columns - j, add);
            }
        }

        CopyScalar(target + i, targetStride, source + i * sourceStride, sourceStride, rows - i, columns, add);
    }

    private static void CopyScalar(ulong* target, nint targetStride, ulong* source, nint sourceStride, int rows, int columns, bool add)
    {
        for (int i = 0; i < rows; i++)
        {
            ulong* from = source + i * sourceStride;
            ulong* to = target + i;
            for (int j = 0; j < columns; j++)
            {
                to[j * targetStride] = add ? unchecked(to[j * targetStride] + from[j]) : from[j];
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Copy8x8(ulong* target, nint targetStride, ulong* source, nint sourceStride, bool add)
    {
        Vector512<ulong> r0 = Vector512.Load(source);
        Vector512<ulong> r1 = Vector512.Load(source + sourceStride);
        Vector512<ulong> r2 = Vector512.Load(source + 2 * sourceStride);
        Vector512<ulong> r3 = Vector512.Load(source + 3 * sourceStride);
        Vector512<ulong> r4 = Vector512.Load(source + 4 * sourceStride);
        Vector512<ulong> r5 = Vector512.Load(source + 5 * sourceStride);
        Vector512<ulong> r6 = Vector512.Load(source + 6 * sourceStride);
        Vector512<ulong> r7 = Vector512.Load(source + 7 * sourceStride);

        // Pairs of rows, then of pairs, then of halves: each register holds whole columns at the end.
        Vector512<ulong> p0 = Avx512F.UnpackLow(r0, r1), p1 = Avx512F.UnpackHigh(r0, r1);
        Vector512<ulong> p2 = Avx512F.UnpackLow(r2, r3), p3 = Avx512F.UnpackHigh(r2, r3);
        Vector512<ulong> p4 = Avx512F.UnpackLow(r4, r5), p5 = Avx512F.UnpackHigh(r4, r5);
        Vector512<ulong> p6 = Avx512F.UnpackLow(r6, r7), p7 = Avx512F.UnpackHigh(r6, r7);
        Vector512<ulong> even = Vector512.Create(0UL, 1, 8, 9, 4, 5, 12, 13);
        Vector512<ulong> odd = Vector512.Create(2UL, 3, 10, 11, 6, 7, 14, 15);
        Vector512<ulong> q0 = Avx512F.PermuteVar8x64x2(p0, even, p2), q2 = Avx512F.PermuteVar8x64x2(p0, odd, p2);
        Vector512<ulong> q1 = Avx512F.PermuteVar8x64x2(p1, even, p3), q3 = Avx512F.PermuteVar8x64x2(p1, odd, p3);
        Vector512<ulong> q4 = Avx512F.PermuteVar8x64x2(p4, even, p6), q6 = Avx512F.PermuteVar8x64x2(p4, odd, p6);
        Vector512<ulong> q5 = Avx512F.PermuteVar8x64x2(p5, even, p7), q7 = Avx512F.PermuteVar8x64x2(p5, odd, p7);
        Vector512<ulong> left = Vector512.Create(0UL, 1, 2, 3, 8, 9, 10, 11);
        Vector512<ulong> right = Vector512.Create(4UL, 5, 6, 7, 12, 13, 14, 15);
        Store(target, Avx512F.PermuteVar8x64x2(q0, left, q4), add);
        Store(target + targetStride, Avx512F.PermuteVar8x64x2(q1, left, q5), add);
        Store(target + 2 * targetStride, Avx512F.PermuteVar8x64x2(q2, left, q6), add);
        Store(target + 3 * targetStride, Avx512F.PermuteVar8x64x2(q3, left, q7), add);
        Store(target + 4 * targetStride, Avx512F.PermuteVar8x64x2(q0, right, q4), add);
        Store(target + 5 * targetStride, Avx512F.PermuteVar8x64x2(q1, right, q5), add);
        Store(target + 6 * targetStride, Avx512F.PermuteVar8x64x2(q2, right, q6), add);
        Store(target + 7 * targetStride, Avx512F.PermuteVar8x64x2(q3, right, q7), add);
    }

    private static void Store(ulong* target, Vector512<ulong> column, bool add) =>
        (add ? Vector512.Load(target) + column : column).Store(target);
}
