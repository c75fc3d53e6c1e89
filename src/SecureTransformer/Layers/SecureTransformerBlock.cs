using SecureTransformer.Protocols;

namespace SecureTransformer.Layers;

/// <summary>One encoder block with LayerNorm after each residual sum, as in BERT (Vaswani et al., 2017, section 3.1).</summary>
public sealed class SecureTransformerBlock : IDisposable
{
    private readonly SecureAttention _attention;
    private readonly SecureLayerNorm _attentionNorm;
    private readonly SecureFeedForward _feedForward;
    private readonly SecureLayerNorm _outputNorm;

    /// <summary>Takes over the layers, which it disposes with itself.</summary>
    public SecureTransformerBlock(SecureAttention attention, SecureLayerNorm attentionNorm, SecureFeedForward feedForward, SecureLayerNorm outputNorm)
    {
        ArgumentNullException.ThrowIfNull(attention);
        ArgumentNullException.ThrowIfNull(attentionNorm);
        ArgumentNullException.ThrowIfNull(feedForward);
        ArgumentNullException.ThrowIfNull(outputNorm);
        _attention = attention;
        _attentionNorm = attentionNorm;
        _feedForward = feedForward;
        _outputNorm = outputNorm;
    }

    /// <summary>[T, H] to [R, H]: the first R positions of the block's output.</summary>
    /// <param name="session">The session.</param>
    /// <param name="x">The input, [T, H].</param>
    /// <param name="rows">R, the number of positions wanted, from the first; by default all. The others cost only their keys and values.</param>
    /// <param name="keep">The public mask of <see cref="SecureAttention.ForwardAsync"/>.</param>
    /// <param name="observe">Is shown "attention_output" [R, H], after the first LayerNorm, and what the layers show.</param>
    /// <param name="cancellationToken">Cancels; inside an operation that ends the session.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="rows"/> is below 1 or above T.</exception>
    public async ValueTask<SecretTensor> ForwardAsync(
        MpcSession session, SecretTensor x, int? rows = null, bool[]? keep = null, TensorObserver? observe = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows ?? 1, 1, nameof(rows));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(rows ?? 1, x.Shape.Rows, nameof(rows));
        using SessionScope scope = session.BeginScope();
        SecretTensor residual = rows is { } wanted ? session.Slice(x, 0, 0, wanted) : x;                                               // [R, H]
        SecretTensor gathered = await _attention.ForwardAsync(session, x, rows, keep, observe, cancellationToken).ConfigureAwait(false);      // [R, H]
        SecretTensor middle = await NormalizeAsync("attention/norm", _attentionNorm, residual, gathered).ConfigureAwait(false);         // [R, H]
        await observe.ShowAsync(session, "attention_output", middle).ConfigureAwait(false);
        SecretTensor change = await _feedForward.ForwardAsync(session, middle, observe, cancellationToken).ConfigureAwait(false);       // [R, H]
        return scope.Keep(await NormalizeAsync("feed-forward/norm", _outputNorm, middle, change).ConfigureAwait(false));                // [R, H]

        async ValueTask<SecretTensor> NormalizeAsync(string name, SecureLayerNorm norm, SecretTensor input, SecretTensor addition)
        {
            using SessionScope inner = session.BeginScope(name);
            SecretTensor sum = session.Add(input, addition);
            return inner.Keep(await norm.ForwardAsync(session, sum, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>Zeroes and frees the weights.</summary>
    public void Dispose()
    {
        _attention.Dispose();
        _attentionNorm.Dispose();
        _feedForward.Dispose();
        _outputNorm.Dispose();
    }
}
