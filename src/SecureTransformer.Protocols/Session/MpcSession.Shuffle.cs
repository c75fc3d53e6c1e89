namespace SecureTransformer.Protocols;

/// <content>A random order of what is shared already.</content>
public abstract partial class MpcSession
{
    /// <summary>Whether the protocol has <see cref="ShuffleRowsAsync"/>.</summary>
    public virtual bool ShufflesRows => false;

    /// <summary>The rows of a tensor (positions of the outermost axis) in a fresh random order, unknown to any parties who together learn no shared value.</summary>
    /// <param name="x">The tensor, of at least one axis. Each row is moved whole, whatever its inner axes.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <returns>A tensor of the same shape.</returns>
    /// <remarks>
    /// The order is uniform, and independent of all else. Nobody learns anything of values; whoever knows rows before and sees them opened afterwards learns nothing of which
    /// went where, unless too many parties collude. A party that deviates from the protocol can change values, which is not noticed. A session of one party draws an order too, which
    /// hides nothing there. Cost: <see cref="ShamirCosts.ShuffleRows"/>.
    /// </remarks>
    /// <exception cref="ArgumentException">The tensor has no axis.</exception>
    /// <exception cref="NotSupportedException">The protocol has no such operation; see <see cref="ShufflesRows"/>.</exception>
    public async ValueTask<SecretTensor> ShuffleRowsAsync(SecretTensor x, CancellationToken cancellationToken = default)
    {
        Require(x);
        if (x.Shape.Rank == 0)
        {
            throw new ArgumentException("A tensor without an axis has no rows to shuffle.", nameof(x));
        }

        if (!ShufflesRows)
        {
            throw new NotSupportedException($"The protocol {Protocol} does not shuffle shared rows.");
        }

        SecretTensor result = Allocate(x.Shape, x.FractionalBits);
        await RunAsync("shuffle", x.Shape.Count, 0, ct => Done(ShuffleRowsCoreAsync(x, result, ct)), cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>Fills the result with the rows of x in an order of which no tolerated coalition learns anything; asked where <see cref="ShufflesRows"/>.</summary>
    protected virtual ValueTask ShuffleRowsCoreAsync(SecretTensor x, SecretTensor result, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"The protocol {Protocol} does not shuffle shared rows.");
}
