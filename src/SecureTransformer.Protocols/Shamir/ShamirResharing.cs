using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Shamir;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>
/// One place's end of a resharing: parties who keep Shamir's shares of tensors hand them on to others, or to themselves with fresh polynomials, with another number of parties and
/// another threshold if they like. Nobody learns anything, and the values stay the same exactly.
/// </summary>
/// <remarks>
/// <para>Desmedt and Jajodia 1997 (redistributing secret shares to new access structures); with the same parties, the renewal of Herzberg, Jarecki, Krawczyk and Yung 1995 (CRYPTO):
/// t + 1 old parties deal their shares, and the new ones combine what they are dealt with Lagrange's coefficients. Each batch is checked: a sum of its elements times powers of a
/// number drawn afterwards, opened under a mask, must lie on polynomials of the right degrees among the new parties and among the old. See docs/protocols/resharing.md.</para>
/// <para>All places call the same operations in the same order with the same names and counts. New shares may be used, and old ones erased, after <see cref="CompleteAsync"/>.</para>
/// </remarks>
public sealed partial class ShamirResharing : IAsyncDisposable
{
    /// <summary>The protocol in the handshake; the number counts changes of what parties send.</summary>
    private const string Messages = "resharing of shamir, messages 1";

    private readonly ChannelSet _channels;
    private readonly ResharingPlan _plan;
    private readonly ShareCommittee _old;
    private readonly ShareCommittee _new;
    private readonly ShareDealer _dealer;
    private readonly PrimeLanes _field = new();
    private readonly SecretBufferPool _pool = new();
    private readonly IncrementalHash _transcript = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private int _batches;
    private Task _running = Task.CompletedTask;
    private bool _disposed;
    private string? _over;

    private ShamirResharing(ChannelSet channels, ResharingPlan plan, ShareDealer dealer)
    {
        _channels = channels;
        _plan = plan;
        _dealer = dealer;
        _old = new ShareCommittee(plan.OldPlaces, plan.Epoch.Threshold);
        NewEpoch = plan.Epoch.Next(channels.SessionId, plan.NewPlaces.Count, ThresholdOf(plan));
        _new = new ShareCommittee(plan.NewPlaces.Select(place => (int?)place), NewEpoch.Threshold);
    }

    /// <summary>The epoch of the shares that the new parties get.</summary>
    public ShareEpoch NewEpoch { get; }

    /// <summary>The old party at this place; null where there is none.</summary>
    public int? OldParty => _old.PartyAt(_channels.PartyId);

    /// <summary>The new party at this place; null where there is none.</summary>
    public int? NewParty => _new.PartyAt(_channels.PartyId);

    /// <summary>Traffic and rounds of this place.</summary>
    public TrafficMeter Meter => _channels.Meter;

    /// <summary>The number of buffers of shares in use.</summary>
    public int OutstandingBuffers => _pool.OutstandingCount;

    /// <summary>Begins a resharing: compares what must agree and makes pairwise keys. Two rounds. The resharing owns the channels.</summary>
    /// <param name="channels">Channels between all places of the plan.</param>
    /// <param name="plan">Who hands on to whom.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ArgumentException">The plan contradicts itself, or has other places than there are.</exception>
    /// <exception cref="ProtocolException">A peer describes the resharing otherwise; the message names the field and the peer.</exception>
    public static async Task<ShamirResharing> OpenAsync(ChannelSet channels, ResharingPlan plan, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(channels);
        ArgumentNullException.ThrowIfNull(plan);
        plan.Validate(channels.PartyCount);
        await SessionHandshake.RunAsync(
            channels,
            Messages,
            [
                ("epoch of the old shares", plan.Epoch.ToString()),
                ("places of the old parties", string.Join(',', plan.OldPlaces.Select(place => place?.ToString(CultureInfo.InvariantCulture) ?? "none"))),
                ("places of the new parties", string.Join(',', plan.NewPlaces)),
                ("new threshold", ThresholdOf(plan).ToString(CultureInfo.InvariantCulture)),
                ("elements of a batch", plan.BatchElements.ToString(CultureInfo.InvariantCulture)),
            ],
            cancellationToken).ConfigureAwait(false);
        PairwiseRandomness?[] pairs = await PairwiseKeys.AgreeAsync(channels, channels.PartyCount, cancellationToken).ConfigureAwait(false);
        byte[] key = RandomNumberGenerator.GetBytes(PairwiseRandomness.KeySize);
        var dealer = new ShareDealer(channels, pairs, new PairwiseRandomness(key));
        CryptographicOperations.ZeroMemory(key);
        return new ShamirResharing(channels, plan, dealer);
    }

