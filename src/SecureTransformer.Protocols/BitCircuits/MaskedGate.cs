namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>A sum over Z_2 of products of one to three opened wires.</summary>
/// <param name="target">The wire that takes the result; it is not opened yet.</param>
/// <param name="onto">Whether the result is XORed onto the target; else it replaces it.</param>
/// <param name="terms">The wires of each product.</param>
internal readonly struct MaskedGate(int target, bool onto, params int[][] terms)
{
    public int Target { get; } = target;

    public bool Onto { get; } = onto;

    public IReadOnlyList<int[]> Terms { get; } = terms;
}
