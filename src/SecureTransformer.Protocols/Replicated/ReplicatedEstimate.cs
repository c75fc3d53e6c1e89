using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>
/// A dry run: the waist without any data, which adds up what <see cref="ReplicatedSession"/> declares for each operation, by scope.
/// A program run on it tells its bytes and rounds before anything is sent, at the price of its control flow.
/// </summary>
/// <remarks>Bytes are exact. Rounds are those of the operations one after another; where a message does not wait for the one before, a run needs fewer.</remarks>
public sealed class ReplicatedEstimate : MpcSession
{
    private readonly Dictionary<string, OperationCost> _byScope = [];
    private readonly List<string> _order = [];

    /// <summary>Begins a dry run.</summary>
    public ReplicatedEstimate(SessionOptions? options = null)
        : base(0, ReplicatedSession.Parties, options ?? new SessionOptions())
    {
    }

    /// <inheritdoc/>
    public override string Protocol => "replicated";

    /// <summary>Stays at zero: nothing is sent.</summary>
    public override TrafficMeter Meter { get; } = new();

    /// <summary>What each scope costs, without the scopes in it, in the order in which they first cost something; "" outside named scopes.</summary>
    public IReadOnlyList<KeyValuePair<string, OperationCost>> ByScope => [.. _order.Select(scope => KeyValuePair.Create(scope, _byScope[scope]))];

    /// <summary>What everything costs so far, over all parties.</summary>
    public OperationCost Total => _byScope.Values.Aggregate(default(OperationCost), (sum, cost) => sum + cost);

    /// <inheritdoc/>
    protected override int Components => 0;

    /// <summary>A tensor of a shape, for a program's input.</summary>
    public SecretTensor Placeholder(TensorShape shape, int? fractionalBits = null) => Allocate(shape, fractionalBits ?? FractionalBits);

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
    protected override void MultiplyPublicCore(SecretTensor x, double factor, int factorBits, SecretTensor result)
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
    protected override ValueTask ProductCoreAsync(
        IReadOnlyList<SecretProduct> terms, SecretTensor? addend, int shift, SecretTensor result, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.Product(CountOf(result), shift));

    /// <inheritdoc/>
    protected override ValueTask DotCoreAsync(SecretTensor x, SecretTensor y, int shift, SecretTensor result, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.Product(CountOf(result), shift));

    /// <inheritdoc/>
    protected override ValueTask MatMulCoreAsync(
        SecretTensor x, SecretTensor y, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.Product(CountOf(result), shift));

    /// <inheritdoc/>
    protected override ValueTask TruncateCoreAsync(SecretTensor x, int shift, SecretTensor result, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.Truncate(CountOf(result), shift));

    /// <inheritdoc/>
    protected override ValueTask LessThanZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.LessThanZero(CountOf(result), width));

    /// <inheritdoc/>
    protected override ValueTask EqualsZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.EqualsZero(CountOf(result), width));

    /// <inheritdoc/>
    protected override ValueTask AndCoreAsync(SecretBits x, SecretBits y, SecretBits result, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.And(CountOf(result)));

    /// <inheritdoc/>
    protected override ValueTask ToArithmeticCoreAsync(SecretBits x, SecretTensor result, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.ToArithmetic(CountOf(result)));

    /// <inheritdoc/>
    protected override ValueTask MultiplyBitCoreAsync(SecretBits bits, SecretTensor x, SecretTensor result, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.MultiplyBit(CountOf(result)));

    /// <inheritdoc/>
    protected override async ValueTask<NormalizingScale> NormalizeCoreAsync(
        SecretTensor x, int width, int minimumBits, bool mayBeZero, bool squareRoot, CancellationToken cancellationToken)
    {
        await Count(ReplicatedCosts.Normalize(CountOf(x), width, minimumBits, mayBeZero, squareRoot)).ConfigureAwait(false);
        return new NormalizingScale(Integers(), Integers(), squareRoot ? Integers() : null, squareRoot ? Integers() : null);

        SecretTensor Integers() => Allocate(x.Shape, 0);
    }

    /// <inheritdoc/>
    protected override ValueTask InputCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.Input(CountOf(result)));

    /// <inheritdoc/>
    protected override async ValueTask<double[]?> RevealCoreAsync(SecretTensor x, int? party, CancellationToken cancellationToken)
    {
        await Count(ReplicatedCosts.Reveal(CountOf(x), party is null)).ConfigureAwait(false);
        return party is null or 0 ? new double[CountOf(x)] : null;
    }

    /// <inheritdoc/>
    protected override async ValueTask<bool[]> RevealCoreAsync(SecretBits x, CancellationToken cancellationToken)
    {
        await Count(ReplicatedCosts.RevealBits(CountOf(x))).ConfigureAwait(false);
        return new bool[CountOf(x)];
    }

    /// <inheritdoc/>
    protected override ValueTask ImportCoreAsync(IChannel source, SecretTensor result, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.Import(CountOf(result)));

    /// <inheritdoc/>
    protected override ValueTask ExportCoreAsync(IChannel destination, SecretTensor x, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.Export(CountOf(x)));

    private static int CountOf(Secret secret)
    {
        ArgumentNullException.ThrowIfNull(secret);
        return secret.Shape.Count;
    }

    private ValueTask Count(OperationCost cost)
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
