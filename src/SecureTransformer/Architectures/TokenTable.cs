using SecureTransformer.Layers;
using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>Where a decoder's tokens come in and go out: their rows, and the scores of all tokens.</summary>
internal abstract class TokenTable : IDisposable
{
    /// <summary>One-hot rows [N, V] without fractional bits to [N, H].</summary>
    public abstract ValueTask<SecretTensor> EmbedAsync(MpcSession session, SecretTensor oneHot, CancellationToken cancellationToken);

    /// <summary>[R, H] to the logits [R, V].</summary>
    public abstract ValueTask<SecretTensor> LogitsAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken);

    public abstract void Dispose();
}

/// <summary>A table that stands in memory, once where the head is tied to it: then <paramref name="head"/> is null.</summary>
internal sealed class ResidentTokenTable(SecureEmbedding embedding, SecureLinear? head) : TokenTable
{
    public override ValueTask<SecretTensor> EmbedAsync(MpcSession session, SecretTensor oneHot, CancellationToken cancellationToken) =>
        embedding.ForwardAsync(session, oneHot, cancellationToken);

    public override ValueTask<SecretTensor> LogitsAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken) =>
        head is null ? embedding.LogitsAsync(session, x, cancellationToken) : head.ForwardAsync(session, x, cancellationToken);

    public override void Dispose()
    {
        embedding.Dispose();
        head?.Dispose();
    }
}
