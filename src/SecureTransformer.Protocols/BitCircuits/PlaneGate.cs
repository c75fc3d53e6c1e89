namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>An inner product of bit planes over Z_2, by their numbers: one product's cost, whatever the number of terms.</summary>
/// <param name="target">The plane that takes the result.</param>
/// <param name="onto">Whether the result is XORed onto the target; else it replaces it.</param>
/// <param name="terms">Pairs of planes.</param>
internal readonly struct PlaneGate(int target, bool onto, params (int X, int Y)[] terms)
{
    public int Target { get; } = target;

    public bool Onto { get; } = onto;

    public IReadOnlyList<(int X, int Y)> Terms { get; } = terms;
}
