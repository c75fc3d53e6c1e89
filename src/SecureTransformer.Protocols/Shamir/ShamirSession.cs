using System.Security.Cryptography;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Shamir;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>
/// Three to sixteen parties, of which any t, less than half, may be semi-honest and collude: numbers as Shamir's sharings of degree t over F_p with p = 2^127 - 1, bits over
/// the smallest GF(2^d) that has a point for each party. The parties make all correlated randomness themselves.
/// </summary>
/// <remarks>
/// Ben-Or, Goldwasser, Wigderson 1988; products after Damgaard and Nielsen 2007 (CRYPTO); truncation after Catrina and Saxena 2010 (FC, protocol 3.1, TruncPr) with masks of
/// known parts in the manner of edaBits (Escudero et al. 2020, eprint 2020/338). See docs/protocols/shamir.md for formulas, costs and arguments.
/// </remarks>
public sealed partial class ShamirSession : MpcSession
{
    /// <summary>The protocol in the handshake; the number counts changes of what parties send.</summary>
    private const string Messages = "shamir, messages 1";

    private readonly ChannelSet _channels;
    private readonly PairwiseRandomness?[] _pairs;
    private readonly PairwiseRandomness _own;
    private readonly Task[] _late;
    private readonly PrimeLanes _numbers = new();
    private readonly BitLanes _bits;
    private readonly Committee _numberCommittee;
    private readonly Committee _bitCommittee;

    private ShamirSession(ChannelSet channels, int threshold, SessionOptions options, ShamirSession? parent, PairwiseRandomness?[] pairs)
        : base(channels.PartyId, channels.PartyCount, options, parent)
    {
        _channels = channels;
        _pairs = pairs;
        _late = [.. Enumerable.Repeat(Task.CompletedTask, channels.PartyCount)];
        Threshold = threshold;
        ShareEpoch = options.ShareEpoch ?? parent?.ShareEpoch;
        byte[] key = RandomNumberGenerator.GetBytes(PairwiseRandomness.KeySize);
        _own = new PairwiseRandomness(key);
        CryptographicOperations.ZeroMemory(key);
        _bits = BitLanes.For(channels.PartyCount);
        _stored = options.Material is { } store ? new StoredRandomness(channels, store, Pool, _bits.Words) : null;
        _numberCommittee = new Committee(_numbers, channels.PartyCount, threshold);
        _bitCommittee = new Committee(_bits, channels.PartyCount, threshold);
    }

    /// <summary>The smallest number of parties.</summary>
    public const int MinParties = 3;

    /// <summary>The largest number of parties.</summary>
    public const int MaxParties = 16;

    /// <inheritdoc/>
    public override string Protocol => "shamir";

    /// <inheritdoc/>
    public override TrafficMeter Meter => _channels.Meter;

    /// <summary>The number of parties, t, that together learn nothing.</summary>
    public int Threshold { get; }

    /// <summary>The epoch of the shares that are restored here; null for such as an owner handed out, of no epoch with a name.</summary>
    public ShareEpoch? ShareEpoch { get; }

    /// <inheritdoc/>
    protected override int Components => 1;

    /// <inheritdoc/>
    protected override int WordsPerElement => Mersenne127.WordCount;

    /// <inheritdoc/>
    protected override int BitComponents => _bits.Words;

    /// <summary>Opens a session over channels to the other parties: compares what must agree and makes pairwise keys. Two rounds. The session owns the channels.</summary>
    /// <param name="channels">Channels between three to sixteen parties.</param>
    /// <param name="options">Fixed-point format, threshold and resources.</param>
    /// <param name="parent">A session of the same party whose secrets this one may read; it must outlive this one.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ArgumentException">There are too few or too many parties, the session above is of another protocol, or the stored material is another party's.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The threshold is none that so many parties can have.</exception>
    /// <exception cref="ProtocolException">A party describes the session otherwise.</exception>
    public static async Task<ShamirSession> OpenAsync(
        ChannelSet channels, SessionOptions? options = null, MpcSession? parent = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(channels);
        options ??= new SessionOptions();
        options.Validate();
        ShamirSession? above = parent as ShamirSession ?? (parent is null ? null : throw new ArgumentException("The session above is of another protocol.", nameof(parent)));
        if (channels.PartyCount is < MinParties or > MaxParties)
        {
            throw new ArgumentException($"Shamir's sharing has {MinParties} to {MaxParties} parties; there are {channels.PartyCount}.", nameof(channels));
        }

        int threshold = MpcProtocols.ThresholdOf(MpcProtocol.Shamir, channels.PartyCount, options.Threshold ?? above?.Threshold);
        if (above is not null && above.Threshold != threshold)
        {
            throw new ArgumentException($"The session above has the threshold {above.Threshold}, this one {threshold}.", nameof(parent));
        }

        if (options.ShareEpoch is { } epoch && (epoch.Parties != channels.PartyCount || epoch.Threshold != threshold))
        {
            throw new ArgumentException(
                $"The kept shares are of {epoch.Parties} parties with the threshold {epoch.Threshold}; the session has {channels.PartyCount} with {threshold}.", nameof(options));
        }

        if (options.Material?.Description is { } stored
            && (stored.Threshold != threshold || stored.PartyCount != channels.PartyCount || stored.Party != channels.PartyId || stored.FractionalBits != options.FractionalBits))
        {
            throw new ArgumentException(
                stored.HasDealer
                    ? "The stored material is for additive sharing, this session is of Shamir's."
                    : $"The stored material is that of party {stored.Party} of {stored.PartyCount} with the threshold {stored.Threshold} and {stored.FractionalBits} fractional bits; " +
                      $"this is party {channels.PartyId} of {channels.PartyCount} with {threshold} and {options.FractionalBits}.",
                nameof(options));
        }

        await SessionHandshake.RunAsync(channels, channels.PartyCount, Messages, "", options, cancellationToken, threshold).ConfigureAwait(false);
        PairwiseRandomness?[] pairs = await PairwiseKeys.AgreeAsync(channels, channels.PartyCount, cancellationToken).ConfigureAwait(false);
        channels.Meter.Phase = TrafficPhase.Online;
        return new ShamirSession(channels, threshold, options, above, pairs);
    }

    /// <inheritdoc/>
    protected override void AbortCore(string reason) => _channels.Abort(reason);

    /// <inheritdoc/>
    protected override async ValueTask DisposeCoreAsync()
    {
        foreach (PairwiseRandomness? pair in _pairs)
        {
            pair?.Dispose();
        }

        _own.Dispose();
        await _channels.DisposeAsync().ConfigureAwait(false);
        await base.DisposeCoreAsync().ConfigureAwait(false);
        _stored?.Dispose();
    }
}
