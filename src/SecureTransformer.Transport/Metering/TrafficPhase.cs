namespace SecureTransformer.Transport;

/// <summary>The part of a run that traffic is charged to.</summary>
public enum TrafficPhase
{
    /// <summary>Before a request: handshakes, keys, weight shares. Not part of any total.</summary>
    Setup,

    /// <summary>A client's or party's inputs being shared.</summary>
    Input,

    /// <summary>Work that does not depend on the input: triples, masks, random bits.</summary>
    Offline,

    /// <summary>The computation itself.</summary>
    Online,

    /// <summary>Output shares going to whoever may see the result.</summary>
    Output,
}
