using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>
/// A dry run: the waist without any data, which adds up what a protocol declares for each operation, by scope.
/// A program run on it tells its bytes and rounds before anything is sent, at the price of its control flow.
/// </summary>
/// <remarks>Bytes are exact. Rounds are those of the operations one after another; where a message does not wait for the one before, a run needs fewer.</remarks>
public abstract class EstimatingSession : MpcSession
{
    private readonly Dictionary<string, OperationCost> _byScope = [];
    private readonly List<string> _order = [];

    /// <summary>Begins a dry run of a protocol of so many parties, by itself or under another one.</summary>
    protected EstimatingSession(int partyCount, SessionOptions options, EstimatingSession? parent = null)
        : base(0, partyCount, options, parent)
    {
    }

    /// <summary>Stays at zero: nothing is sent.</summary>
    public override TrafficMeter Meter { get; } = new();

    /// <summary>What each scope costs, without the scopes in it, in the order in which they first cost something; "" outside named scopes.</summary>
    public IReadOnlyList<KeyValuePair<string, OperationCost>> ByScope => [.. _order.Select(scope => KeyValuePair.Create(scope, _byScope[scope]))];

    /// <summary>What everything costs so far, over all parties.</summary>
    public OperationCost Total => _byScope.Values.Aggregate(default(OperationCost), (sum, cost) => sum + cost);

    /// <inheritdoc/>
    protected override int Components => 0;

    /// <summary>Begins a dry run of a protocol.</summary>
    /// <exception cref="ArgumentException">The protocol sends nothing, so there is nothing to estimate.</exception>
    /// <param name="protocol">The protocol.</param>
    /// <param name="options">Fixed-point format.</param>
    /// <param name="parties">The number of parties, where the protocol does not fix it; by default its smallest.</param>
    /// <param name="parent">A dry run of the same protocol whose placeholders, such as weights, this one may read.</param>
    public static EstimatingSession Create(MpcProtocol protocol, SessionOptions? options = null, int? parties = null, EstimatingSession? parent = null) => protocol switch
    {
        MpcProtocol.Replicated3 => new ReplicatedEstimate(options ?? new SessionOptions(), parent),
        MpcProtocol.Additive => new AdditiveEstimate(MpcProtocols.PartyCountOf(protocol, parties), options ?? new SessionOptions(), parent),
        _ => throw new ArgumentException($"{protocol} has one party and sends nothing.", nameof(protocol)),
    };

    /// <summary>A tensor of a shape, for a program's input.</summary>
    public SecretTensor Placeholder(TensorShape shape, int? fractionalBits = null) => Allocate(shape, fractionalBits ?? FractionalBits);

    /// <summary>What a client's input of so many values costs.</summary>
    public abstract OperationCost CostOfImport(int count);

    /// <summary>What an answer of so many values to a client costs.</summary>
    public abstract OperationCost CostOfExport(int count);

    /// <inheritdoc/>
    protected override void AddCore(SecretTensor x, SecretTensor y, SecretTensor result)
    {
    }

    /// <inheritdoc/>
    protected override void SubtractCore(SecretTensor x, SecretTensor y, SecretTensor result)
    {
    }

    /// <inheritdoc/>
    protected override void AddPublicCore(SecretTensor x, ReadOnlySpan<double> constants, SecretTensor result)
    {
    }

    /// <inheritdoc/>
    protected override void MultiplyIntegerCore(SecretTensor x, ReadOnlySpan<long> factors, SecretTensor result)
    {
    }

    /// <inheritdoc/>
    protected override void MultiplyPublicCore(SecretTensor x, ReadOnlySpan<double> factors, int factorBits, SecretTensor result)
    {
    }

    /// <inheritdoc/>
    protected override void SumCore(SecretTensor x, SecretTensor result)
    {
    }

    /// <inheritdoc/>
    protected override void XorCore(SecretBits x, SecretBits y, SecretBits result)
    {
    }

    /// <inheritdoc/>
    protected override void NotCore(SecretBits x, SecretBits result)
    {
    }

    /// <inheritdoc/>
    protected override ValueTask ImportCoreAsync(IChannel source, SecretTensor result, CancellationToken cancellationToken) =>
        Count(CostOfImport(CountOf(result)));

    /// <inheritdoc/>
    protected override ValueTask ExportCoreAsync(IChannel destination, SecretTensor x, CancellationToken cancellationToken) =>
        Count(CostOfExport(CountOf(x)));

    /// <inheritdoc/>
    protected override ValueTask KeepCoreAsync(IChannel source, int count, IShareWriter destination, CancellationToken cancellationToken) =>
        Count(CostOfImport(count));

    /// <inheritdoc/>
    protected override void RestoreCore(IShareReader source, int start, SecretTensor result)
    {
    }

    /// <summary>The number of elements.</summary>
    protected static int CountOf(Secret secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        return secret.Shape.Count;
    }

    /// <summary>Adds a cost to the current scope.</summary>
    protected ValueTask Count(OperationCost cost)
    {
        string scope = ScopeName ?? "";
        if (!_byScope.TryGetValue(scope, out OperationCost known))
        {
            _order.Add(scope);
        }

        _byScope[scope] = known + cost;
        return ValueTask.CompletedTask;
    }
}
