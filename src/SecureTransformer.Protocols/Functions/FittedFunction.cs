namespace SecureTransformer.Protocols;

/// <summary>A function that one polynomial approximates on a clamped argument, fitted by the authors: minimax on the whole real line, the limit beyond the clamp included.</summary>
/// <remarks>
/// The argument is compared on <see cref="Width"/> bits: with the default 44 and 18 fractional bits, magnitudes up to
/// 2^25 - 16 are right, and larger ones give a wrong value without a word. All comparisons share their rounds.
/// </remarks>
public abstract class FittedFunction : SecretFunction
{
    private protected FittedFunction(string name, double errorBound, double limit, PolynomialScheme scheme, Func<double, double> exact)
    {
        ArgumentNullException.ThrowIfNull(scheme);
        ArgumentNullException.ThrowIfNull(exact);
        Name = name;
        ErrorBound = errorBound;
        Limit = limit;
        Scheme = scheme;
        ExactFunction = exact;
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Source => "fitted; see docs/protocols/nonlinear.md";

    /// <inheritdoc/>
    public override double ErrorBound { get; }

    /// <summary>The magnitude to which the argument is clamped.</summary>
    public double Limit { get; }

    /// <summary>The number of bits on which the argument is compared.</summary>
    public int Width { get; private set; } = MpcSession.DefaultWidth;

    /// <inheritdoc/>
    public override int? ArgumentBits => Width - 1;

    /// <summary>The polynomial.</summary>
    protected PolynomialScheme Scheme { get; }

    /// <summary>The exact function.</summary>
    protected Func<double, double> ExactFunction { get; }

    /// <inheritdoc/>
    public override double Exact(double x) => ExactFunction(x);

    /// <summary>The same function with comparisons on another number of bits, for arguments whose range is known; see <see cref="MpcSession.LessThanZeroAsync"/>.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The width is not from 2 to 64.</exception>
    public FittedFunction WithWidth(int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 64);
        var copy = (FittedFunction)MemberwiseClone();
        copy.Width = width;
        return copy;
    }

    /// <summary>min(x - c, 0) for each c, in one comparison and one selection for all, with the bits [x below c]. Vectors, one after another.</summary>
    private protected async ValueTask<(SecretTensor Minima, SecretBits Below)> MinimaAsync(
        MpcSession session, SecretTensor x, double[] points, CancellationToken cancellationToken)
    {
        SecretTensor flat = session.Reshape(x, new TensorShape(x.Shape.Count));
        SecretTensor differences = session.Concatenate([.. points.Select(c => c == 0 ? flat : session.AddPublic(flat, -c))], 0);
        SecretBits below = await session.LessThanZeroAsync(differences, Width, cancellationToken).ConfigureAwait(false);
        SecretTensor minima = await session.MultiplyBitAsync(below, differences, cancellationToken).ConfigureAwait(false);
        differences.Dispose();
        return (minima, below);
    }

    private protected static SecretTensor Part(MpcSession session, SecretTensor parts, int index, TensorShape shape) =>
        session.Reshape(session.Slice(parts, 0, index * shape.Count, shape.Count), shape);
}
