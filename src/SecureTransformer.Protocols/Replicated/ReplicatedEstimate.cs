using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Estimates;
using SecureTransformer.Protocols.Replicated;

namespace SecureTransformer.Protocols;

/// <summary>A dry run of <see cref="ReplicatedSession"/>: what <see cref="ReplicatedCosts"/> and <see cref="ReplicatedMessages"/> declare, operation by operation.</summary>
internal sealed class ReplicatedEstimate(SessionOptions options, EstimatingSession? parent) : EstimatingSession(ReplicatedSession.Parties, options, parent)
{
    /// <inheritdoc/>
    public override string Protocol => "replicated";

    /// <inheritdoc/>
    public override OperationCost CostOfImport(int count) => ReplicatedCosts.Import(count);

    /// <inheritdoc/>
    public override OperationCost CostOfExport(int count) => ReplicatedCosts.Export(count);

    /// <inheritdoc/>
    protected override int ShareComponents => 2;

    /// <inheritdoc/>
    private protected override OperationMessages ImportMessages(int count) => ReplicatedMessages.Import(count);

    /// <inheritdoc/>
    private protected override OperationMessages ExportMessages(int count) => ReplicatedMessages.Export(count);

    /// <inheritdoc/>
    protected override ValueTask ProductCoreAsync(
        IReadOnlyList<SecretProduct> terms, SecretTensor? addend, int shift, SecretTensor result, CancellationToken cancellationToken) =>
        CountProduct(CountOf(result), shift, new Work(WorkKind.Product, (double)CountOf(result) * terms.Count));

    /// <inheritdoc/>
    protected override ValueTask DotCoreAsync(SecretTensor x, SecretTensor y, int shift, SecretTensor result, CancellationToken cancellationToken) =>
        CountProduct(CountOf(result), shift, new Work(WorkKind.InnerProduct, CountOf(x)));

    /// <inheritdoc/>
    protected override ValueTask MatMulCoreAsync(
        SecretTensor x, SecretTensor y, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken) =>
        CountProduct(CountOf(result), shift, new Work(WorkKind.MultiplyAdd, (double)CountOf(result) * x.Shape[-1]), new Work(WorkKind.Packing, CountOf(y)));

    /// <inheritdoc/>
    protected override ValueTask PackedMatMulCoreAsync(
        SecretTensor x, IDisposable packed, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken) =>
        CountProduct(
            CountOf(result),
            shift,
            new Work(WorkKind.MultiplyAdd, (double)CountOf(result) * x.Shape[-1]),
            new Work(WorkKind.MatrixRead, (double)x.Shape[-1] * result.Shape[-1]));

    /// <inheritdoc/>
    protected override IDisposable PackCore(SecretTensor y, bool transposed) => AccountMatrix(CountOf(y));

    /// <inheritdoc/>
    protected override IDisposable PackCore(int rows, int columns, int fractionalBits, IEnumerable<(int Row, SecretTensor Run)> runs, bool transposed)
    {
        foreach (var _ in runs)
        {
        }

        return AccountMatrix((long)rows * columns);
    }

    /// <inheritdoc/>
    protected override ValueTask AgreeCoreAsync(string what, ReadOnlyMemory<byte> digest, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.Agree(), ReplicatedMessages.Agree());

    /// <inheritdoc/>
    protected override ValueTask TruncateCoreAsync(SecretTensor x, int shift, SecretTensor result, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.Truncate(CountOf(result), shift), ReplicatedMessages.Truncate(CountOf(result), shift), new Work(WorkKind.Truncation, shift == 0 ? 0 : CountOf(result)));

