namespace SecureTransformer.Protocols;

/// <summary>The power of two that brings a positive ring element x to [2^(width-1), 2^width): integers without fractional bits.</summary>
/// <remarks>Made by <see cref="MpcSession.NormalizeAsync"/>; a protocol that overrides its core makes its own.</remarks>
public sealed class NormalizingScale
{
    /// <summary>Puts the four together.</summary>
    public NormalizingScale(SecretTensor scale, SecretTensor half, SecretTensor odd, SecretTensor nonZero)
    {
        ArgumentNullException.ThrowIfNull(scale);
        ArgumentNullException.ThrowIfNull(half);
        ArgumentNullException.ThrowIfNull(odd);
        ArgumentNullException.ThrowIfNull(nonZero);
        Scale = scale;
        Half = half;
        Odd = odd;
        NonZero = nonZero;
    }

    /// <summary>2^s with s = width - 1 - e, where e is the highest set bit of x; 0 where x is zero.</summary>
    public SecretTensor Scale { get; }

    /// <summary>2^(s / 2), s halved downwards; 0 where x is zero.</summary>
    public SecretTensor Half { get; }

    /// <summary>1 where s is odd, else 0; where x is zero it means nothing.</summary>
    public SecretTensor Odd { get; }

    /// <summary>1 where x is not zero, else 0.</summary>
    public SecretTensor NonZero { get; }
}
