namespace SecureTransformer.Numerics;

/// <summary>A finite field: a ring in which every element but zero has an inverse.</summary>
/// <typeparam name="TSelf">The implementing type.</typeparam>
public interface IField<TSelf> : IRing<TSelf>
    where TSelf : struct, IField<TSelf>
{
    /// <summary>The multiplicative inverse.</summary>
    /// <param name="value">An element other than zero.</param>
    /// <returns>The element whose product with <paramref name="value"/> is one.</returns>
    /// <exception cref="DivideByZeroException"><paramref name="value"/> is zero.</exception>
    static abstract TSelf Inverse(TSelf value);
}
