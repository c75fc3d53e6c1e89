using SecureTransformer.Protocols;

namespace SecureTransformer.Layers;

/// <summary>A normalisation of each row along the last axis.</summary>
public abstract class SecureNorm : IDisposable
{
    private protected SecureNorm()
    {
    }

    /// <summary>[..., H] to [..., H].</summary>
    public abstract ValueTask<SecretTensor> ForwardAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken = default);

    /// <summary>Zeroes and frees the weights.</summary>
    public void Dispose()
    {
        DisposeCore();
        GC.SuppressFinalize(this);
    }

    private protected abstract void DisposeCore();
}