    /// <summary>Hands the shares of one tensor on.</summary>
    /// <param name="name">What the tensor is called, for messages; all places call it alike.</param>
    /// <param name="count">The number of its elements.</param>
    /// <param name="source">What this place kept of it, at a place of an old party; null elsewhere.</param>
    /// <param name="destination">Takes <see cref="ShareEpoch.ShareBytes"/> bytes of <see cref="NewEpoch"/>, at a place of a new party; null elsewhere.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the resharing.</param>
    /// <remarks>
    /// Four rounds a batch. Of t + 1 dealers each sends 16 bytes an element to n' - t' new parties, or to one less where it is one of them; and for a batch some elements more.
    /// What does not pass the check is not written.
    /// </remarks>
    /// <exception cref="ArgumentException">A source or destination is missing, or has no use at this place.</exception>
    /// <exception cref="InvalidDataException">The source is not what was kept.</exception>
    /// <exception cref="ProtocolException">Shares do not belong together, or a peer broke off; the message names the tensor.</exception>
    /// <exception cref="IOException">A peer is lost or silent.</exception>
    /// <exception cref="InvalidOperationException">The resharing has ended, or another operation has not.</exception>
    public ValueTask ReshareAsync(string name, int count, IShareReader? source, IShareWriter? destination, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        RequirePart(OldParty, source, nameof(source), "an old");
        RequirePart(NewParty, destination, nameof(destination), "a new");
        return RunAsync($"resharing '{name}'", async ct =>
        {
            _transcript.AppendData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{count} {name}\n")));
            for (int start = 0; start < count; start += _plan.BatchElements)
            {
                await ReshareBatchAsync(name, start, Math.Min(_plan.BatchElements, count - start), source, destination, ct).ConfigureAwait(false);
                _batches++;
            }
        }, cancellationToken);
    }

    /// <summary>
    /// Goes on when all places have reshared the same tensors, and every new party has its shares: from then on they may be used, and the old ones erased. One round.
    /// </summary>
    /// <param name="cancellationToken">Cancels; that leaves open whether the others go on.</param>
    /// <returns>The epoch of the new shares.</returns>
    /// <exception cref="ProtocolException">A place has reshared other tensors, or broke off.</exception>
    /// <exception cref="IOException">A peer is lost or silent.</exception>
    /// <exception cref="InvalidOperationException">The resharing has ended, or another operation has not.</exception>
    public async ValueTask<ShareEpoch> CompleteAsync(CancellationToken cancellationToken = default)
    {
        await RunAsync(
            "completing the resharing",
            ct => Agreement.CompareAsync(
                Enumerable.Range(0, _channels.PartyCount).Where(place => place != _channels.PartyId).Select(place => _channels[place]), "list of reshared tensors", _transcript.GetCurrentHash(), ct),
            cancellationToken).ConfigureAwait(false);
        _over = "it is complete.";
        return NewEpoch;
    }

    /// <summary>Ends the resharing, and tells the peers where it is not complete.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_disposed)
        {
            return;
        }

        _disposed = true;
        if (_over is null)
        {
            _channels.Abort("the resharing was given up");
        }

        await Task.WhenAny(_running).ConfigureAwait(false);
        await _channels.DisposeAsync().ConfigureAwait(false);
        _dealer.Dispose();
        _transcript.Dispose();
        _pool.Dispose();
    }

    private static int ThresholdOf(ResharingPlan plan) => MpcProtocols.ThresholdOf(MpcProtocol.Shamir, plan.NewPlaces.Count, plan.NewThreshold);

    private static void RequirePart(int? party, object? part, string name, string kind)
    {
        if (party is null != part is null)
        {
            throw new ArgumentException(party is null ? $"This place is not that of {kind} party." : $"This place is that of {kind} party, and needs one.", name);
        }
    }

    private ValueTask RunAsync(string operation, Func<CancellationToken, ValueTask> core, CancellationToken cancellationToken)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (!_running.IsCompleted)
        {
            throw new InvalidOperationException("Another operation of the resharing has not completed. Await each before the next.");
        }

        if (_over is { } reason)
        {
            throw new InvalidOperationException($"The resharing has ended: {reason}");
        }

        cancellationToken.ThrowIfCancellationRequested();
        _running = RunCoreAsync();
        return new ValueTask(_running);

        async Task RunCoreAsync()
        {
            try
            {
                await core(cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                _over = error is ProtocolException or IOException ? $"{operation} failed: {error.Message}" : $"{operation} failed with {error.GetType().Name}.";
                _channels.Abort(_over);
                throw;
            }
        }
    }
}
