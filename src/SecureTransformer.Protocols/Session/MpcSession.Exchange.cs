using System.Security.Cryptography;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>Input and output.</content>
public abstract partial class MpcSession
{
    /// <summary>The operation number of the frames in which parties tell each other their shares of opened numbers, as <see cref="ChannelFaults"/> and observers of frames see it.</summary>
    public const ushort RevealOperation = Operations.Reveal;

    private readonly List<PartyFault> _faults = [];

    /// <summary>Shares values that one party holds.</summary>
    /// <param name="owner">The party that holds the values.</param>
    /// <param name="shape">The public shape.</param>
    /// <param name="values">The values, row-major, at the owner; ignored elsewhere.</param>
    /// <param name="fractionalBits">The fractional bits of the encoding; by default the session's.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>Nobody learns anything but the shape.</remarks>
    /// <exception cref="ArgumentException">The owner's number of values is not that of the shape.</exception>
    /// <exception cref="OverflowException">A value is outside the range of the encoding.</exception>
    public async ValueTask<SecretTensor> InputAsync(
        int owner, TensorShape shape, ReadOnlyMemory<double> values, int? fractionalBits = null, CancellationToken cancellationToken = default)
    {
        RequireInput(owner, shape, values);
        SecretTensor result = Allocate(shape, fractionalBits ?? FractionalBits);
        await InPhaseAsync(TrafficPhase.Input, "input", shape.Count, ct => Done(InputCoreAsync(owner, values, result, ct)), cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>Shares values that one party holds, each row (along the last axis) in a fresh random order that this party does not know.</summary>
    /// <param name="owner">The party that holds the values.</param>
    /// <param name="shape">The public shape, of at least one axis.</param>
    /// <param name="values">The values, row-major, at the owner; ignored elsewhere.</param>
    /// <param name="fractionalBits">The fractional bits of the encoding; by default the session's.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>
    /// Orders are uniform, and independent of all else and of each other. Nobody but the owner learns anything of the values, and the owner nothing of the orders; the
    /// other parties may know the orders. A session of one party draws orders too, which hides nothing there.
    /// </remarks>
    /// <exception cref="ArgumentException">The shape has no axis, or the owner's number of values is not that of the shape.</exception>
    /// <exception cref="OverflowException">A value is outside the range of the encoding.</exception>
    /// <exception cref="NotSupportedException">The protocol has no such operation.</exception>
    public async ValueTask<SecretTensor> InputShuffledAsync(
        int owner, TensorShape shape, ReadOnlyMemory<double> values, int? fractionalBits = null, CancellationToken cancellationToken = default)
    {
        if (shape.Rank == 0)
        {
            throw new ArgumentException("A shape without an axis has no rows to shuffle.", nameof(shape));
        }

        RequireInput(owner, shape, values);
        SecretTensor result = Allocate(shape, fractionalBits ?? FractionalBits);
        await InPhaseAsync(TrafficPhase.Input, "shuffled input", shape.Count, ct => Done(InputShuffledCoreAsync(owner, values, result, ct)), cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>
    /// The parties that this one put opened values together without, in the order in which they were noticed: those whose shares were wrong, late or missing. Always empty where a
    /// protocol needs the shares of all, and a wrong one cannot be told.
    /// </summary>
    public IReadOnlyList<PartyFault> Faults => _faults;

    /// <summary>Opens a tensor to all parties.</summary>
    /// <remarks>Every party learns the values, and with them the low bits that truncations rounded at random.</remarks>
    public async ValueTask<double[]> RevealAsync(SecretTensor x, CancellationToken cancellationToken = default)
    {
        Require(x);
        return (await InPhaseAsync(TrafficPhase.Output, "reveal", x.Shape.Count, ct => RevealCoreAsync(x, null, ct), cancellationToken).ConfigureAwait(false))!;
    }

    /// <summary>Opens a tensor to one party; the others get null and learn nothing.</summary>
    public ValueTask<double[]?> RevealToAsync(SecretTensor x, int party, CancellationToken cancellationToken = default)
    {
        Require(x);
        ArgumentOutOfRangeException.ThrowIfNegative(party);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(party, PartyCount);
        return InPhaseAsync(TrafficPhase.Output, "reveal", x.Shape.Count, ct => RevealCoreAsync(x, party, ct), cancellationToken);
    }

    /// <summary>Opens bits to all parties.</summary>
    public ValueTask<bool[]> RevealAsync(SecretBits x, CancellationToken cancellationToken = default)
    {
        Require(x);
        return InPhaseAsync(TrafficPhase.Output, "reveal", x.Shape.Count, ct => RevealCoreAsync(x, ct), cancellationToken);
    }

    /// <summary>Receives this party's shares of a tensor from a client or a model owner who is no party; see <see cref="ShareCodec"/>.</summary>
    /// <remarks>Nobody but the sender learns anything but the shape.</remarks>
    public async ValueTask<SecretTensor> ImportAsync(IChannel source, TensorShape shape, int? fractionalBits = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        SecretTensor result = Allocate(shape, fractionalBits ?? FractionalBits);
        await InPhaseAsync(TrafficPhase.Input, "import", shape.Count, ct => Done(ImportCoreAsync(source, result, ct)), cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>Receives shares as <see cref="ImportAsync"/> does, of rows (along the last axis) with one 1 among zeros, and checks that they are, where the protocol can.</summary>
    /// <remarks>
    /// Where a protocol does not check, other rows give the sender what a model makes of other combinations of its embeddings. Where values out of range would be seen, as in Shamir's sharing,
    /// it checks.
    /// </remarks>
    /// <exception cref="ProtocolException">A row is no such row.</exception>
    public async ValueTask<SecretTensor> ImportOneHotAsync(IChannel source, TensorShape shape, CancellationToken cancellationToken = default)
    {
        SecretTensor result = await ImportAsync(source, shape, 0, cancellationToken).ConfigureAwait(false);
        await InPhaseAsync(TrafficPhase.Input, "one-hot", shape.Count, ct => Done(RequireOneHotCoreAsync(source, result, ct)), cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>Sends this party's freshly masked share of a tensor to a client who is no party; see <see cref="ShareCodec"/>.</summary>
    /// <remarks>The client alone learns the values.</remarks>
    public ValueTask ExportAsync(IChannel destination, SecretTensor x, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(destination);
        Require(x);
        return new ValueTask(InPhaseAsync(TrafficPhase.Output, "export", x.Shape.Count, ct => Done(ExportCoreAsync(destination, x, ct)), cancellationToken).AsTask());
    }

    /// <summary>Goes on only when all parties have the same public bytes: what a client told each of them, for example.</summary>
    /// <param name="what">What the bytes are, for the message.</param>
    /// <param name="value">The bytes; the parties compare digests.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>One round.</remarks>
    /// <exception cref="ProtocolException">A party has other bytes; the message names it, and never the bytes.</exception>
    public async ValueTask AgreeAsync(string what, ReadOnlyMemory<byte> value, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(what);
        byte[] digest = SHA256.HashData(value.Span);
        await InPhaseAsync(TrafficPhase.Input, "agree", 0, ct => Done(AgreeCoreAsync(what, digest, ct)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Evaluates a function on every element, in the way best for the protocol: by default the function's own.</summary>
    /// <exception cref="ArgumentException">The tensor's fractional bits do not suit the function.</exception>
    public ValueTask<SecretTensor> EvaluateAsync(SecretFunction function, SecretTensor x, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(function);
        Require(x);
        return ComposeAsync(function.Name, () => EvaluateCoreAsync(function, x, cancellationToken));
    }

    /// <summary>Adds a party to <see cref="Faults"/>, unless it is there in the same way already.</summary>
    private protected void Note(PartyFault fault)
    {
        if (!_faults.Exists(known => known.Party == fault.Party && known.Kind == fault.Kind))
        {
            _faults.Add(fault);
        }
    }

    /// <summary>Compares a digest with all other parties.</summary>
    protected abstract ValueTask AgreeCoreAsync(string what, ReadOnlyMemory<byte> digest, CancellationToken cancellationToken);

    /// <summary>Fills the result with shares of the owner's values.</summary>
    protected abstract ValueTask InputCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken);

    /// <summary>
    /// Fills the result with shares of the owner's values, each row of the last axis in an order of which the owner learns nothing; a protocol without a way to do so
    /// leaves this as it is.
    /// </summary>
    protected virtual ValueTask InputShuffledCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"The protocol {Protocol} has no shuffled input.");

    /// <summary>Opens x to one party, or to all when <paramref name="party"/> is null; the values at those who learn them, else null.</summary>
    protected abstract ValueTask<double[]?> RevealCoreAsync(SecretTensor x, int? party, CancellationToken cancellationToken);

    /// <summary>Opens bits to all.</summary>
    protected abstract ValueTask<bool[]> RevealCoreAsync(SecretBits x, CancellationToken cancellationToken);

    /// <summary>Fills the result with shares sent by the protocol's <see cref="ShareCodec"/>.</summary>
    protected abstract ValueTask ImportCoreAsync(IChannel source, SecretTensor result, CancellationToken cancellationToken);

    /// <summary>Refuses shares from a sender that are not of rows with one 1 among zeros. By default nothing is checked.</summary>
    protected virtual ValueTask RequireOneHotCoreAsync(IChannel source, SecretTensor x, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Sends shares as the protocol's <see cref="ShareCodec"/> expects them.</summary>
    protected abstract ValueTask ExportCoreAsync(IChannel destination, SecretTensor x, CancellationToken cancellationToken);

    /// <summary>Evaluates a function; a protocol with a better way than the function's own overrides this.</summary>
    protected virtual ValueTask<SecretTensor> EvaluateCoreAsync(SecretFunction function, SecretTensor x, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(function);
        return function.EvaluateAsync(this, x, cancellationToken);
    }

    private void RequireInput(int owner, TensorShape shape, ReadOnlyMemory<double> values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(owner);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(owner, PartyCount);
        if (owner == PartyId && values.Length != shape.Count)
        {
            throw new ArgumentException($"{values.Length} values for the shape {shape}, which has {shape.Count}.", nameof(values));
        }
    }

    private async ValueTask<T> InPhaseAsync<T>(
        TrafficPhase phase, string operation, long elements, Func<CancellationToken, ValueTask<T>> core, CancellationToken cancellationToken)
    {
        TrafficPhase before = Meter.Phase;
        Meter.Phase = before == TrafficPhase.Setup ? before : phase;
        try
        {
            return await RunAsync(operation, elements, 0, core, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            Meter.Phase = before;
        }
    }
}
