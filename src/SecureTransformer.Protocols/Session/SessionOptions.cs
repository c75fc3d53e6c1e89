namespace SecureTransformer.Protocols;

/// <summary>What all parties of a session agree on, and what this party may use.</summary>
public sealed class SessionOptions
{
    /// <summary>The default number of fractional bits of values, from 8 to 24. All parties must agree. The default is 18.</summary>
    public int FractionalBits { get; init; } = 18;

    /// <summary>
    /// How many parties may collude, where the protocol lets one choose it; all parties must agree. Null, the default: the largest number that the protocol allows; see
    /// <see cref="MpcProtocols.ThresholdOf"/>.
    /// </summary>
    public int? Threshold { get; init; }

    /// <summary>
    /// The epoch of the shares that this party kept and restores in the session, of a protocol whose shares can be reshared: all parties must have the same. Null, the default: such
    /// as the owner of the values handed out, of no epoch with a name.
    /// </summary>
    public ShareEpoch? ShareEpoch { get; init; }

    /// <summary>The largest number of threads that this session's kernels use at once. The default is 1.</summary>
    public int MaxDegreeOfParallelism { get; init; } = 1;

    /// <summary>A public text that all parties must present alike at the handshake, such as the identity of the model; at most 1,024 characters.</summary>
    public string Agreement { get; init; } = "";

    /// <summary>A public text that says which nonlinear functions the parties evaluate, which all must present alike at the handshake; at most 1,024 characters.</summary>
    public string NonlinearFunctions { get; init; } = "";

    /// <summary>
    /// Is told how large the values of each operation are, for calibration. Only a session without privacy that runs past the fixed-point range knows
    /// (<see cref="MpcProtocol.PlaintextFloat64"/>); the others never call it.
    /// </summary>
    public IRangeObserver? Ranges { get; init; }

    /// <summary>
    /// Whether packed matrices take their memory from the session's pool, for a session that makes and frees them again and again: memory that is used again costs no page
    /// faults. A matrix then takes up to 25% more than it needs. The default is no.
    /// </summary>
    public bool RecycleMatrices { get; init; }

    /// <summary>
    /// Correlated randomness that was made ahead of time: by a dealer, for a protocol with a dealer, which then is not needed (the channels lead to the parties alone), or by the parties
    /// themselves (<see cref="MpcSession.PreprocessAsync"/>). Each session takes a run when it first needs one; of additive sharing a session under one with stored material takes it from the
    /// same store, when it is opened. Null, the default: a dealer, or what is needed is made when it is needed.
    /// </summary>
    public MaterialStore? Material { get; init; }

    /// <summary>Is told, operation by operation, what correlated randomness the session needs, so that the next run of the same program can have it ahead of time.</summary>
    public MaterialPlan? Plan { get; init; }

    /// <summary>The same with stored material, and its fractional bits.</summary>
    internal SessionOptions With(MaterialStore material) => new()
    {
        FractionalBits = material.Description.FractionalBits,
        Threshold = material.Description.Threshold ?? Threshold,
        ShareEpoch = ShareEpoch,
        MaxDegreeOfParallelism = MaxDegreeOfParallelism,
        Agreement = Agreement,
        NonlinearFunctions = NonlinearFunctions,
        Ranges = Ranges,
        RecycleMatrices = RecycleMatrices,
        Plan = Plan,
        Material = material,
    };

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A property is out of its range; the exception names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(FractionalBits, 8);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(FractionalBits, 24);
        ArgumentOutOfRangeException.ThrowIfNegative(Threshold ?? 0, nameof(Threshold));
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDegreeOfParallelism, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(Agreement.Length, 1024, nameof(Agreement));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(NonlinearFunctions.Length, 1024, nameof(NonlinearFunctions));
    }
}
