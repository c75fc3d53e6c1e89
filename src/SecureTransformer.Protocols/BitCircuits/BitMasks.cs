using System.Runtime.Intrinsics;

namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>Bits spread to words.</summary>
internal static class BitMasks
{
    private static readonly Vector512<ulong> s_lanes = Vector512.Create(0UL, 1, 2, 3, 4, 5, 6, 7);

    /// <summary>masks[i] = all ones where bit start + i is set, else zero. <paramref name="start"/> is a multiple of 64.</summary>
    public static void Expand(ReadOnlySpan<ulong> bits, int start, Span<ulong> masks)
    {
        for (int i = 0; i < masks.Length; i += 64)
        {
            ulong word = bits[(start + i) >> 6];
            Span<ulong> target = masks.Slice(i, Math.Min(64, masks.Length - i));
            if (Vector512.IsHardwareAccelerated && target.Length == 64)
            {
                for (int j = 0; j < 64; j += 8)
                {
                    Vector512<ulong> bit = System.Runtime.Intrinsics.X86.Avx512F.ShiftRightLogicalVariable(Vector512.Create(word >> j), s_lanes) & Vector512<ulong>.One;
                    (Vector512<ulong>.Zero - bit).CopyTo(target[j..]);
                }

                continue;
            }

            for (int j = 0; j < target.Length; j++)
            {
                target[j] = 0 - ((word >> j) & 1);
            }
        }
    }
}
