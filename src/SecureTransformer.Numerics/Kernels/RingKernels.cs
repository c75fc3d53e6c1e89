using System.Numerics;
using System.Numerics.Tensors;

namespace SecureTransformer.Numerics;

/// <summary>
/// Elementwise arithmetic modulo 2^w on spans of unsigned words (<see cref="uint"/>, <see cref="ulong"/>). Nothing is allocated.
/// </summary>
/// <remarks>
/// A destination may be one of the operands, but may not overlap one partly. All spans of a call have the same length unless the
/// method says otherwise; a mismatch is an <see cref="ArgumentException"/>. Time depends on lengths only.
/// </remarks>
public static partial class RingKernels
{
    /// <summary>destination = x + y.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The first operand.</param>
    /// <param name="y">The second operand.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Add<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckLengths(x.Length, y.Length, destination.Length);
        TensorPrimitives.Add(x, y, destination);
    }

    /// <summary>accumulator += x.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="accumulator">What is added to.</param>
    /// <param name="x">What is added.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void AddInto<T>(Span<T> accumulator, ReadOnlySpan<T> x)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T> => Add(accumulator, x, accumulator);

    /// <summary>destination = x + scalar.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The operand.</param>
    /// <param name="scalar">The number added to each element.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void AddScalar<T>(ReadOnlySpan<T> x, T scalar, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckLengths(x.Length, destination.Length);
        TensorPrimitives.Add(x, scalar, destination);
    }

    /// <summary>destination = x - y.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The minuend.</param>
    /// <param name="y">The subtrahend.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Subtract<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckLengths(x.Length, y.Length, destination.Length);
        TensorPrimitives.Subtract(x, y, destination);
    }

    /// <summary>accumulator -= x.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="accumulator">What is subtracted from.</param>
    /// <param name="x">What is subtracted.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void SubtractInto<T>(Span<T> accumulator, ReadOnlySpan<T> x)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T> => Subtract(accumulator, x, accumulator);

    /// <summary>destination = scalar - x.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="scalar">The minuend.</param>
    /// <param name="x">The subtrahend.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void SubtractFromScalar<T>(T scalar, ReadOnlySpan<T> x, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckLengths(x.Length, destination.Length);
        TensorPrimitives.Subtract(scalar, x, destination);
    }

    /// <summary>destination = -x.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The operand.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Negate<T>(ReadOnlySpan<T> x, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T> => SubtractFromScalar(T.Zero, x, destination);

    /// <summary>destination = x * y, element by element.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The first operand.</param>
    /// <param name="y">The second operand.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Multiply<T>(ReadOnlySpan<T> x, ReadOnlySpan<T> y, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckLengths(x.Length, y.Length, destination.Length);
        TensorPrimitives.Multiply(x, y, destination);
    }

    /// <summary>accumulator += x * y, element by element.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="accumulator">What is added to.</param>
    /// <param name="x">The first factor.</param>
    /// <param name="y">The second factor.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void MultiplyAddInto<T>(Span<T> accumulator, ReadOnlySpan<T> x, ReadOnlySpan<T> y)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckLengths(x.Length, y.Length, accumulator.Length);
        TensorPrimitives.MultiplyAdd(x, y, accumulator, accumulator);
    }

    /// <summary>destination = x * scalar.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="x">The operand.</param>
    /// <param name="scalar">The factor of every element.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void MultiplyScalar<T>(ReadOnlySpan<T> x, T scalar, Span<T> destination)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckLengths(x.Length, destination.Length);
        TensorPrimitives.Multiply(x, scalar, destination);
    }

    /// <summary>accumulator += x * scalar.</summary>
    /// <typeparam name="T">The word.</typeparam>
    /// <param name="accumulator">What is added to.</param>
    /// <param name="x">The operand.</param>
    /// <param name="scalar">The factor of every element.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void MultiplyScalarAddInto<T>(Span<T> accumulator, ReadOnlySpan<T> x, T scalar)
        where T : unmanaged, IBinaryInteger<T>, IUnsignedNumber<T>
    {
        CheckLengths(x.Length, accumulator.Length);
        TensorPrimitives.MultiplyAdd(x, scalar, accumulator, accumulator);
    }

    private static void CheckLengths(int x, int destination)
    {
        if (x != destination)
        {
            throw new ArgumentException($"The lengths differ: x {x}, destination {destination}.", nameof(destination));
        }
    }

    private static void CheckLengths(int x, int y, int destination)
    {
        if (x != y || x != destination)
        {
            throw new ArgumentException($"The lengths differ: x {x}, y {y}, destination {destination}.", x != y ? nameof(y) : nameof(destination));
        }
    }
}
