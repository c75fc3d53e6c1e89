using SecureTransformer.Protocols.Additive;
using SecureTransformer.Protocols.Estimates;

namespace SecureTransformer.Protocols;

/// <summary>
/// A dry run of <see cref="AdditiveSession"/>: what <see cref="AdditiveCosts"/> declares, operation by operation, and the material it would ask for. Opening packed matrices is
/// setup and not counted.
/// </summary>
internal sealed class AdditiveEstimate : EstimatingSession
{
    private int _nextMatrix;

    public AdditiveEstimate(int parties, SessionOptions options, EstimatingSession? parent)
        : base(parties, options, parent)
    {
        if (parent is not (null or AdditiveEstimate))
        {
            throw new ArgumentException("The dry run above is of another protocol.", nameof(parent));
        }

        if (options.Plan is { } plan)
        {
            plan.Levels = Levels;
        }
    }

    /// <inheritdoc/>
    public override string Protocol => "additive";

    /// <inheritdoc/>
    public override OperationCost CostOfImport(int count) => AdditiveCosts.Import(PartyCount, count);

    /// <inheritdoc/>
    public override OperationCost CostOfExport(int count) => AdditiveCosts.Export(PartyCount, count);

    /// <inheritdoc/>
    protected override ValueTask ProductCoreAsync(
        IReadOnlyList<SecretProduct> terms, SecretTensor? addend, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(result);
        ProductMaterial material = ProductMaterial.Of(terms, result.Shape, shift, out SecretTensor[] operands);
        int[] repeated = material.Repeated;
        return Count(AdditiveCosts.Product(PartyCount, CountOf(result), shift, operands.Length - repeated.Length, terms.Count, repeated), material, new Work(WorkKind.Product, (double)CountOf(result) * terms.Count), Opened(result, shift));
    }

    /// <inheritdoc/>
    protected override bool RepeatsFactor(TensorShape factor, TensorShape shape) => Repetition.Of(factor, shape) is not null;

    /// <inheritdoc/>
    protected override async ValueTask<SecretTensor> PolynomialCoreAsync(
        IReadOnlyList<PolynomialStep> steps, SecretTensor u, SecretTensor? addend, CancellationToken cancellationToken)
    {
        if (PolynomialMaterial.Of(steps, u, addend) is not { } material)
        {
            return await base.PolynomialCoreAsync(steps, u, addend, cancellationToken).ConfigureAwait(false);
        }

        await Count(AdditiveCosts.Polynomial(PartyCount, CountOf(u), u.FractionalBits, steps), material, new Work(WorkKind.Product, (double)CountOf(u) * steps.Count), new Work(WorkKind.Truncation, (double)CountOf(u) * steps.Count)).ConfigureAwait(false);
        return Allocate(u.Shape, steps[^1].ResultBits);
    }

    /// <inheritdoc/>
    protected override ValueTask DotCoreAsync(SecretTensor x, SecretTensor y, int shift, SecretTensor result, CancellationToken cancellationToken) =>
        Count(
            AdditiveCosts.Dot(PartyCount, CountOf(result), x.Shape[-1], shift, ReferenceEquals(x, y)),
            new DotMaterial(CountOf(result), x.Shape[-1], ReferenceEquals(x, y), shift),
            new Work(WorkKind.InnerProduct, CountOf(x)),
            Opened(result, shift));

    /// <inheritdoc/>
    protected override ValueTask MatMulCoreAsync(
        SecretTensor x, SecretTensor y, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        int inner = x.Shape[-1];
        int columns = result.Shape[-1];
        int matrices = CountOf(y) / (inner * columns);
        int rows = CountOf(x) / (inner * matrices);
        return Count(
            AdditiveCosts.MatMul(PartyCount, matrices, rows, inner, columns, shift),
            new MatrixMaterial(matrices, rows, inner, columns, transposeRight, shift),
            new Work(WorkKind.MultiplyAdd, (double)CountOf(result) * inner),
            new Work(WorkKind.Packing, CountOf(y)),
            Opened(result, shift));
    }

    /// <inheritdoc/>
    protected override ValueTask PackedMatMulCoreAsync(
        SecretTensor x, IDisposable packed, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        var matrix = (Matrix)packed;
        return Count(
            AdditiveCosts.MatMulPacked(PartyCount, x.Shape.Rows, x.Shape[-1], result.Shape[-1], shift),
            new FixedMatrixMaterial(LevelOf(matrix.Owner), matrix.Number, x.Shape.Rows, matrix.Rows, matrix.Columns, matrix.Transposed, transposeRight, shift),
            new Work(WorkKind.MultiplyAdd, (double)CountOf(result) * x.Shape[-1]),
            new Work(WorkKind.MatrixRead, (double)matrix.Rows * matrix.Columns),
            Opened(result, shift));
    }

    /// <inheritdoc/>
    protected override IDisposable PackCore(SecretTensor y, bool transposed)
    {
        ArgumentNullException.ThrowIfNull(y);
        // The share and the opened difference.
        IDisposable memory = AccountMatrix(2L * CountOf(y));
        return new Matrix(this, _nextMatrix++, y.Shape[transposed ? 1 : 0], y.Shape[transposed ? 0 : 1], transposed, memory);
    }

    /// <inheritdoc/>
    protected override ValueTask AgreeCoreAsync(string what, ReadOnlyMemory<byte> digest, CancellationToken cancellationToken) => Count(AdditiveCosts.Agree(PartyCount));

