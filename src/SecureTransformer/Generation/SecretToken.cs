using SecureTransformer.Protocols;

namespace SecureTransformer.Generation;

/// <summary>A token for each row, which nobody knows.</summary>
/// <remarks>Both forms belong to the scope in which the token was chosen, and are zeroed with it or by <see cref="Dispose"/>.</remarks>
public sealed class SecretToken : IDisposable
{
    internal SecretToken(SecretTensor oneHot, SecretTensor id)
    {
        OneHot = oneHot;
        Id = id;
    }

    /// <summary>The tokens as rows of zeros with a single one, [R, V], without fractional bits: what <see cref="Layers.SecureEmbedding"/> takes.</summary>
    public SecretTensor OneHot { get; }

    /// <summary>The ids of the tokens, [R], without fractional bits: what a client may be given.</summary>
    public SecretTensor Id { get; }

    /// <summary>Zeroes and frees both forms.</summary>
    public void Dispose()
    {
        OneHot.Dispose();
        Id.Dispose();
    }

    /// <summary>The public shape, never the token.</summary>
    public override string ToString() => $"{nameof(SecretToken)} {OneHot.Shape}";
}
