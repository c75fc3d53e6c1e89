using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Estimates;
using SecureTransformer.Protocols.Shamir;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>
/// A dry run of <see cref="ShamirSession"/>: the messages of <see cref="CountedRun"/>, operation by operation, with the kings' turns as in a run. What the parties make for each other
/// before an operation needs it is counted as offline, and waited for.
/// </summary>
internal sealed class ShamirEstimate : EstimatingSession
{
    private readonly Dictionary<(string Operation, int Count, int Parameter, int FirstKing), Counted> _known = [];
    private readonly int _bitComponents;
    private int _firstKing;

    public ShamirEstimate(int parties, SessionOptions options, EstimatingSession? parent)
        : base(parties, options, parent)
    {
        ShamirEstimate? above = parent as ShamirEstimate ?? (parent is null ? null : throw new ArgumentException("The dry run above is of another protocol.", nameof(parent)));
        Threshold = MpcProtocols.ThresholdOf(MpcProtocol.Shamir, parties, options.Threshold ?? above?.Threshold);
        if (above is not null && (above.PartyCount != parties || above.Threshold != Threshold))
        {
            throw new ArgumentException(
                $"The dry run above is of {above.PartyCount} parties with the threshold {above.Threshold}, this one of {parties} with {Threshold}.", nameof(parent));
        }

        _bitComponents = BinaryField.ForParties(parties).Degree;
    }

    /// <inheritdoc/>
    public override string Protocol => "shamir";

    /// <inheritdoc/>
    public override bool ShufflesRows => true;

    /// <inheritdoc/>
    protected override int WordsPerElement => Mersenne127.WordCount;

    /// <inheritdoc/>
    private protected override int BitShareComponents => _bitComponents;

    private int Threshold { get; }

    /// <inheritdoc/>
    public override OperationCost CostOfImport(int count) => ShamirCosts.Import(PartyCount, Threshold, count);

    /// <inheritdoc/>
    public override OperationCost CostOfExport(int count) => ShamirCosts.Export(PartyCount, Threshold, count);

    /// <inheritdoc/>
    private protected override void RecordImport(int count, bool areOneHot)
    {
        Add("import", count, 0, run => run.Import(count), new Work(WorkKind.Splitting, count), new Work(WorkKind.Import, count));
        if (areOneHot)
        {
            Add("one-hot", count, 0, run => run.RequireOneHot());
        }
    }

    /// <inheritdoc/>
    private protected override void RecordExport(int count) => Add("export", count, 0, run => run.Export(count));

    /// <inheritdoc/>
    protected override ValueTask ImportCoreAsync(IChannel source, SecretTensor result, CancellationToken cancellationToken) =>
        Run("import", CountOf(result), 0, run => run.Import(CountOf(result)), new Work(WorkKind.Import, CountOf(result)));

    /// <inheritdoc/>
    protected override ValueTask RequireOneHotCoreAsync(IChannel source, SecretTensor x, CancellationToken cancellationToken) =>
        Run("one-hot", CountOf(x), 0, run => run.RequireOneHot());

    /// <inheritdoc/>
    protected override ValueTask KeepCoreAsync(IChannel source, int count, IShareWriter destination, CancellationToken cancellationToken) =>
        Run("keep", count, 0, run => run.Take(count), new Work(WorkKind.Import, count));

    /// <inheritdoc/>
    protected override ValueTask VerifyKeptCoreAsync(IReadOnlyList<(IShareReader Share, int Count)> shares, CancellationToken cancellationToken) =>
        Run("verify", 0, 0, run => run.CheckThatTheyBelongTogether());

    /// <inheritdoc/>
    protected override ValueTask AgreeCoreAsync(string what, ReadOnlyMemory<byte> digest, CancellationToken cancellationToken) => Run("agree", 0, 0, run => run.Agree());

