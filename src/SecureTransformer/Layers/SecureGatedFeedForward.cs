using SecureTransformer.Protocols;

namespace SecureTransformer.Layers;

/// <summary>Two linear layers with a gate between them: down(activation(gate(x)) * up(x)); SwiGLU when the activation is SiLU (Shazeer, 2020).</summary>
public sealed class SecureGatedFeedForward : IFeedForward
{
    private readonly SecureLinear _gateUp;
    private readonly SecretFunction _activation;
    private readonly SecureLinear _down;

    /// <summary>Takes over the weights, which it disposes with itself.</summary>
    /// <param name="gateUp">One product for the gate and the values, H to 2I.</param>
    /// <param name="activation">The function on the gate.</param>
    /// <param name="down">I to H.</param>
    /// <exception cref="ArgumentException">The widths do not match.</exception>
    public SecureGatedFeedForward(SecureLinear gateUp, SecretFunction activation, SecureLinear down)
    {
        ArgumentNullException.ThrowIfNull(gateUp);
        ArgumentNullException.ThrowIfNull(activation);
        ArgumentNullException.ThrowIfNull(down);
        if (gateUp.OutputSize != 2 * down.InputSize)
        {
            throw new ArgumentException($"The first layer gives a width of {gateUp.OutputSize}; the second takes {down.InputSize}, and the first must give twice that.", nameof(down));
        }

        _gateUp = gateUp;
        _activation = activation;
        _down = down;
    }

    /// <inheritdoc/>
    public async ValueTask<SecretTensor> ForwardAsync(
        MpcSession session, SecretTensor x, TensorObserver? observe = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        using SessionScope scope = session.BeginScope("feed-forward");
        int width = _down.InputSize;
        SecretTensor both = await NamedOperation.RunAsync(session, "expand", () => _gateUp.ForwardAsync(session, x, cancellationToken)).ConfigureAwait(false); // [..., 2I]
        SecretTensor gate = session.Slice(both, -1, 0, width);                                                           // [..., I]
        SecretTensor up = session.Slice(both, -1, width, width);                                                         // [..., I]
        both.Dispose();
        await observe.ShowAsync(session, "preactivation", gate).ConfigureAwait(false);
        SecretTensor open = await session.EvaluateAsync(_activation, gate, cancellationToken).ConfigureAwait(false);     // [..., I]
        gate.Dispose();
        SecretTensor gated = await session.MultiplyAsync(open, up, cancellationToken: cancellationToken).ConfigureAwait(false); // [..., I]
        open.Dispose();
        up.Dispose();
        return scope.Keep(await NamedOperation.RunAsync(session, "contract", () => _down.ForwardAsync(session, gated, cancellationToken)).ConfigureAwait(false)); // [..., H]
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _gateUp.Dispose();
        _down.Dispose();
    }
}
