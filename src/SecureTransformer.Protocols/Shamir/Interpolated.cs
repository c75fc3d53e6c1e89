namespace SecureTransformer.Protocols.Shamir;

/// <summary>Shares and values computed from t + 1 shares.</summary>
internal static class Interpolated
{
    private const int Block = 256;

    /// <summary>Whether a party's share lies on the polynomials through those of t + 1 others.</summary>
    public static bool Agrees(LaneField field, int[] chosen, IReadOnlyList<ulong[]?> shares, int party)
    {
        UInt128[] factors = field.Interpolation([.. chosen.Select(Committee.Point)], Committee.Point(party));
        Lanes share = field.Over(shares[party]);
        Span<ulong> words = stackalloc ulong[Block * field.Words];
        bool agrees = true;
        for (int start = 0; agrees && start < share.Length; start += Block)
        {
            int length = Math.Min(Block, share.Length - start);
            Lanes expected = field.Over(words[..(length * field.Words)]);
            Combine(field, factors, chosen, shares, start, expected);
            Lanes given = share.Slice(start, length);
            for (int row = 0; row < expected.Rows; row++)
            {
                agrees &= expected.Row(row).SequenceEqual(given.Row(row));
            }
        }

        words.Clear();
        return agrees;
    }

    /// <summary>The words of the bits that t + 1 shares stand for.</summary>
    public static ulong[] Bits(BitLanes field, int[] chosen, IReadOnlyList<ulong[]?> shares)
    {
        ulong[] all = Value(field, chosen, shares);
        return field.Over(all).Plane(0).ToArray();
    }

    /// <summary>The values that t + 1 shares stand for.</summary>
    public static ulong[] Value(LaneField field, int[] chosen, IReadOnlyList<ulong[]?> shares)
    {
        ulong[] all = new ulong[shares[chosen[0]]!.Length];
        Combine(field, field.Interpolation([.. chosen.Select(Committee.Point)], 0), chosen, shares, 0, field.Over(all));
        return all;
    }

    private static void Combine(LaneField field, UInt128[] factors, int[] chosen, IReadOnlyList<ulong[]?> shares, int start, Lanes target)
    {
        target.Clear();
        for (int i = 0; i < factors.Length; i++)
        {
            field.AddScaled(factors[i], field.Over(shares[chosen[i]]).Slice(start, target.Length), target);
        }
    }
}
