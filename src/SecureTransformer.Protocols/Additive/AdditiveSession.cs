using System.Security.Cryptography;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Additive;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Stored;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>
/// Two to eight parties, of which all but one may be semi-honest and collude, over Z_2^64: x is the sum of one share a party, a bit the XOR. Correlated randomness
/// comes from a dealer who sees no data and must collude with no party.
/// </summary>
/// <remarks>
/// Beaver 1991; SecureML (Mohassel, Zhang 2017); truncation after Escudero et al. 2020 (eprint 2020/338, section 5.1). See docs/protocols/additive.md.
/// What is opened between the parties is always masked by a share that its sender alone, and the dealer, know.
/// </remarks>
public sealed partial class AdditiveSession : RingSession
{
    /// <summary>Words that local kernels work on at a time, so that temporaries stay in the first-level cache.</summary>
    private const int Block = 1024;

    private readonly ChannelSet _channels;
    private readonly MaterialSource _material;
    private readonly MatrixMaskKeys _maskKeys;
    private readonly PairwiseRandomness?[] _pairs;

    private AdditiveSession(
        ChannelSet channels, int parties, SessionOptions options, AdditiveSession? parent, MaterialSource material, MatrixMaskKeys maskKeys, PairwiseRandomness?[] pairs)
        : base(channels.PartyId, parties, options, parent)
    {
        _channels = channels;
        Peers = [.. Enumerable.Range(0, parties).Where(peer => peer != channels.PartyId).Select(peer => channels[peer])];
        _material = material;
        _maskKeys = maskKeys;
        _pairs = pairs;
    }

    /// <summary>The smallest number of parties, without the dealer.</summary>
    public const int MinParties = 2;

    /// <summary>The largest number of parties, without the dealer.</summary>
    public const int MaxParties = 8;

    /// <inheritdoc/>
    public override string Protocol => "additive";

    /// <inheritdoc/>
    public override TrafficMeter Meter => _channels.Meter;

    /// <inheritdoc/>
    protected override int Components => 1;

    /// <inheritdoc/>
    protected override int ConstantComponent => PartyId == 0 ? 0 : -1;

    /// <summary>The channels to all other parties.</summary>
    private IChannel[] Peers { get; }

    /// <summary>
    /// Opens a session over channels to the other parties and, at the last place, the dealer: compares what must agree, makes pairwise keys and sends the dealer a seed. With
    /// stored material there is no dealer. The session owns the channels.
    /// </summary>
    /// <param name="channels">Channels between two to eight parties and the dealer, who runs <see cref="Dealer.ServeAsync"/>.</param>
    /// <param name="options">Fixed-point format and resources.</param>
    /// <param name="parent">A session of the same party whose secrets this one may read; it must outlive this one.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ArgumentException">There are fewer than two parties or more than eight, this place is the dealer's, or the stored material is another party's.</exception>
    /// <exception cref="ProtocolException">A party or the dealer describes the session otherwise, or the stored material is spent.</exception>
    /// <exception cref="InvalidDataException">The stored material is damaged.</exception>
    public static async Task<AdditiveSession> OpenAsync(
        ChannelSet channels, SessionOptions? options = null, MpcSession? parent = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(channels);
        options ??= new SessionOptions();
        options.Validate();
        AdditiveSession? above = parent as AdditiveSession ?? (parent is null ? null : throw new ArgumentException("The session above is of another protocol.", nameof(parent)));
        int parties = RequirePlaces(channels, options, above);
        await SessionHandshake.RunAsync(channels, parties, "additive, messages 2", "", options, cancellationToken).ConfigureAwait(false);
        PairwiseRandomness?[] pairs = await PairwiseKeys.AgreeAsync(channels, parties, cancellationToken).ConfigureAwait(false);
        (MaterialSource material, MatrixMaskKeys maskKeys) = options.Material is { } store
            ? await OpenStoredAsync(channels, options, store, above, cancellationToken).ConfigureAwait(false)
            : await OpenDealtAsync(channels, options, above, cancellationToken).ConfigureAwait(false);
        if (options.Plan is { } plan)
        {
            plan.Levels = maskKeys.Levels;
        }

        if (channels.Meter.Phase == TrafficPhase.Setup)
        {
            channels.Meter.Phase = TrafficPhase.Online;
        }

        return new AdditiveSession(channels, parties, options, above, material, maskKeys, pairs);
    }

