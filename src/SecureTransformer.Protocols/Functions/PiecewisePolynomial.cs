namespace SecureTransformer.Protocols;

/// <summary>
/// A function as polynomials between breakpoints, in powers of x. At and beyond the outermost breakpoints the pieces are at most linear, with integer slopes.
/// </summary>
/// <remarks>
/// All comparisons at once, then the argument clamped between the outermost breakpoints (so that powers of pieces not chosen cannot overflow), its powers by
/// products, and the sum of all pieces times their bits with one truncation. The argument is compared on 44 bits: magnitudes up to 2^25 - 64 at 18 fractional bits.
/// With no breakpoint there is no comparison, and the one piece's powers must stay in range by themselves.
/// </remarks>
public sealed class PiecewisePolynomial : SecretFunction
{
    private const int CoefficientBits = 26;

    private readonly double[] _breakpoints;
    private readonly double[][] _pieces;
    private readonly Func<double, double> _exact;

    /// <summary>Makes a function.</summary>
    /// <param name="name">Its name.</param>
    /// <param name="source">Paper and section.</param>
    /// <param name="errorBound">The largest absolute error, rounding at 18 fractional bits included.</param>
    /// <param name="breakpoints">Ascending; piece i holds from breakpoint i - 1 (included) to breakpoint i (excluded).</param>
    /// <param name="pieces">One more than breakpoints; each the coefficients from the constant up.</param>
    /// <param name="exact">The function that is approximated.</param>
    /// <exception cref="ArgumentException">Breakpoints do not ascend, or the pieces do not fit them.</exception>
    public PiecewisePolynomial(
        string name, string source, double errorBound, IReadOnlyList<double> breakpoints, IReadOnlyList<IReadOnlyList<double>> pieces, Func<double, double> exact)
    {
        ArgumentNullException.ThrowIfNull(breakpoints);
        ArgumentNullException.ThrowIfNull(pieces);
        ArgumentNullException.ThrowIfNull(exact);
        _breakpoints = [.. breakpoints];
        _pieces = [.. pieces.Select(p => p.ToArray())];
        _exact = exact;
        Name = name;
        Source = source;
        ErrorBound = errorBound;
        if (_pieces.Length != _breakpoints.Length + 1 || _pieces.Any(p => p.Length == 0))
        {
            throw new ArgumentException($"{_breakpoints.Length} breakpoints take {_breakpoints.Length + 1} pieces, each with a coefficient.", nameof(pieces));
        }

        for (int i = 1; i < _breakpoints.Length; i++)
        {
            if (!(_breakpoints[i] > _breakpoints[i - 1]))
            {
                throw new ArgumentException("Breakpoints ascend.", nameof(breakpoints));
            }
        }

        if (_breakpoints.Length > 0 && (_breakpoints[0] < -64 || _breakpoints[^1] > 64 || !IsOuter(_pieces[0]) || !IsOuter(_pieces[^1])))
        {
            throw new ArgumentException("Breakpoints lie within 64 of zero, and the outermost pieces are at most linear with integer slopes.", nameof(pieces));
        }
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Source { get; }

    /// <inheritdoc/>
    public override double ErrorBound { get; }

    /// <summary>The breakpoints, ascending.</summary>
    public IReadOnlyList<double> Breakpoints => _breakpoints;

    /// <summary>The coefficients of each piece, from the constant up.</summary>
    public IReadOnlyList<IReadOnlyList<double>> Pieces => _pieces;

    /// <inheritdoc/>
    public override int? ArgumentBits => _breakpoints.Length == 0 ? null : MpcSession.DefaultWidth - 1;

    /// <inheritdoc/>
    public override double Exact(double x) => _exact(x);

    /// <inheritdoc/>
    public override async ValueTask<SecretTensor> EvaluateAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        using SessionScope scope = session.BeginScope();
        SecretTensor flat = session.Reshape(x, new TensorShape(x.Shape.Count));
        SecretTensor result = _breakpoints.Length == 0
            ? await EvaluateOneAsync(session, flat, cancellationToken).ConfigureAwait(false)
            : await EvaluatePiecesAsync(session, flat, cancellationToken).ConfigureAwait(false);
        return scope.Keep(session.Reshape(result, x.Shape));
    }

