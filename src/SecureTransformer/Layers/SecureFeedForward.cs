using SecureTransformer.Protocols;

namespace SecureTransformer.Layers;

/// <summary>Two linear layers with a function between them (Vaswani et al., 2017, section 3.3).</summary>
public sealed class SecureFeedForward : IFeedForward
{
    private readonly SecureLinear _up;
    private readonly SecretFunction _activation;
    private readonly SecureLinear _down;

    /// <summary>Takes over the weights, which it disposes with itself.</summary>
    /// <param name="up">H to I.</param>
    /// <param name="activation">The function between.</param>
    /// <param name="down">I to H.</param>
    /// <exception cref="ArgumentException">The widths do not match.</exception>
    public SecureFeedForward(SecureLinear up, SecretFunction activation, SecureLinear down)
    {
        ArgumentNullException.ThrowIfNull(up);
        ArgumentNullException.ThrowIfNull(activation);
        ArgumentNullException.ThrowIfNull(down);
        if (up.OutputSize != down.InputSize)
        {
            throw new ArgumentException($"The first layer gives a width of {up.OutputSize} and the second takes {down.InputSize}.", nameof(down));
        }

        _up = up;
        _activation = activation;
        _down = down;
    }

    /// <summary>[..., H] to [..., H].</summary>
    /// <param name="session">The session.</param>
    /// <param name="x">The input, [..., H].</param>
    /// <param name="observe">Is shown "preactivation" [..., I].</param>
    /// <param name="cancellationToken">Cancels; inside an operation that ends the session.</param>
    public async ValueTask<SecretTensor> ForwardAsync(
        MpcSession session, SecretTensor x, TensorObserver? observe = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        using SessionScope scope = session.BeginScope("feed-forward");
        SecretTensor wide = await NamedOperation.RunAsync(session, "expand", () => _up.ForwardAsync(session, x, cancellationToken)).ConfigureAwait(false); // [..., I]
        await observe.ShowAsync(session, "preactivation", wide).ConfigureAwait(false);
        SecretTensor bent = await session.EvaluateAsync(_activation, wide, cancellationToken).ConfigureAwait(false);      // [..., I]
        wide.Dispose();
        return scope.Keep(await NamedOperation.RunAsync(session, "contract", () => _down.ForwardAsync(session, bent, cancellationToken)).ConfigureAwait(false)); // [..., H]
    }

    /// <summary>Zeroes and frees the weights.</summary>
    public void Dispose()
    {
        _up.Dispose();
        _down.Dispose();
    }
}
