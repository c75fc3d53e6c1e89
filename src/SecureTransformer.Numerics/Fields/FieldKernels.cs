namespace SecureTransformer.Numerics;

/// <summary>Elementwise arithmetic modulo 2^127 - 1 on spans of words, two a number (<see cref="Mersenne127"/>). Nothing is allocated.</summary>
/// <remarks>
/// Elements are canonical, and so are results. A destination may be one of the operands, but may not overlap one partly. All spans of a call have the same even
/// length unless the method says otherwise; a mismatch is an <see cref="ArgumentException"/>. Time depends on lengths, and on the scalars of products.
/// </remarks>
public static partial class FieldKernels
{
    /// <summary>destination = x + y.</summary>
    /// <param name="x">The first operand.</param>
    /// <param name="y">The second operand.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ or are odd.</exception>
    public static void Add(ReadOnlySpan<ulong> x, ReadOnlySpan<ulong> y, Span<ulong> destination) => Add(x, y, destination, vectors: true);

    /// <summary>accumulator += x.</summary>
    /// <param name="accumulator">What is added to.</param>
    /// <param name="x">What is added.</param>
    /// <exception cref="ArgumentException">The lengths differ or are odd.</exception>
    public static void AddInto(Span<ulong> accumulator, ReadOnlySpan<ulong> x) => Add(accumulator, x, accumulator);

    /// <summary>destination = x + scalar.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="scalar">The number added to each element.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ or are odd.</exception>
    public static void AddScalar(ReadOnlySpan<ulong> x, Mersenne127 scalar, Span<ulong> destination)
    {
        CheckLengths(x.Length, destination.Length);
        WithScalar<AddOperation>(x, scalar, destination, vectors: true);
    }

    /// <summary>destination = x - y.</summary>
    /// <param name="x">The minuend.</param>
    /// <param name="y">The subtrahend.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ or are odd.</exception>
    public static void Subtract(ReadOnlySpan<ulong> x, ReadOnlySpan<ulong> y, Span<ulong> destination) => Subtract(x, y, destination, vectors: true);

    /// <summary>accumulator -= x.</summary>
    /// <param name="accumulator">What is subtracted from.</param>
    /// <param name="x">What is subtracted.</param>
    /// <exception cref="ArgumentException">The lengths differ or are odd.</exception>
    public static void SubtractInto(Span<ulong> accumulator, ReadOnlySpan<ulong> x) => Subtract(accumulator, x, accumulator);

    /// <summary>destination = scalar - x.</summary>
    /// <param name="scalar">The minuend.</param>
    /// <param name="x">The subtrahend.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ or are odd.</exception>
    public static void SubtractFromScalar(Mersenne127 scalar, ReadOnlySpan<ulong> x, Span<ulong> destination)
    {
        CheckLengths(x.Length, destination.Length);
        WithScalar<SubtractFromOperation>(x, scalar, destination, vectors: true);
    }

    /// <summary>destination = -x.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ or are odd.</exception>
    public static void Negate(ReadOnlySpan<ulong> x, Span<ulong> destination) => SubtractFromScalar(Mersenne127.Zero, x, destination);

    /// <summary>destination = x * y, element by element.</summary>
    /// <param name="x">The first operand.</param>
    /// <param name="y">The second operand.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ or are odd.</exception>
    public static void Multiply(ReadOnlySpan<ulong> x, ReadOnlySpan<ulong> y, Span<ulong> destination)
    {
        CheckLengths(x.Length, y.Length, destination.Length);
        Multiply(FieldMatrix.BestPath, x, y, destination, add: false);
    }

    /// <summary>target += x * y, element by element.</summary>
    /// <param name="target">What is added to.</param>
    /// <param name="x">The first operand.</param>
    /// <param name="y">The second operand.</param>
    /// <exception cref="ArgumentException">The lengths differ or are odd.</exception>
    public static void MultiplyInto(Span<ulong> target, ReadOnlySpan<ulong> x, ReadOnlySpan<ulong> y)
    {
        CheckLengths(x.Length, y.Length, target.Length);
        Multiply(FieldMatrix.BestPath, x, y, target, add: true);
    }

    /// <summary>destination = x * scalar.</summary>
    /// <param name="x">The operand.</param>
    /// <param name="scalar">The factor of every element, public: below 2^26, or its negation, it is faster.</param>
    /// <param name="destination">The result.</param>
    /// <exception cref="ArgumentException">The lengths differ or are odd.</exception>
    public static void MultiplyScalar(ReadOnlySpan<ulong> x, Mersenne127 scalar, Span<ulong> destination)
    {
        CheckLengths(x.Length, destination.Length);
        Multiply(FieldMatrix.BestPath, x, scalar, destination, add: false);
    }

    /// <summary>target += x * scalar.</summary>
    /// <param name="target">What is added to.</param>
    /// <param name="x">The operand.</param>
    /// <param name="scalar">The factor of every element, public: below 2^26, or its negation, it is faster.</param>
    /// <exception cref="ArgumentException">The lengths differ or are odd.</exception>
    public static void MultiplyScalarInto(Span<ulong> target, ReadOnlySpan<ulong> x, Mersenne127 scalar)
    {
        CheckLengths(x.Length, target.Length);
        Multiply(FieldMatrix.BestPath, x, scalar, target, add: true);
    }

    internal static void Add(ReadOnlySpan<ulong> x, ReadOnlySpan<ulong> y, Span<ulong> destination, bool vectors)
    {
        CheckLengths(x.Length, y.Length, destination.Length);
        Elementwise<AddOperation>(x, y, destination, vectors);
    }

    internal static void Subtract(ReadOnlySpan<ulong> x, ReadOnlySpan<ulong> y, Span<ulong> destination, bool vectors)
    {
        CheckLengths(x.Length, y.Length, destination.Length);
        Elementwise<SubtractOperation>(x, y, destination, vectors);
    }

    private static void CheckLengths(int x, int destination)
    {
        if (x != destination || x % Mersenne127.WordCount != 0)
        {
            throw new ArgumentException($"The lengths differ or are odd: x {x}, destination {destination}.", nameof(destination));
        }
    }

    private static void CheckLengths(int x, int y, int destination)
    {
        if (x != y || x != destination || x % Mersenne127.WordCount != 0)
        {
            throw new ArgumentException($"The lengths differ or are odd: x {x}, y {y}, destination {destination}.", x != y ? nameof(y) : nameof(destination));
        }
    }
}
