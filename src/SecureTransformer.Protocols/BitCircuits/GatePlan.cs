namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>A level of gates, with the planes that they take numbered: each is opened once, however many gates take it.</summary>
internal sealed class GatePlan
{
    public GatePlan(IReadOnlyList<PlaneGate> gates)
    {
        Gates = [.. gates];
        Operands = [.. gates.SelectMany(gate => gate.Terms).SelectMany(term => new[] { term.X, term.Y }).Distinct()];
        Terms = [.. gates.Select(gate => gate.Terms.Select(term => (Array.IndexOf(Operands, term.X), Array.IndexOf(Operands, term.Y))).ToArray())];
    }

    public PlaneGate[] Gates { get; }

    /// <summary>The planes that the gates take.</summary>
    public int[] Operands { get; }

    /// <summary>The terms of each gate, by the positions of their planes among <see cref="Operands"/>.</summary>
    public (int X, int Y)[][] Terms { get; }
}