    private async ValueTask<SecretTensor> EvaluateOneAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken)
    {
        double[] piece = _pieces[0];
        if (piece.Length == 3 && Math.ScaleB(1, Math.ILogB(piece[2])) == piece[2] && x.FractionalBits + Math.ILogB(piece[2]) is var kept && kept >= 0 && kept <= x.FractionalBits)
        {
            // 2^-k (x^2 + b x + c): both factors are x itself, which protocols that open factors open once.
            SecretTensor rest = session.AddPublic(session.MultiplyPublic(x, piece[1] / piece[2], x.FractionalBits), piece[0] / piece[2]);
            SecretTensor sum = await session.SumOfProductsAsync([new SecretProduct(x, x)], rest, kept, cancellationToken).ConfigureAwait(false);
            return session.MultiplyPowerOfTwo(sum, Math.ILogB(piece[2]));
        }

        int total = Math.Min(x.FractionalBits + CoefficientBits, 2 * x.FractionalBits + 8);
        SecretTensor[] powers = await PowersAsync(session, x, piece.Length <= 3 ? 1 : piece.Length - 1, cancellationToken).ConfigureAwait(false);
        SecretTensor polynomial = Polynomial(session, powers, piece.Length == 3 ? piece[..2] : piece, total);
        return piece.Length == 3
            ? await session.SumOfProductsAsync(
                [new SecretProduct(x, session.MultiplyPublic(x, piece[2], total - (2 * x.FractionalBits)))], polynomial, x.FractionalBits, cancellationToken).ConfigureAwait(false)
            : await session.TruncateAsync(polynomial, x.FractionalBits, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<SecretTensor> EvaluatePiecesAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken)
    {
        int count = x.Shape.Count;
        SecretTensor differences = session.Concatenate([.. _breakpoints.Select(b => session.AddPublic(x, -b))], 0);
        SecretBits below = await session.LessThanZeroAsync(differences, cancellationToken: cancellationToken).ConfigureAwait(false);
        SecretTensor bits = await session.ToArithmeticAsync(below, cancellationToken).ConfigureAwait(false);

        // low = min(x - b_first, 0), high = min(x - b_last, 0): clamped = x - low - max(x - b_last, 0) = b_last + high - low.
        int last = _breakpoints.Length - 1;
        SecretTensor outer = session.Concatenate([Part(differences, 0), Part(differences, last)], 0);
        SecretTensor outerBits = session.Concatenate([Part(bits, 0), Part(bits, last)], 0);
        SecretTensor minima = await session.MultiplyAsync(outer, outerBits, x.FractionalBits, cancellationToken).ConfigureAwait(false);
        SecretTensor low = Part(minima, 0);
        SecretTensor high = Part(minima, 1);
        SecretTensor clamped = session.AddPublic(session.Subtract(high, low), _breakpoints[last]);
        SecretTensor excess = session.AddPublic(session.Subtract(x, high), -_breakpoints[last]);

        int total = x.FractionalBits + CoefficientBits;
        SecretTensor[] powers = await PowersAsync(session, clamped, Math.Max(1, _pieces.Max(p => p.Length) - 1), cancellationToken).ConfigureAwait(false);
        var terms = new List<SecretProduct>();
        SecretTensor? addend = null;
        for (int i = 0; i < _pieces.Length; i++)
        {
            // The outer pieces are constant on the clamped argument; what is beyond comes back with the slopes.
            double[] piece = i == 0 ? [At(_pieces[0], _breakpoints[0])] : i > last ? [At(_pieces[i], _breakpoints[last])] : _pieces[i];
            if (piece.All(c => c == 0))
            {
                continue;
            }

            SecretTensor polynomial = Polynomial(session, powers, piece, total);
            if (i > last)
            {
                addend = polynomial;
                terms.Add(new SecretProduct(session.Negate(polynomial), Part(bits, last)));
            }
            else
            {
                terms.Add(new SecretProduct(polynomial, i == 0 ? Part(bits, 0) : session.Subtract(Part(bits, i), Part(bits, i - 1))));
            }
        }

        SecretTensor result = terms.Count == 0
            ? session.Constant(x.Shape, 0, x.FractionalBits)
            : await session.SumOfProductsAsync(terms, addend, x.FractionalBits, cancellationToken).ConfigureAwait(false);
        result = AddSlope(result, _pieces[^1], excess);
        return AddSlope(result, _pieces[0], low);

        SecretTensor Part(SecretTensor parts, int index) => session.Slice(parts, 0, index * count, count);

        SecretTensor AddSlope(SecretTensor sum, double[] piece, SecretTensor beyond) =>
            piece.Length < 2 || piece[1] == 0 ? sum : session.Add(sum, session.MultiplyInteger(beyond, (long)piece[1]));
    }

    /// <summary>x to the powers 1 to degree, each level of doublings in one product; unneeded powers are left out.</summary>
    private async ValueTask<SecretTensor[]> PowersAsync(MpcSession session, SecretTensor x, int degree, CancellationToken cancellationToken)
    {
        var powers = new SecretTensor[degree + 1];
        var needed = new bool[degree + 1];
        for (int k = degree; k > 1; k--)
        {
            needed[k] |= _pieces.Any(p => p.Length > k && p[k] != 0);
            if (needed[k])
            {
                needed[k / 2] = needed[k - (k / 2)] = true;
            }
        }

        if (degree > 0)
        {
            powers[1] = x;
        }

        for (int done = 1; done < degree; done *= 2)
        {
            int[] level = [.. Enumerable.Range(done + 1, done).Where(k => k <= degree && needed[k])];
            if (level.Length == 0)
            {
                continue;
            }

            SecretTensor left = session.Concatenate([.. level.Select(k => powers[k - (k / 2)])], 0);
            SecretTensor right = session.Concatenate([.. level.Select(k => powers[k / 2])], 0);
            SecretTensor products = await session.MultiplyAsync(left, right, x.FractionalBits, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < level.Length; i++)
            {
                powers[level[i]] = session.Slice(products, 0, i * x.Shape.Count, x.Shape.Count);
            }
        }

        return powers;
    }

    private static SecretTensor Polynomial(MpcSession session, SecretTensor[] powers, double[] coefficients, int totalBits)
    {
        SecretTensor? sum = null;
        for (int k = 1; k < coefficients.Length; k++)
        {
            if (coefficients[k] != 0)
            {
                SecretTensor term = session.MultiplyPublic(powers[k], coefficients[k], totalBits - powers[k].FractionalBits);
                sum = sum is null ? term : session.Add(sum, term);
            }
        }

        return sum is null
            ? session.Constant(powers[1].Shape, coefficients[0], totalBits)
            : coefficients[0] == 0 ? sum : session.AddPublic(sum, coefficients[0]);
    }

    private static double At(double[] piece, double x) => piece[0] + (piece.Length > 1 ? piece[1] * x : 0);

    private static bool IsOuter(double[] piece) =>
        piece.Length <= 2 && (piece.Length == 1 || (Math.Abs(piece[1]) <= 64 && piece[1] == Math.Floor(piece[1])));
}