    /// <inheritdoc/>
    protected override ValueTask LessThanZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) =>
        LessThanZeroCoreAsync(x, width, 0, result, cancellationToken);

    /// <inheritdoc/>
    protected override ValueTask LessThanZeroCoreAsync(SecretTensor x, int width, int slackBits, SecretBits result, CancellationToken cancellationToken) =>
        CountComparison(CountOf(x), CompareCircuit.Sign(width, slackBits));

    /// <inheritdoc/>
    protected override ValueTask EqualsZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) =>
        CountComparison(CountOf(x), CompareCircuit.Equality(width));

    /// <inheritdoc/>
    protected override ValueTask WindowCoreAsync(
        SecretTensor x, int windowBits, int width, int slackBits, SecretBits inside, SecretBits below, CancellationToken cancellationToken) =>
        CountComparison(CountOf(x), CompareCircuit.Window(windowBits, width, slackBits));

    /// <inheritdoc/>
    protected override ValueTask AndCoreAsync(SecretBits x, SecretBits y, SecretBits result, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.And(CountOf(result)), ReplicatedMessages.And(CountOf(result)), new Work(WorkKind.And, CountOf(result) / 64.0));

    /// <inheritdoc/>
    public override bool HasAdditionTheorems => true;

    /// <inheritdoc/>
    protected override ValueTask ToArithmeticCoreAsync(SecretBits x, SecretTensor result, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.ToArithmetic(CountOf(result)), ReplicatedMessages.ToArithmetic(CountOf(result)), new Work(WorkKind.Conversion, CountOf(result)));

    /// <inheritdoc/>
    protected override ValueTask MultiplyBitCoreAsync(SecretBits bits, SecretTensor x, SecretTensor result, CancellationToken cancellationToken) =>
        SumOfSelectedCoreAsync([new SelectedTerm(bits, x)], result, cancellationToken);

    /// <inheritdoc/>
    protected override ValueTask SumOfSelectedCoreAsync(IReadOnlyList<SelectedTerm> terms, SecretTensor result, CancellationToken cancellationToken) => Count(
        ReplicatedCosts.SumOfSelected(CountOf(result), terms.Count),
        ReplicatedMessages.SumOfSelected(CountOf(result), terms.Count),
        new Work(WorkKind.Selection, (double)CountOf(result) * terms.Count));

    /// <inheritdoc/>
    protected override async ValueTask HarmonicSumCoreAsync(HarmonicSum sum, SecretTensor x, SecretTensor result, CancellationToken cancellationToken)
    {
        int count = CountOf(result);

        // One declared cost, whose messages are those of two operations.
        await Count(
            ReplicatedCosts.HarmonicSum(count, sum, x.FractionalBits),
            ReplicatedMessages.HarmonicSum(count, sum, x.FractionalBits),
            new Work(WorkKind.Harmonic, (double)count * sum.Harmonics)).ConfigureAwait(false);
        (int accumulatorBits, int ringBits) = sum.Layout(x.FractionalBits);
        await Truncated(count, accumulatorBits - result.FractionalBits, ringBits).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async ValueTask ExponentialCoreAsync(SecretTensor x, SecretBits keep, SecretTensor result, CancellationToken cancellationToken)
    {
        int count = CountOf(result);
        await Count(
            ReplicatedCosts.Exponential(count, x.FractionalBits), ReplicatedMessages.Exponential(count), new Work(WorkKind.Exponential, count)).ConfigureAwait(false);
        await Truncated(count, ReplicatedSession.ExponentialBits(x.FractionalBits) - result.FractionalBits).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    protected override async ValueTask<NormalizingScale> NormalizeCoreAsync(
        SecretTensor x, int width, int minimumBits, bool mayBeZero, bool squareRoot, CancellationToken cancellationToken)
    {
        int count = CountOf(x);
        int powers = squareRoot ? 2 : 1;
        OperationMessages[] messages = ReplicatedMessages.Normalize(
            count, new LeadingZeroCircuit(minimumBits, width, mayBeZero), (2 * powers) + (squareRoot ? 1 : 0) + (mayBeZero ? 1 : 0), powers);

        // One declared cost, whose messages are those of three operations.
        await Count(ReplicatedCosts.Normalize(count, width, minimumBits, mayBeZero, squareRoot), messages[0], new Work(WorkKind.Normalization, (double)count * width)).ConfigureAwait(false);
        await Count(default, messages[1]).ConfigureAwait(false);
        await Count(default, messages[2], new Work(WorkKind.Product, (double)count * powers), new Work(WorkKind.Resharing, (double)count * powers)).ConfigureAwait(false);
        return new NormalizingScale(Integers(), Integers(), squareRoot ? Integers() : null, squareRoot ? Integers() : null);

        SecretTensor Integers() => Allocate(x.Shape, 0);
    }

    /// <inheritdoc/>
    protected override ValueTask InputCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken) =>
        Count(ReplicatedCosts.Input(CountOf(result)), ReplicatedMessages.Input(owner, CountOf(result)), new Work(WorkKind.Import, CountOf(result)));

    /// <inheritdoc/>
    protected override ValueTask InputShuffledCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken) => Count(
        ReplicatedCosts.InputShuffled(CountOf(result)), ReplicatedMessages.InputShuffled(owner, CountOf(result)), new Work(WorkKind.Import, 3.0 * CountOf(result)));

    /// <inheritdoc/>
    protected override async ValueTask<double[]?> RevealCoreAsync(SecretTensor x, int? party, CancellationToken cancellationToken)
    {
        await Count(ReplicatedCosts.Reveal(CountOf(x), party is null), ReplicatedMessages.Reveal(CountOf(x), party)).ConfigureAwait(false);
        return party is null or 0 ? new double[CountOf(x)] : null;
    }

    /// <inheritdoc/>
    protected override async ValueTask<bool[]> RevealCoreAsync(SecretBits x, CancellationToken cancellationToken)
    {
        await Count(ReplicatedCosts.RevealBits(CountOf(x)), ReplicatedMessages.RevealBits(CountOf(x))).ConfigureAwait(false);
        return new bool[CountOf(x)];
    }

    /// <summary>The messages and the work of a truncation whose cost is declared with what it belongs to.</summary>
    private ValueTask Truncated(int count, int shift, int ringBits = 64) =>
        Count(default, ReplicatedMessages.Truncate(count, shift, ringBits), new Work(WorkKind.Truncation, count));

    private ValueTask CountComparison(int count, CompareCircuit circuit) =>
        Count(ReplicatedCosts.Compare(count, circuit), ReplicatedMessages.Compare(count, circuit), new Work(WorkKind.Comparison, (double)count * circuit.TotalBits));

    private ValueTask CountProduct(int count, int shift, params Work[] work) => Count(
        ReplicatedCosts.Product(count, shift),
        ReplicatedMessages.Product(count, shift),
        [.. work, new Work(shift == 0 ? WorkKind.Resharing : WorkKind.Truncation, count)]);
}