    /// <inheritdoc/>
    protected override ValueTask InputCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken) =>
        Run("input", CountOf(result), owner, run => run.Deal([owner], CountedRun.Number, CountOf(result)), new Work(WorkKind.Import, CountOf(result)));

    /// <inheritdoc/>
    protected override ValueTask InputShuffledCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken)
    {
        int groups = ShuffleCommittees.For(PartyCount, Threshold, owner).Count;
        return Run("shuffled input", CountOf(result), owner, run => run.InputShuffled(owner, CountOf(result)), new Work(WorkKind.Import, (1.0 + groups) * CountOf(result)));
    }

    /// <inheritdoc/>
    protected override ValueTask ShuffleRowsCoreAsync(SecretTensor x, SecretTensor result, CancellationToken cancellationToken)
    {
        int groups = ShuffleCommittees.For(PartyCount, Threshold, owner: null).Count;
        return Run("shuffle", CountOf(result), 0, run => run.ShuffleRows(CountOf(result)), new Work(WorkKind.Import, (double)groups * CountOf(result)));
    }

    /// <inheritdoc/>
    protected override async ValueTask<double[]?> RevealCoreAsync(SecretTensor x, int? party, CancellationToken cancellationToken)
    {
        int count = CountOf(x);
        await Run("reveal", count, party ?? -1, run => run.Reveal(count, party)).ConfigureAwait(false);
        return party is null or 0 ? new double[count] : null;
    }

    /// <inheritdoc/>
    protected override async ValueTask<bool[]> RevealCoreAsync(SecretBits x, CancellationToken cancellationToken)
    {
        int count = CountOf(x);
        await Run("reveal bits", count, 0, run => run.RevealBits(count)).ConfigureAwait(false);
        return new bool[count];
    }

    /// <inheritdoc/>
    protected override ValueTask ProductCoreAsync(
        IReadOnlyList<SecretProduct> terms, SecretTensor? addend, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(terms);
        return RunProduct(result, shift, new Work(WorkKind.Product, (double)CountOf(result) * terms.Count));
    }

    /// <inheritdoc/>
    protected override ValueTask DotCoreAsync(SecretTensor x, SecretTensor y, int shift, SecretTensor result, CancellationToken cancellationToken) =>
        RunProduct(result, shift, new Work(WorkKind.InnerProduct, CountOf(x)));

    /// <inheritdoc/>
    protected override ValueTask MatMulCoreAsync(
        SecretTensor x, SecretTensor y, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken) =>
        RunProduct(result, shift, new Work(WorkKind.MultiplyAdd, (double)CountOf(result) * x.Shape[-1]), new Work(WorkKind.MatrixRead, CountOf(y)));

    /// <inheritdoc/>
    protected override ValueTask PackedMatMulCoreAsync(
        SecretTensor x, IDisposable packed, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken) =>
        RunProduct(
            result,
            shift,
            new Work(WorkKind.MultiplyAdd, (double)CountOf(result) * x.Shape[-1]),
            new Work(WorkKind.MatrixRead, (double)x.Shape[-1] * result.Shape[-1]));

    /// <inheritdoc/>
    /// <remarks>A matrix is kept as the tensor that it was.</remarks>
    protected override IDisposable PackCore(SecretTensor y, bool transposed) =>
        AccountKept(base.PackCore(y, transposed), (long)CountOf(y) * WordsPerElement);

    /// <inheritdoc/>
    protected override ValueTask TruncateCoreAsync(SecretTensor x, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        int count = CountOf(result);
        return shift == 0
            ? ValueTask.CompletedTask
            : Run("truncate", count, shift, run => run.Finish(count, isProduct: false, shift), new Work(WorkKind.Truncation, count));
    }

    /// <inheritdoc/>
    protected override ValueTask LessThanZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) =>
        Run("sign", CountOf(x), width, run => run.LessThanZero(CountOf(x), width), WorkKind.Comparison);

    /// <inheritdoc/>
    protected override ValueTask EqualsZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) =>
        Run("equality", CountOf(x), width, run => run.EqualsZero(CountOf(x), width), WorkKind.Comparison);

    /// <inheritdoc/>
    protected override ValueTask AndCoreAsync(SecretBits x, SecretBits y, SecretBits result, CancellationToken cancellationToken)
    {
        int words = CountedRun.PlaneWords(CountOf(result));
        return Run("and", words, 0, run => run.And(words), new Work(WorkKind.And, words));
    }

    /// <inheritdoc/>
    protected override ValueTask ToArithmeticCoreAsync(SecretBits x, SecretTensor result, CancellationToken cancellationToken) =>
        Run("bits to arithmetic", CountOf(result), 0, run => run.ToNumbers(CountOf(result)), new Work(WorkKind.Conversion, CountOf(result)));

    private ValueTask RunProduct(SecretTensor result, int shift, params Work[] work)
    {
        int count = CountOf(result);
        return Run(
            "product", count, shift, run => run.Finish(count, isProduct: true, shift), [.. work, new Work(shift == 0 ? WorkKind.Resharing : WorkKind.Truncation, count)]);
    }

    /// <summary>Counts an operation whose work grows with the bits that a party sends.</summary>
    private ValueTask Run(string operation, int count, int parameter, Action<CountedRun> program, WorkKind kind)
    {
        Counted counted = Find(operation, count, parameter, program);
        Add(counted, new Work(kind, 8.0 * (counted.Cost.Bytes + counted.Cost.OfflineBytes) / PartyCount));
        return ValueTask.CompletedTask;
    }

    private ValueTask Run(string operation, int count, int parameter, Action<CountedRun> program, params Work[] work)
    {
        Add(operation, count, parameter, program, work);
        return ValueTask.CompletedTask;
    }

    private void Add(string operation, int count, int parameter, Action<CountedRun> program, params Work[] work) =>
        Add(Find(operation, count, parameter, program), work);

    private void Add(Counted counted, params Work[] work)
    {
        _firstKing = counted.NextKing;
        foreach (RandomnessRequest request in Options.Plan is null ? [] : counted.Requests)
        {
            Options.Plan!.Add(request.Describe());
        }

        Record(counted.Cost, counted.Messages[0], work);
        foreach (OperationMessages messages in counted.Messages.AsSpan(1))
        {
            Record(default, messages);
        }
    }

    /// <summary>The same operation is counted once: a text is continued by many steps that are alike.</summary>
    private Counted Find(string operation, int count, int parameter, Action<CountedRun> program)
    {
        if (!_known.TryGetValue((operation, count, parameter, _firstKing), out Counted? counted))
        {
            var run = new CountedRun(PartyCount, Threshold, _firstKing);
            program(run);
            _known.Add((operation, count, parameter, _firstKing), counted = new Counted(run.Cost, run.FirstKing, MessagesOf(run), [.. run.Requests]));
        }

        return counted;
    }

    /// <summary>What is made offline, and then the online messages.</summary>
    private static OperationMessages[] MessagesOf(CountedRun run) => [.. MessagesOf(run.OfflineSteps, isOffline: true), .. MessagesOf(run.Steps, isOffline: false)];

    /// <summary>Runs of steps that are cut into as many frames.</summary>
    private static List<OperationMessages> MessagesOf(IReadOnlyList<MessageStep> steps, bool isOffline)
    {
        var messages = new List<OperationMessages>();
        for (int first = 0; first < steps.Count;)
        {
            int parts = PartsOf(steps[first]);
            int end = first + 1;
            while (end < steps.Count && PartsOf(steps[end]) == parts)
            {
                end++;
            }

            messages.Add(new OperationMessages(parts, [.. steps.Skip(first).Take(end - first)]) { IsOffline = isOffline });
            first = end;
        }

        return messages;

        static int PartsOf(MessageStep step) => OperationMessages.PartsOf(step.Messages.Max(message => message.Bytes) / sizeof(ulong));
    }

    /// <summary>An operation as it was counted.</summary>
    /// <param name="Cost">Its cost.</param>
    /// <param name="NextKing">Who opens first in the next.</param>
    /// <param name="Messages">Who sends what.</param>
    /// <param name="Requests">What is used up.</param>
    private sealed record Counted(OperationCost Cost, int NextKing, OperationMessages[] Messages, RandomnessRequest[] Requests);
}