    /// <inheritdoc/>
    protected override ValueTask TruncateCoreAsync(SecretTensor x, int shift, SecretTensor result, CancellationToken cancellationToken) =>
        Count(AdditiveCosts.Truncate(PartyCount, CountOf(result), shift), shift == 0 ? null : new TruncationMaterial(CountOf(result), shift), Opened(result, shift));

    /// <inheritdoc/>
    protected override ValueTask LessThanZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) =>
        Count(AdditiveCosts.LessThanZero(PartyCount, CountOf(result), width), new CompareMaterial(CountOf(result), width - 1, carry: true), new Work(WorkKind.Comparison, (double)CountOf(result) * width));

    /// <inheritdoc/>
    protected override ValueTask EqualsZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) =>
        Count(AdditiveCosts.EqualsZero(PartyCount, CountOf(result), width), new CompareMaterial(CountOf(result), width, carry: false), new Work(WorkKind.Comparison, (double)CountOf(result) * width));

    /// <inheritdoc/>
    protected override ValueTask AndCoreAsync(SecretBits x, SecretBits y, SecretBits result, CancellationToken cancellationToken) =>
        Count(AdditiveCosts.And(PartyCount, CountOf(result)), new AndMaterial((CountOf(result) + 63) / 64), new Work(WorkKind.And, CountOf(result) / 64.0));

    /// <inheritdoc/>
    protected override ValueTask ToArithmeticCoreAsync(SecretBits x, SecretTensor result, CancellationToken cancellationToken) =>
        Count(AdditiveCosts.ToArithmetic(PartyCount, CountOf(result)), new BitNumberMaterial(CountOf(result), product: false), new Work(WorkKind.Conversion, CountOf(result)));

    /// <inheritdoc/>
    protected override ValueTask MultiplyBitCoreAsync(SecretBits bits, SecretTensor x, SecretTensor result, CancellationToken cancellationToken) =>
        Count(AdditiveCosts.MultiplyBit(PartyCount, CountOf(result)), new BitNumberMaterial(CountOf(result), product: true), new Work(WorkKind.Selection, CountOf(result)));

    /// <inheritdoc/>
    protected override async ValueTask<NormalizingScale> NormalizeCoreAsync(
        SecretTensor x, int width, int minimumBits, bool mayBeZero, bool squareRoot, CancellationToken cancellationToken)
    {
        await Count(
            AdditiveCosts.Normalize(PartyCount, CountOf(x), width, minimumBits, mayBeZero, squareRoot),
            new NormalizeMaterial(CountOf(x), minimumBits, width, mayBeZero, squareRoot),
            new Work(WorkKind.Normalization, (double)CountOf(x) * width)).ConfigureAwait(false);
        return new NormalizingScale(Integers(), Integers(), squareRoot ? Integers() : null, squareRoot ? Integers() : null);

        SecretTensor Integers() => Allocate(x.Shape, 0);
    }

    /// <inheritdoc/>
    protected override ValueTask InputCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken) =>
        Count(AdditiveCosts.Input());

    /// <inheritdoc/>
    protected override ValueTask InputShuffledCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken)
    {
        int count = CountOf(result);
        var material = new ShuffleMaterial(count / result.Shape[-1], result.Shape[-1], owner);
        Options.Plan?.Add(material.Describe());
        var messages = new OperationMessages(
            OperationMessages.PartsOf(count),
            [
                .. material.Permuters(PartyCount).Select(permuter =>
                    new MessageStep([.. material.Senders(PartyCount, permuter).Select(sender => new Message(sender, permuter, (long)count * sizeof(ulong)))])),
            ]);
        return Count(AdditiveCosts.InputShuffled(PartyCount, count), messages, new Work(WorkKind.Import, (double)count * PartyCount));
    }

    /// <inheritdoc/>
    protected override async ValueTask<double[]?> RevealCoreAsync(SecretTensor x, int? party, CancellationToken cancellationToken)
    {
        OperationCost cost = AdditiveCosts.Reveal(PartyCount, CountOf(x), party is null);
        await Count(cost, party is { } one ? ToOne(one, CountOf(x)) : OperationMessages.AllToAll(PartyCount, cost.Rounds, cost.Bytes)).ConfigureAwait(false);
        return party is null or 0 ? new double[CountOf(x)] : null;
    }

    /// <inheritdoc/>
    protected override async ValueTask<bool[]> RevealCoreAsync(SecretBits x, CancellationToken cancellationToken)
    {
        await Count(AdditiveCosts.RevealBits(PartyCount, CountOf(x))).ConfigureAwait(false);
        return new bool[CountOf(x)];
    }

    private OperationMessages ToOne(int party, int count) => new(
        OperationMessages.PartsOf(count),
        new MessageStep([.. Enumerable.Range(0, PartyCount).Where(p => p != party).Select(p => new Message(p, party, (long)count * sizeof(ulong)))]));

    private static Work Opened(SecretTensor result, int shift) => new(WorkKind.Truncation, shift == 0 ? 0 : CountOf(result));

    private ValueTask Count(OperationCost cost, Material? material, params Work[] work)
    {
        if (material is not null)
        {
            Options.Plan?.Add(material.Describe());
        }

        return Count(cost, OperationMessages.AllToAll(PartyCount, cost.Rounds, cost.Bytes), work);
    }

    /// <summary>A packed matrix as material knows it.</summary>
    private sealed class Matrix(AdditiveEstimate owner, int number, int rows, int columns, bool transposed, IDisposable memory) : IDisposable
    {
        public AdditiveEstimate Owner { get; } = owner;

        public int Number { get; } = number;

        public int Rows { get; } = rows;

        public int Columns { get; } = columns;

        public bool Transposed { get; } = transposed;

        public void Dispose() => memory.Dispose();
    }
}
