namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>The wires of a run of blocks of u + v, -1 for those not needed: whether it gives a carry by itself, whether it passes one on, whether its sum without a carry is zero modulo its size.</summary>
internal readonly struct CarryNode(int generate, int propagate, int zero)
{
    public int Generate { get; } = generate;

    public int Propagate { get; } = propagate;

    public int Zero { get; } = zero;
}
