using SecureTransformer.Protocols.Estimates;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>
/// A dry run: the waist without any data, which adds up what a protocol declares for each operation, by scope.
/// A program run on it tells its bytes and rounds before anything is sent, at the price of its control flow.
/// </summary>
/// <remarks>
/// Bytes are exact. <see cref="Total"/> has the rounds of the operations one after another; where a message does not wait for the one before, a run needs fewer, and
/// <see cref="ToRun"/> plays the messages through.
/// </remarks>
public abstract class EstimatingSession : MpcSession
{
    private readonly Dictionary<string, OperationCost> _byScope = [];
    private readonly List<string> _order = [];
    private readonly List<EstimatedOperation> _operations = [];
    private readonly MemoryAccount _memory;
    private double _local;

    /// <summary>Begins a dry run of a protocol of so many parties, by itself or under another one.</summary>
    protected EstimatingSession(int partyCount, SessionOptions options, EstimatingSession? parent = null)
        : base(0, partyCount, options, parent) => _memory = parent?._memory ?? new MemoryAccount();

    /// <summary>Stays at zero: nothing is sent.</summary>
    public override TrafficMeter Meter { get; } = new();

    /// <summary>What each scope costs, without the scopes in it, in the order in which they first cost something; "" outside named scopes.</summary>
    public IReadOnlyList<KeyValuePair<string, OperationCost>> ByScope => [.. _order.Select(scope => KeyValuePair.Create(scope, _byScope[scope]))];

    /// <summary>What everything costs so far, over all parties.</summary>
    public OperationCost Total => _byScope.Values.Aggregate(default(OperationCost), (sum, cost) => sum + cost);

    /// <summary>The number of operations so far.</summary>
    public int OperationCount => _operations.Count;

    /// <inheritdoc/>
    protected override int Components => 0;

    /// <summary>The number of word arrays that a party of the protocol keeps of each secret.</summary>
    protected virtual int ShareComponents => 1;

    /// <summary>The number of word arrays that a party of the protocol keeps of each secret tensor of bits.</summary>
    private protected virtual int BitShareComponents => ShareComponents;

    /// <summary>Begins a dry run of a protocol.</summary>
    /// <exception cref="ArgumentException">The protocol sends nothing, so there is nothing to estimate; or it does not run between so many parties, or not with this threshold.</exception>
    /// <param name="protocol">The protocol.</param>
    /// <param name="options">Fixed-point format, and the threshold where one chooses it; by default that of the dry run above.</param>
    /// <param name="parties">The number of parties, where the protocol does not fix it; by default its smallest.</param>
    /// <param name="parent">A dry run of the same protocol whose placeholders, such as weights, this one may read.</param>
    public static EstimatingSession Create(MpcProtocol protocol, SessionOptions? options = null, int? parties = null, EstimatingSession? parent = null) => protocol switch
    {
        MpcProtocol.Replicated3 => new ReplicatedEstimate(options ?? new SessionOptions(), parent),
        MpcProtocol.Additive => new AdditiveEstimate(MpcProtocols.PartyCountOf(protocol, parties), options ?? new SessionOptions(), parent),
        MpcProtocol.Shamir => new ShamirEstimate(MpcProtocols.PartyCountOf(protocol, parties), options ?? new SessionOptions(), parent),
        MpcProtocol.PlaintextFloat64 or MpcProtocol.PlaintextFixedPoint => throw new ArgumentException($"{protocol} has one party and sends nothing.", nameof(protocol)),
        _ => throw new ArgumentException($"There are no estimates for {protocol}.", nameof(protocol)),
    };

    /// <summary>A tensor of a shape, for a program's input.</summary>
    public SecretTensor Placeholder(TensorShape shape, int? fractionalBits = null) => Allocate(shape, fractionalBits ?? FractionalBits);

    /// <summary>What has been counted so far, to be played through.</summary>
    public EstimatedRun ToRun() => new(PartyCount, [.. _operations], _memory.PeakPool, _memory.Matrices);

    /// <summary>Counts a client's input of so many values.</summary>
    public void CountImport(int count) => RecordImport(count, areOneHot: false);

    /// <summary>Counts a client's input of rows with one 1, of so many values in all, as <see cref="MpcSession.ImportOneHotAsync"/> takes it.</summary>
    public void CountImportOneHot(int count) => RecordImport(count, areOneHot: true);

