namespace SecureTransformer.Protocols;

/// <summary>The power of two that brings a positive ring element x to [2^(width-1), 2^width): integers without fractional bits.</summary>
/// <remarks>Made by <see cref="MpcSession.NormalizeAsync"/>; a protocol that overrides its core makes its own.</remarks>
public sealed class NormalizingScale
{
    /// <summary>Puts them together.</summary>
    public NormalizingScale(SecretTensor scale, SecretTensor nonZero, SecretTensor? half = null, SecretTensor? odd = null)
    {
        ArgumentNullException.ThrowIfNull(scale);
        ArgumentNullException.ThrowIfNull(nonZero);
        Scale = scale;
        NonZero = nonZero;
        Half = half;
        Odd = odd;
    }

    /// <summary>2^s with s = width - 1 - e, where e is the highest set bit of x; 0 where x is zero.</summary>
    public SecretTensor Scale { get; }

    /// <summary>2^(s / 2), s halved downwards; 0 where x is zero. Null unless the square root was asked for.</summary>
    public SecretTensor? Half { get; }

    /// <summary>1 where s is odd, else 0; where x is zero it means nothing. Null unless the square root was asked for.</summary>
    public SecretTensor? Odd { get; }

    /// <summary>1 where x is not zero, else 0.</summary>
    public SecretTensor NonZero { get; }
}
