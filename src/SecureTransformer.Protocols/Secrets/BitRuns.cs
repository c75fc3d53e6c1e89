namespace SecureTransformer.Protocols;

/// <summary>Runs of bits in packed words, least significant first.</summary>
internal static class BitRuns
{
    /// <summary>Copies a run of bits between any two bit positions; other bits of the target's words stay, those past the run in its last word may not.</summary>
    public static void Copy(ReadOnlySpan<ulong> source, int sourceStart, Span<ulong> target, int targetStart, int length)
    {
        if (((sourceStart | targetStart) & 63) == 0)
        {
            int whole = length >> 6;
            source.Slice(sourceStart >> 6, whole).CopyTo(target[(targetStart >> 6)..]);
            int done = whole << 6;
            sourceStart += done;
            targetStart += done;
            length -= done;
        }

        while (length > 0)
        {
            int shift = targetStart & 63;
            int take = Math.Min(length, 64 - shift);
            ulong bits = Read(source, sourceStart, take);
            ulong mask = (take == 64 ? ulong.MaxValue : (1UL << take) - 1) << shift;
            ref ulong word = ref target[targetStart >> 6];
            word = (word & ~mask) | (bits << shift);
            sourceStart += take;
            targetStart += take;
            length -= take;
        }
    }

    private static ulong Read(ReadOnlySpan<ulong> source, int start, int count)
    {
        int index = start >> 6;
        int shift = start & 63;
        ulong bits = source[index] >> shift;
        if (shift + count > 64)
        {
            bits |= source[index + 1] << (64 - shift);
        }

        return count == 64 ? bits : bits & ((1UL << count) - 1);
    }
}
