using System.Reflection;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Sessions made insecure on purpose, for tests that must tell.</summary>
internal static class InsecureSessions
{
    /// <summary>
    /// Gives all pairs of parties the same key, zero, by reflection into private fields: the library has no way to ask for it. Then a zero share, the difference of
    /// two pairs' streams, is zero itself, while masks that stand alone stay masks and results stay right.
    /// </summary>
    public static ReplicatedSession WithoutZeroShares(ReplicatedSession session)
    {
        foreach (string field in new[] { "_withNext", "_withPrevious" })
        {
            Array.Clear((byte[])Private(Private(session, field), "_key"));
        }

        return session;
    }

    /// <summary>
    /// Extracts zero instead of uniform sharings and sharings of zero, by clearing the extraction matrices: products and bits are opened to kings unmasked, and shares are shown as they
    /// are. Masks of truncations and comparisons, which are dealt, stay; results stay right.
    /// </summary>
    public static ShamirSession WithoutExtractedMasks(ShamirSession session)
    {
        foreach (string field in new[] { "_numberCommittee", "_bitCommittee" })
        {
            foreach (UInt128[] row in (UInt128[][])Private(Private(session, field), "_extraction"))
            {
                Array.Clear(row);
            }
        }

        return session;
    }

    /// <summary>
    /// Gives all pairs of parties the same key, zero. Of three parties, the second's zero share in the opening of a product is then the difference of two equal streams, zero, as long
    /// as all kings open the same numbers of lanes.
    /// </summary>
    public static ShamirSession WithoutZeroShares(ShamirSession session)
    {
        foreach (object? pair in (object?[])Private(session, "_pairs"))
        {
            if (pair is not null)
            {
                Array.Clear((byte[])Private(pair, "_key"));
            }
        }

        return session;
    }

    private static object Private(object owner, string field) => owner.GetType().GetField(field, BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(owner)!;
}
