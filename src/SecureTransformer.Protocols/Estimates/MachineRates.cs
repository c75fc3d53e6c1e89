namespace SecureTransformer.Protocols;

/// <summary>How long local work takes at each party of a protocol, for predictions: seconds for a unit of each kind of work.</summary>
public sealed class MachineRates
{
    private static readonly WorkKind[] s_threaded = [WorkKind.MultiplyAdd, WorkKind.MatrixRead, WorkKind.Packing];

    private static readonly MachineRates s_shamir = new(new Dictionary<WorkKind, double>
    {
        [WorkKind.MultiplyAdd] = 4e-10,
        [WorkKind.MatrixRead] = 1e-9,
        [WorkKind.Product] = 5e-9,
        [WorkKind.InnerProduct] = 1e-9,
        [WorkKind.Truncation] = 2e-7,
        [WorkKind.Resharing] = 5e-8,
        [WorkKind.Comparison] = 1.5e-10,
        [WorkKind.And] = 5e-9,
        [WorkKind.Conversion] = 1e-7,
        [WorkKind.Import] = 4e-9,
        [WorkKind.Splitting] = 8e-9,
        [WorkKind.Local] = 5e-10,
        [WorkKind.Message] = 3e-5,
    });

    private readonly double[] _seconds;

    /// <summary>Makes rates.</summary>
    /// <param name="seconds">Seconds for a unit of each kind; what is left out takes no time.</param>
    /// <exception cref="ArgumentOutOfRangeException">A rate is negative or no number.</exception>
    public MachineRates(IReadOnlyDictionary<WorkKind, double> seconds)
    {
        ArgumentNullException.ThrowIfNull(seconds);
        _seconds = new double[Enum.GetValues<WorkKind>().Length];
        foreach ((WorkKind kind, double value) in seconds)
        {
            if (!Enum.IsDefined(kind) || !double.IsFinite(value) || value < 0)
            {
                throw new ArgumentOutOfRangeException(nameof(seconds), value, $"The seconds for {kind} are no rate.");
            }

            _seconds[(int)kind] = value;
        }
    }

    /// <summary>Rates of three parties of replicated sharing, each on two cores (AMD EPYC, Zen 5, AVX-512) of its own: what is taken where nothing is measured.</summary>
    public static MachineRates Default { get; } = new(new Dictionary<WorkKind, double>
    {
        [WorkKind.MultiplyAdd] = 2e-11,
        [WorkKind.MatrixRead] = 5e-10,
        [WorkKind.Packing] = 1e-9,
        [WorkKind.Product] = 1e-9,
        [WorkKind.InnerProduct] = 1e-9,
        [WorkKind.Truncation] = 2e-8,
        [WorkKind.Resharing] = 4e-9,
        [WorkKind.Comparison] = 1.5e-10,
        [WorkKind.And] = 4e-9,
        [WorkKind.Conversion] = 1e-8,
        [WorkKind.Selection] = 1.5e-8,
        [WorkKind.Harmonic] = 3e-9,
        [WorkKind.Exponential] = 2e-8,
        [WorkKind.Normalization] = 3e-9,
        [WorkKind.Import] = 4e-9,
        [WorkKind.Splitting] = 8e-9,
        [WorkKind.Local] = 1e-9,
        [WorkKind.Message] = 3e-5,
    });

    /// <summary>What is taken for a protocol where nothing is measured: <see cref="Default"/>, or for Shamir's sharing rates of three such parties of its own.</summary>
    /// <param name="protocol">The protocol.</param>
    public static MachineRates DefaultFor(MpcProtocol protocol) => protocol == MpcProtocol.Shamir ? s_shamir : Default;

    /// <summary>Seconds for so much work.</summary>
    /// <param name="kind">Its kind.</param>
    /// <param name="amount">How much.</param>
    public double SecondsOf(WorkKind kind, double amount) => _seconds[(int)kind] * amount;

    /// <summary>Measures this machine, in two seconds or so (longer with many parties), with all parties of a protocol in this process.</summary>
    /// <param name="protocol">The protocol.</param>
    /// <param name="parties">The number of parties, where the protocol does not fix it.</param>
    /// <param name="threshold">How many of them may collude, where one chooses it; by default as <see cref="MpcProtocols.ThresholdOf"/> says.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>Rates of parties that share this machine.</returns>
    /// <exception cref="ArgumentException">The protocol has one party, or does not run between so many, or not with this threshold.</exception>
    public static Task<MachineRates> MeasureAsync(MpcProtocol protocol, int? parties = null, int? threshold = null, CancellationToken cancellationToken = default) =>
        Estimates.RateMeasurement.RunAsync(protocol, parties, threshold, cancellationToken);

    /// <summary>
    /// From rates of parties that share a machine, those of parties that have one like it each: work of one thread gains where the cores are fewer than the parties, and
    /// matrices, which take all cores, by the number of parties.
    /// </summary>
    /// <param name="parties">The number of parties.</param>
    /// <param name="cores">The cores of the machine.</param>
    public MachineRates Apart(int parties, int cores)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parties, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(cores, 1);
        return new(Enum.GetValues<WorkKind>().ToDictionary(kind => kind, kind => _seconds[(int)kind] * kind switch
        {
            // A client has a machine to itself in any case.
            WorkKind.Splitting => 1,
            _ when s_threaded.Contains(kind) => 1.0 / parties,
            _ => Math.Min(1, (double)cores / parties),
        }));
    }
}