    /// <summary>Counts an answer of so many values to a client.</summary>
    public void CountExport(int count) => RecordExport(count);

    /// <summary>Counts a client's word to all parties, of which only the way counts.</summary>
    public void CountWord() => Record(
        default, new OperationMessages(1, new MessageStep([.. Enumerable.Range(0, PartyCount).Select(party => new Message(PartyCount, party, 0))])));

    /// <summary>Counts local operations that no other followed.</summary>
    internal void CountLocal() => Record(default, OperationMessages.None);

    /// <summary>Gives back what a pool would keep for later, as <see cref="MpcSession.Trim"/> does.</summary>
    public void TrimPool() => _memory.Trim();

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
        Count(CostOfImport(CountOf(result)), ImportMessages(CountOf(result)), new Work(WorkKind.Import, CountOf(result)));

    /// <inheritdoc/>
    protected override ValueTask ExportCoreAsync(IChannel destination, SecretTensor x, CancellationToken cancellationToken)
    {
        RecordExport(CountOf(x));
        return ValueTask.CompletedTask;
    }

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
    protected ValueTask Count(OperationCost cost) => Count(cost, OperationMessages.AllToAll(PartyCount, cost.Rounds, cost.Bytes));

    /// <summary>The frames of a client's input: words to the first party, seeds to the others.</summary>
    private protected virtual OperationMessages ImportMessages(int count) => new(
        OperationMessages.PartsOf(count),
        new MessageStep([.. Enumerable.Range(0, PartyCount).Select(party => new Message(PartyCount, party, party == 0 ? (long)count * sizeof(ulong) : 16))]));

    /// <summary>The frames of an answer to a client: words from each party.</summary>
    private protected virtual OperationMessages ExportMessages(int count) => new(
        OperationMessages.PartsOf(count),
        new MessageStep([.. Enumerable.Range(0, PartyCount).Select(party => new Message(party, PartyCount, (long)count * sizeof(ulong)))]));

    /// <summary>Records a client's input.</summary>
    private protected virtual void RecordImport(int count, bool areOneHot) =>
        Record(CostOfImport(count), ImportMessages(count), new Work(WorkKind.Splitting, count), new Work(WorkKind.Import, count));

    /// <summary>Records an answer to a client.</summary>
    private protected virtual void RecordExport(int count) => Record(CostOfExport(count), ExportMessages(count));

    /// <inheritdoc/>
    private protected override Action AccountFor(int words, bool areBits)
    {
        _local += words;
        return _memory.Rent(words, areBits ? BitShareComponents : ShareComponents);
    }

    /// <summary>Counts the memory of a tensor of so many words a component as a matrix's, until that is disposed.</summary>
    private protected IDisposable AccountKept(IDisposable matrix, long words)
    {
        long bytes = Numerics.SecretBufferPool.BytesFor(words) * ShareComponents;
        _memory.Keep(bytes);
        return new Counted(() =>
        {
            _memory.Keep(-bytes);
            matrix.Dispose();
        });
    }

    /// <summary>Counts an arranged matrix of so many words a component, until it is disposed.</summary>
    private protected IDisposable AccountMatrix(long words)
    {
        long bytes = words * sizeof(ulong) * ShareComponents;
        _memory.Pack(bytes);
        return new Counted(() => _memory.Pack(-bytes));
    }

    /// <summary>Counts a cost to the current scope, with what is sent and computed.</summary>
    private protected void Record(OperationCost cost, OperationMessages messages, params Work[] work)
    {
        string scope = ScopeName ?? "";
        _operations.Add(new EstimatedOperation(scope, cost, messages, [.. work, new Work(WorkKind.Local, _local)]));
        _local = 0;
        if (!_byScope.TryGetValue(scope, out OperationCost known))
        {
            _order.Add(scope);
        }

        _byScope[scope] = known + cost;
    }

    /// <summary>The same, for an operation that is done.</summary>
    private protected ValueTask Count(OperationCost cost, OperationMessages messages, params Work[] work)
    {
        Record(cost, messages, work);
        return ValueTask.CompletedTask;
    }

    /// <summary>Something that is counted while it is not disposed.</summary>
    private sealed class Counted(Action end) : IDisposable
    {
        private Action? _end = end;

        public void Dispose() => Interlocked.Exchange(ref _end, null)?.Invoke();
    }
}
