namespace SecureTransformer.Protocols;

/// <summary>A secret-shared tensor of bits in the protocol's cheapest form (for rings of characteristic two: XOR shares, 64 to a word).</summary>
public sealed class SecretBits : Secret
{
    internal SecretBits(MpcSession session, TensorShape shape, ShareStorage storage, int offset, int length)
        : base(session, shape, storage, offset, length)
    {
    }
}
