namespace SecureTransformer.Protocols.Shamir;

/// <summary>What an operation may need that is made before its values are known. The numbers stand in plans of stored material.</summary>
internal enum RandomnessKind
{
    /// <summary>Uniform sharings of degree t over F_p.</summary>
    Numbers = 101,

    /// <summary>Uniform sharings of degree t of 64 bits.</summary>
    Bits = 102,

    /// <summary>Sharings of zero over F_p.</summary>
    ZeroNumbers = 103,

    /// <summary>Sharings of 64 zeros.</summary>
    ZeroBits = 104,

    /// <summary>A <see cref="Shamir.TruncationMask"/>; the parameter is the shift.</summary>
    TruncationMask = 105,

    /// <summary>A <see cref="Shamir.CompareMask"/>; the parameter is the bits.</summary>
    CompareMask = 106,

    /// <summary>A <see cref="Shamir.BitMask"/>.</summary>
    BitMask = 107,
}
