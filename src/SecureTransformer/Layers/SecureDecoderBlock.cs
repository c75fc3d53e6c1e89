using SecureTransformer.Protocols;

namespace SecureTransformer.Layers;

/// <summary>One decoder block with the normalisation before each part, as in GPT-2 and Llama: x + attention(norm(x)), then x + feed-forward(norm(x)).</summary>
public sealed class SecureDecoderBlock : IDisposable
{
    private readonly SecureNorm _attentionNorm;
    private readonly SecureCausalAttention _attention;
    private readonly SecureNorm _feedForwardNorm;
    private readonly IFeedForward _feedForward;

    /// <summary>Takes over the layers, which it disposes with itself.</summary>
    public SecureDecoderBlock(SecureNorm attentionNorm, SecureCausalAttention attention, SecureNorm feedForwardNorm, IFeedForward feedForward)
    {
        ArgumentNullException.ThrowIfNull(attentionNorm);
        ArgumentNullException.ThrowIfNull(attention);
        ArgumentNullException.ThrowIfNull(feedForwardNorm);
        ArgumentNullException.ThrowIfNull(feedForward);
        _attentionNorm = attentionNorm;
        _attention = attention;
        _feedForwardNorm = feedForwardNorm;
        _feedForward = feedForward;
    }

    /// <summary>[N, H] to [R, H]: the block's output for the asking rows.</summary>
    /// <param name="session">The session.</param>
    /// <param name="x">The residual stream, a row for each new token of the step.</param>
    /// <param name="step">The step.</param>
    /// <param name="layer">The number of this block in the cache.</param>
    /// <param name="rows">The rows whose output is wanted, in order; the others cost only their keys and values.</param>
    /// <param name="observe">Is shown "attention_output" [R, H], the residual stream after attention, and what the layers show.</param>
    /// <param name="cancellationToken">Cancels; inside an operation that ends the session.</param>
    public async ValueTask<SecretTensor> ForwardAsync(
        MpcSession session,
        SecretTensor x,
        DecoderStep step,
        int layer,
        IReadOnlyList<int> rows,
        TensorObserver? observe = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(rows);
        using SessionScope scope = session.BeginScope();
        SecretTensor residual = rows.Count == x.Shape[0] ? x : session.GatherRows(x, [.. rows]);                                              // [R, H]
        SecretTensor normed = await NormalizeAsync("attention/norm", _attentionNorm, x).ConfigureAwait(false);                               // [N, H]
        SecretTensor gathered = await _attention.ForwardAsync(session, normed, step, layer, rows, observe, cancellationToken).ConfigureAwait(false); // [R, H]
        SecretTensor middle = session.Add(residual, gathered);                                                                               // [R, H]
        await observe.ShowAsync(session, "attention_output", middle).ConfigureAwait(false);
        SecretTensor input = await NormalizeAsync("feed-forward/norm", _feedForwardNorm, middle).ConfigureAwait(false);                      // [R, H]
        SecretTensor change = await _feedForward.ForwardAsync(session, input, observe, cancellationToken).ConfigureAwait(false);             // [R, H]
        return scope.Keep(session.Add(middle, change));                                                                                      // [R, H]

        async ValueTask<SecretTensor> NormalizeAsync(string name, SecureNorm norm, SecretTensor tensor)
        {
            using SessionScope inner = session.BeginScope(name);
            return inner.Keep(await norm.ForwardAsync(session, tensor, cancellationToken).ConfigureAwait(false));
        }
    }

    /// <summary>Zeroes and frees the weights.</summary>
    public void Dispose()
    {
        _attentionNorm.Dispose();
        _attention.Dispose();
        _feedForwardNorm.Dispose();
        _feedForward.Dispose();
    }
}
