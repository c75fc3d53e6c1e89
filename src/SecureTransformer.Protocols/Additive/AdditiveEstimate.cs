namespace SecureTransformer.Protocols;

/// <summary>A dry run of <see cref="AdditiveSession"/>: what <see cref="AdditiveCosts"/> declares, operation by operation. Opening packed matrices is setup and not counted.</summary>
internal sealed class AdditiveEstimate(int parties, SessionOptions options) : EstimatingSession(parties, options)
{
    /// <inheritdoc/>
    public override string Protocol => "additive";

    /// <inheritdoc/>
    public override OperationCost CostOfImport(int count) => AdditiveCosts.Import(PartyCount, count);

    /// <inheritdoc/>
    public override OperationCost CostOfExport(int count) => AdditiveCosts.Export(PartyCount, count);

    /// <inheritdoc/>
    protected override ValueTask ProductCoreAsync(
        IReadOnlyList<SecretProduct> terms, SecretTensor? addend, int shift, SecretTensor result, CancellationToken cancellationToken) =>
        Count(AdditiveCosts.Product(PartyCount, CountOf(result), shift, terms.SelectMany(term => new[] { term.Left, term.Right }).Distinct().Count(), terms.Count));

    /// <inheritdoc/>
    protected override ValueTask DotCoreAsync(SecretTensor x, SecretTensor y, int shift, SecretTensor result, CancellationToken cancellationToken) =>
        Count(AdditiveCosts.Dot(PartyCount, CountOf(result), x.Shape[-1], shift, ReferenceEquals(x, y)));

    /// <inheritdoc/>
    protected override ValueTask MatMulCoreAsync(
        SecretTensor x, SecretTensor y, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        int inner = x.Shape[-1];
        int columns = result.Shape[-1];
        int matrices = CountOf(y) / (inner * columns);
        return Count(AdditiveCosts.MatMul(PartyCount, matrices, CountOf(x) / (inner * matrices), inner, columns, shift));
    }

    /// <inheritdoc/>
    protected override ValueTask PackedMatMulCoreAsync(
        SecretTensor x, IDisposable packed, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken) =>
        Count(AdditiveCosts.MatMulPacked(PartyCount, x.Shape.Rows, x.Shape[-1], result.Shape[-1], shift));

    /// <inheritdoc/>
    protected override ValueTask AgreeCoreAsync(string what, ReadOnlyMemory<byte> digest, CancellationToken cancellationToken) => Count(AdditiveCosts.Agree(PartyCount));

    /// <inheritdoc/>
    protected override ValueTask TruncateCoreAsync(SecretTensor x, int shift, SecretTensor result, CancellationToken cancellationToken) =>
        Count(AdditiveCosts.Truncate(PartyCount, CountOf(result), shift));

    /// <inheritdoc/>
    protected override ValueTask LessThanZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) =>
        Count(AdditiveCosts.LessThanZero(PartyCount, CountOf(result), width));

    /// <inheritdoc/>
    protected override ValueTask EqualsZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) =>
        Count(AdditiveCosts.EqualsZero(PartyCount, CountOf(result), width));

    /// <inheritdoc/>
    protected override ValueTask AndCoreAsync(SecretBits x, SecretBits y, SecretBits result, CancellationToken cancellationToken) =>
        Count(AdditiveCosts.And(PartyCount, CountOf(result)));

    /// <inheritdoc/>
    protected override ValueTask ToArithmeticCoreAsync(SecretBits x, SecretTensor result, CancellationToken cancellationToken) =>
        Count(AdditiveCosts.ToArithmetic(PartyCount, CountOf(result)));

    /// <inheritdoc/>
    protected override ValueTask MultiplyBitCoreAsync(SecretBits bits, SecretTensor x, SecretTensor result, CancellationToken cancellationToken) =>
        Count(AdditiveCosts.MultiplyBit(PartyCount, CountOf(result)));

    /// <inheritdoc/>
    protected override ValueTask InputCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken) =>
        Count(AdditiveCosts.Input());

    /// <inheritdoc/>
    protected override ValueTask InputShuffledCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken) =>
        Count(AdditiveCosts.InputShuffled(PartyCount, CountOf(result)));

    /// <inheritdoc/>
    protected override async ValueTask<double[]?> RevealCoreAsync(SecretTensor x, int? party, CancellationToken cancellationToken)
    {
        await Count(AdditiveCosts.Reveal(PartyCount, CountOf(x), party is null)).ConfigureAwait(false);
        return party is null or 0 ? new double[CountOf(x)] : null;
    }

    /// <inheritdoc/>
    protected override async ValueTask<bool[]> RevealCoreAsync(SecretBits x, CancellationToken cancellationToken)
    {
        await Count(AdditiveCosts.RevealBits(PartyCount, CountOf(x))).ConfigureAwait(false);
        return new bool[CountOf(x)];
    }
}
