using SecureTransformer.Models;

namespace SecureTransformer.Architectures;

/// <summary>
/// One party's shares of a model's weights. They can be used by the session that received them and by sessions opened under it; several sessions may at the same time.
/// </summary>
public abstract class SecureModel : IDisposable
{
    private protected SecureModel(ModelConfig config) => Config = config;

    /// <summary>The public configuration.</summary>
    public ModelConfig Config { get; }

    /// <summary>Zeroes and frees the weights.</summary>
    public void Dispose()
    {
        DisposeCore();
        GC.SuppressFinalize(this);
    }

    private protected abstract void DisposeCore();
}
