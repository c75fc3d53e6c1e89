using SecureTransformer.Numerics;

namespace SecureTransformer.Sharing;

/// <summary>Inverses of many elements for one inversion and three products each (Montgomery, "Speeding the Pollard and elliptic curve methods of factorization", 1987, section 10.3.1).</summary>
public static class BatchInversion
{
    /// <summary>Replaces every element by its inverse.</summary>
    /// <typeparam name="T">The field.</typeparam>
    /// <param name="values">The elements.</param>
    /// <exception cref="DivideByZeroException">An element is zero; none is changed.</exception>
    public static void Invert<T>(Span<T> values)
        where T : struct, IField<T>
    {
        if (values.IsEmpty)
        {
            return;
        }

        var products = new T[values.Length];
        T product = T.One;
        for (int i = 0; i < values.Length; i++)
        {
            products[i] = product;
            product *= values[i];
        }

        T inverse = T.Inverse(product);
        for (int i = values.Length - 1; i >= 0; i--)
        {
            T value = values[i];
            values[i] = inverse * products[i];
            inverse *= value;
        }

        Array.Clear(products);
    }
}
