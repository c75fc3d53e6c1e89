namespace SecureTransformer.Protocols;

/// <summary>A dry run of <see cref="ReplicatedSession"/>: what <see cref="ReplicatedCosts"/> declares, operation by operation.</summary>
internal sealed class ReplicatedEstimate(SessionOptions options, EstimatingSession? parent) : EstimatingSession(ReplicatedSession.Parties, options, parent)
{
    /// <inheritdoc/>
    public override string Protocol => "replicated";

    /// <inheritdoc/>
    public override OperationCost CostOfImport(int count) => ReplicatedCosts.Import(count);

    /// <inheritdoc/>
    public override OperationCost CostOfExport(int count) => ReplicatedCosts.Export(count);

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
    protected override ValueTask AgreeCoreAsync(string what, ReadOnlyMemory<byte> digest, CancellationToken cancellationToken) => Count(ReplicatedCosts.Agree());

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
    protected override ValueTask LessThanZeroCoreAsync(SecretTensor x, int width, int slackBits, SecretBits result, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.LessThanZero(CountOf(result), width, slackBits));

    /// <inheritdoc/>
    protected override ValueTask WindowCoreAsync(
        SecretTensor x, int windowBits, int width, int slackBits, SecretBits inside, SecretBits below, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.Window(CountOf(x), windowBits, width, slackBits));

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
    public override bool HasAdditionTheorems => true;

    /// <inheritdoc/>
    protected override ValueTask SumOfSelectedCoreAsync(IReadOnlyList<SelectedTerm> terms, SecretTensor result, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.SumOfSelected(CountOf(result), terms.Count));

    /// <inheritdoc/>
    protected override ValueTask HarmonicSumCoreAsync(HarmonicSum sum, SecretTensor x, SecretTensor result, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.HarmonicSum(CountOf(result), sum, x.FractionalBits));

    /// <inheritdoc/>
    protected override ValueTask ExponentialCoreAsync(SecretTensor x, SecretBits keep, SecretTensor result, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.Exponential(CountOf(result), x.FractionalBits));

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
    protected override ValueTask InputShuffledCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.InputShuffled(CountOf(result)));

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
}
