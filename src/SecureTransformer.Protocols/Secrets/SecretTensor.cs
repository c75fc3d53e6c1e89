namespace SecureTransformer.Protocols;

/// <summary>A secret-shared tensor of numbers with a public number of fractional bits. Integers have none.</summary>
public sealed class SecretTensor : Secret
{
    internal SecretTensor(MpcSession session, TensorShape shape, int fractionalBits, ShareStorage storage, int offset, int length)
        : base(session, shape, storage, offset, length) => FractionalBits = fractionalBits;

    /// <summary>The number of fractional bits of the encoding: the value is the ring element, taken as signed, divided by 2^FractionalBits.</summary>
    public int FractionalBits { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{base.ToString()}, {FractionalBits} fractional bits";
}
