namespace SecureTransformer.Protocols.Shamir;

/// <summary>Sets of parties.</summary>
internal static class Coalitions
{
    /// <summary>All sets of so many of some parties, each in their order.</summary>
    public static IEnumerable<int[]> Of(int[] parties, int size) =>
        size == 0
            ? [[]]
            : Enumerable.Range(0, parties.Length).SelectMany(i => Of(parties[(i + 1)..], size - 1).Select(rest => (int[])[parties[i], .. rest]));
}
