using System.Security.Cryptography;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Replicated;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>
/// Three parties, of which one may be semi-honest, over Z_2^64: x = x0 + x1 + x2, and party i holds (x_i, x_{i+1}).
/// </summary>
/// <remarks>
/// Araki et al. 2016 (CCS); ABY3 (Mohassel, Rindal 2018); truncation after Escudero et al. 2020 (eprint 2020/338, section 5.1).
/// See docs/protocols for formulas, costs and arguments. Parties share pairwise keys, fresh for each session, and make zero shares from them without communication.
/// </remarks>
public sealed partial class ReplicatedSession : RingSession
{
    /// <summary>The least elements of a simple operation that are worth a thread.</summary>
    private const int Grain = 2048;

    /// <summary>
    /// The protocol in the handshake. The number counts changes, between releases, of what parties send or of where in the streams masks stand, so that parties that differ in them
    /// refuse each other.
    /// </summary>
    private const string Messages = "replicated, messages 3";

    private readonly ChannelSet _channels;
    private readonly PairwiseRandomness _withNext;
    private readonly PairwiseRandomness _withPrevious;

    private ReplicatedSession(ChannelSet channels, SessionOptions options, MpcSession? parent, ReadOnlySpan<byte> keyWithNext, ReadOnlySpan<byte> keyWithPrevious)
        : base(channels.PartyId, channels.PartyCount, options, parent)
    {
        _channels = channels;
        _withNext = new PairwiseRandomness(keyWithNext);
        _withPrevious = new PairwiseRandomness(keyWithPrevious);
    }

    /// <summary>The number of parties of the protocol.</summary>
    public const int Parties = 3;

    /// <inheritdoc/>
    public override string Protocol => "replicated";

    /// <inheritdoc/>
    public override TrafficMeter Meter => _channels.Meter;

    /// <inheritdoc/>
    protected override int Components => 2;

    /// <inheritdoc/>
    protected override int ConstantComponent => PartyId switch { 0 => 0, 2 => 1, _ => -1 };

    private IChannel Next => _channels[(PartyId + 1) % Parties];

    private IChannel Previous => _channels[(PartyId + 2) % Parties];

    /// <summary>Opens a session over channels to the two other parties: compares what must agree and makes pairwise keys. Two rounds. The session owns the channels.</summary>
    /// <param name="channels">Channels between three parties.</param>
    /// <param name="options">Fixed-point format and resources.</param>
    /// <param name="parent">A session of the same party whose secrets this one may read; it must outlive this one.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ArgumentException">The number of parties is not three.</exception>
    /// <exception cref="ProtocolException">A party describes the session otherwise.</exception>
    public static async Task<ReplicatedSession> OpenAsync(
        ChannelSet channels, SessionOptions? options = null, MpcSession? parent = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(channels);
        options ??= new SessionOptions();
        options.Validate();
        if (channels.PartyCount != Parties)
        {
            throw new ArgumentException($"Replicated sharing has three parties; the network has {channels.PartyCount}.", nameof(channels));
        }

        await SessionHandshake.RunAsync(channels, Parties, Messages, AddendKernels.Digest, options, cancellationToken).ConfigureAwait(false);
        IChannel next = channels[(channels.PartyId + 1) % Parties];
        IChannel previous = channels[(channels.PartyId + 2) % Parties];
        byte[] mine = RandomNumberGenerator.GetBytes(PairwiseRandomness.KeySize);
        FrameBuffer key = next.Rent(PairwiseRandomness.KeySize);
        mine.CopyTo(key.Span);
        next.Send(key, Operations.Keys);
        using FrameBuffer theirs = await previous.ReceiveAsync(Operations.Keys, PairwiseRandomness.KeySize, cancellationToken).ConfigureAwait(false);
        var session = new ReplicatedSession(channels, options, parent, mine, theirs.Span);
        CryptographicOperations.ZeroMemory(mine);
        theirs.Span.Clear();
        if (channels.Meter.Phase == TrafficPhase.Setup)
        {
            channels.Meter.Phase = TrafficPhase.Online;
        }

        return session;
    }

    /// <summary>Works on the elements of a frame with the session's threads; see <see cref="ParallelRuns.Invoke"/>. Results and messages do not depend on how many there are.</summary>
    private void InParallel(int length, int grain, Action<int, int> body) => ParallelRuns.Invoke(Options.MaxDegreeOfParallelism, length, grain, body);

    /// <inheritdoc/>
    protected override void AbortCore(string reason) => _channels.Abort(reason);

    /// <inheritdoc/>
    protected override async ValueTask DisposeCoreAsync()
    {
        _withNext.Dispose();
        _withPrevious.Dispose();
        await _channels.DisposeAsync().ConfigureAwait(false);
        await base.DisposeCoreAsync().ConfigureAwait(false);
    }
}
