using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>Shares kept outside the session, such as on a disk, and made tensors again when they are needed.</content>
public abstract partial class MpcSession
{
    /// <summary>
    /// Receives this party's shares of a tensor as <see cref="ImportAsync"/> does, with what the protocol can check of it as it comes, and hands them on as they came instead of
    /// making a tensor: what came as a seed is kept as the seed.
    /// </summary>
    /// <param name="source">The channel to the sender.</param>
    /// <param name="shape">The public shape.</param>
    /// <param name="destination">Takes <see cref="ShareCodec.ShareBytes"/> bytes.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>Costs what <see cref="ImportAsync"/> costs. What was kept is as secret as the shares in memory.</remarks>
    public ValueTask KeepAsync(IChannel source, TensorShape shape, IShareWriter destination, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        ObjectDisposedException.ThrowIf(_disposed, this);
        return new ValueTask(
            InPhaseAsync(TrafficPhase.Input, "import", shape.Count, ct => Done(KeepCoreAsync(source, shape.Count, destination, ct)), cancellationToken).AsTask());
    }

    /// <summary>Makes a tensor, or a run of its positions along the outermost axis, of what <see cref="KeepAsync"/> kept. Local; only what is asked for is read.</summary>
    /// <param name="source">The kept share.</param>
    /// <param name="shape">The shape of the whole tensor.</param>
    /// <param name="start">The first position along the outermost axis.</param>
    /// <param name="length">The number of positions; by default all that follow.</param>
    /// <param name="fractionalBits">The fractional bits the sender encoded with; by default the session's.</param>
    /// <exception cref="ArgumentOutOfRangeException">The run is empty or reaches past the axis.</exception>
    /// <exception cref="InvalidDataException">The share is not what was kept.</exception>
    public SecretTensor Restore(IShareReader source, TensorShape shape, int start = 0, int? length = null, int? fractionalBits = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        int extent = shape.Rank == 0 ? 1 : shape[0];
        int wanted = length ?? extent - start;
        ArgumentOutOfRangeException.ThrowIfLessThan(wanted, 1, nameof(length));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)start + wanted, extent, nameof(length));
        SecretTensor result = Allocate(wanted == extent ? shape : shape.With(0, wanted), fractionalBits ?? FractionalBits);
        try
        {
            RestoreCore(source, start * (shape.Count / extent), result);
            return result;
        }
        catch
        {
            result.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Goes on only when what the parties kept belongs together, as far as the protocol can tell: after a restart, or before shares that came over a
    /// <see cref="ShamirResharing"/> are used.
    /// </summary>
    /// <param name="shares">What this party kept, and the number of elements of each tensor, in an order that all parties have alike.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>
    /// Shamir's sharing reads all shares once and opens one element under a mask: wrong shares, or ones of another epoch, pass with probability below 2^-80. Two rounds, and one to make
    /// the mask.
    /// Other protocols' shares cannot be told from others of the same shape, and nothing happens.
    /// </remarks>
    /// <exception cref="ProtocolException">The parties' shares do not belong together.</exception>
    /// <exception cref="InvalidDataException">A share is not what was kept.</exception>
    public async ValueTask VerifyKeptAsync(IReadOnlyList<(IShareReader Share, int Count)> shares, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(shares);
        foreach ((IShareReader share, int count) in shares)
        {
            ArgumentNullException.ThrowIfNull(share, nameof(shares));
            ArgumentOutOfRangeException.ThrowIfLessThan(count, 1, nameof(shares));
        }

        await InPhaseAsync(TrafficPhase.Input, "verify shares", 0, ct => Done(VerifyKeptCoreAsync(shares, ct)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Checks kept shares between the parties; a protocol that cannot leaves this as it is.</summary>
    protected virtual ValueTask VerifyKeptCoreAsync(IReadOnlyList<(IShareReader Share, int Count)> shares, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Receives what <see cref="ImportCoreAsync"/> receives and hands it on as it came.</summary>
    protected abstract ValueTask KeepCoreAsync(IChannel source, int count, IShareWriter destination, CancellationToken cancellationToken);

    /// <summary>Fills the result with the elements of a kept share from <paramref name="start"/> on.</summary>
    protected abstract void RestoreCore(IShareReader source, int start, SecretTensor result);
}
