namespace SecureTransformer.Protocols;

/// <summary>The protocols that come with the library.</summary>
public enum MpcProtocol
{
    /// <summary>One party, no privacy: float64 and the exact functions. The oracle of accuracy.</summary>
    PlaintextFloat64,

    /// <summary>One party, no privacy: the fixed-point arithmetic of the private protocols in the clear.</summary>
    PlaintextFixedPoint,

    /// <summary>Three parties, replicated sharing over Z_2^64, one of them semi-honest.</summary>
    Replicated3,

    /// <summary>Two to eight parties and a dealer, additive sharing over Z_2^64, all parties but one semi-honest.</summary>
    Additive,

    /// <summary>Three to sixteen parties, Shamir's sharing over F_p, fewer than half of them semi-honest.</summary>
    Shamir,
}