    private static int RequirePlaces(ChannelSet channels, SessionOptions options, AdditiveSession? above)
    {
        int parties = channels.PartyCount - (options.Material is null ? 1 : 0);
        if (parties is < MinParties or > MaxParties || channels.PartyId == parties)
        {
            throw new ArgumentException(
                $"Additive sharing has {MinParties} to {MaxParties} parties and, without stored material, a dealer at the last place; this is place {channels.PartyId} of {channels.PartyCount}.",
                nameof(channels));
        }

        if (options.Material is { Description.HasDealer: false })
        {
            throw new ArgumentException("The stored material is for Shamir's sharing, this session is of additive sharing.", nameof(options));
        }

        if (options.Material?.Description is { } stored
            && (stored.PartyCount != parties || stored.Party != channels.PartyId || stored.FractionalBits != options.FractionalBits))
        {
            throw new ArgumentException(
                $"The stored material is that of party {stored.Party} of {stored.PartyCount} with {stored.FractionalBits} fractional bits; this is party {channels.PartyId} of {parties} with {options.FractionalBits}.",
                nameof(options));
        }

        // The masks of the matrices above come from there.
        return above is null || ReferenceEquals(above.Options.Material, options.Material)
            ? parties
            : throw new ArgumentException("A session takes material from where the session above it does: from the same store, or from a dealer.", nameof(options));
    }

    private static async ValueTask<(MaterialSource Material, MatrixMaskKeys MaskKeys)> OpenDealtAsync(
        ChannelSet channels, SessionOptions options, AdditiveSession? above, CancellationToken cancellationToken)
    {
        await SessionHandshake.RunWithDealerAsync(channels, cancellationToken).ConfigureAwait(false);
        IChannel dealer = channels[channels.PartyCount - 1];
        byte[] seed = RandomNumberGenerator.GetBytes(PairwiseRandomness.KeySize);
        byte[] matrixKey = RandomNumberGenerator.GetBytes(PairwiseRandomness.KeySize);
        var maskKeys = new MatrixMaskKeys(above?._maskKeys, matrixKey);
        DealtMaterial.SendSeeds(dealer, seed, maskKeys);
        var material = new DealtMaterial(channels.PartyId == 0, dealer, seed, options.Plan);
        CryptographicOperations.ZeroMemory(seed);
        CryptographicOperations.ZeroMemory(matrixKey);
        return (material, maskKeys);
    }

    private static async ValueTask<(MaterialSource Material, MatrixMaskKeys MaskKeys)> OpenStoredAsync(
        ChannelSet channels, SessionOptions options, MaterialStore store, AdditiveSession? above, CancellationToken cancellationToken)
    {
        var material = new StoredMaterial(channels, store, 1 + (above?._maskKeys.Levels ?? 0), options.Plan);
        if (above is null)
        {
            return (material, new MatrixMaskKeys(null, store.WeightsKey, store.Tags));
        }

        try
        {
            RunSecret run = await material.TakeAsync(cancellationToken).ConfigureAwait(false);
            return (material, new MatrixMaskKeys(above._maskKeys, run.MatrixKey));
        }
        catch
        {
            await material.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <inheritdoc/>
    protected override void AbortCore(string reason) => _channels.Abort(reason);

    /// <inheritdoc/>
    protected override async ValueTask DisposeCoreAsync()
    {
        ForgetMatrices();
        foreach (PairwiseRandomness? pair in _pairs)
        {
            pair?.Dispose();
        }

        _maskKeys.Dispose();
        await _material.DisposeAsync().ConfigureAwait(false);
        await _channels.DisposeAsync().ConfigureAwait(false);
        await base.DisposeCoreAsync().ConfigureAwait(false);
    }
}
