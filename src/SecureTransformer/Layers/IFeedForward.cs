using SecureTransformer.Protocols;

namespace SecureTransformer.Layers;

/// <summary>The position-wise part of a transformer block.</summary>
public interface IFeedForward : IDisposable
{
    /// <summary>[..., H] to [..., H].</summary>
    /// <param name="session">The session.</param>
    /// <param name="x">The input, [..., H].</param>
    /// <param name="observe">Is shown "preactivation" [..., I], what goes into the activation.</param>
    /// <param name="cancellationToken">Cancels; inside an operation that ends the session.</param>
    ValueTask<SecretTensor> ForwardAsync(MpcSession session, SecretTensor x, TensorObserver? observe = null, CancellationToken cancellationToken = default);
}
