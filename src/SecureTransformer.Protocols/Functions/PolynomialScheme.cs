namespace SecureTransformer.Protocols;

/// <summary>
/// One term of a step: the coefficient times value <paramref name="Left"/>, times value <paramref name="Right"/> where there is one.
/// Value 0 is the scheme's input u, value i the result of step i (from 1).
/// </summary>
public readonly record struct PolynomialTerm(double Coefficient, int Left, int Right = PolynomialTerm.None)
{
    /// <summary>No second factor.</summary>
    public const int None = -1;
}

/// <summary>One step: a quadratic form of the values so far, summed exactly and truncated once.</summary>
/// <param name="AccumulatorBits">Fractional bits of the sum before the truncation; coefficients are encoded with the bits that are missing.</param>
/// <param name="ResultBits">Fractional bits of the step's result.</param>
/// <param name="Constant">The constant term.</param>
/// <param name="Terms">Products and linear terms, at least one product.</param>
public sealed record PolynomialStep(int AccumulatorBits, int ResultBits, double Constant, IReadOnlyList<PolynomialTerm> Terms);

/// <summary>
/// A polynomial as a chain of quadratic forms, each costing one truncated product: a truncation is charged by the sum, not by the product, so that with
/// y1 = u^2, y2 a quartic and y2^2 plus a cubic (completing the square) every polynomial of degree 8 costs three.
/// </summary>
/// <remarks>
/// The input t becomes u = t / 2^<c>inputShift</c> - <c>offset</c> without rounding. Every sum must stay below 2^62 in magnitude on the domain;
/// its parts may wrap. Each step costs one product and one truncation, in two rounds under replicated sharing.
/// </remarks>
public sealed class PolynomialScheme
{
    private readonly int _inputShift;
    private readonly double _offset;
    private readonly int _inputBits;
    private readonly PolynomialStep[] _steps;

    /// <summary>Makes a scheme.</summary>
    /// <param name="inputShift">k in u = t / 2^k - offset; may be negative.</param>
    /// <param name="offset">The offset.</param>
    /// <param name="inputBits">Fractional bits of u.</param>
    /// <param name="steps">The steps; the last one's result is the polynomial.</param>
    /// <exception cref="ArgumentException">No step, or a term that names a value that does not exist yet.</exception>
    public PolynomialScheme(int inputShift, double offset, int inputBits, params PolynomialStep[] steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        if (steps.Length == 0)
        {
            throw new ArgumentException("A scheme has at least one step.", nameof(steps));
        }

        RequireSteps(steps);
        _inputShift = inputShift;
        _offset = offset;
        _inputBits = inputBits;
        _steps = [.. steps];
    }

    /// <summary>The number of truncated products.</summary>
    public int Products => _steps.Length;

    /// <summary>Fractional bits of the last step's sum before its truncation.</summary>
    public int AccumulatorBits => _steps[^1].AccumulatorBits;

    /// <summary>Evaluates the polynomial on every element.</summary>
    /// <param name="session">The session.</param>
    /// <param name="t">The input, in the domain the scheme was fitted on. Rounded where its fractional bits are more than the scheme takes.</param>
    /// <param name="resultBits">Fractional bits of the result; the last step's own by default.</param>
    /// <param name="addend">A tensor with <see cref="AccumulatorBits"/> fractional bits that joins the last sum, or null.</param>
    /// <param name="cancellationToken">Cancels.</param>
    public async ValueTask<SecretTensor> EvaluateAsync(
        MpcSession session, SecretTensor t, int? resultBits = null, SecretTensor? addend = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(t);
        using SessionScope scope = session.BeginScope();
        SecretTensor u = session.MultiplyPowerOfTwo(t, -_inputShift);
        u = await session.WithFractionalBitsAsync(u, _inputBits, cancellationToken).ConfigureAwait(false);
        u = _offset == 0 ? u : session.AddPublic(u, -_offset);
        int wanted = resultBits ?? _steps[^1].ResultBits;
        PolynomialStep last = _steps[^1] with { ResultBits = Math.Min(wanted, _steps[^1].AccumulatorBits) };
        SecretTensor result = await session.PolynomialAsync([.. _steps.SkipLast(1), last], u, addend, cancellationToken).ConfigureAwait(false);
        return scope.Keep(await session.WithFractionalBitsAsync(result, wanted, cancellationToken).ConfigureAwait(false));
    }

    /// <exception cref="ArgumentException">A term names a value that does not exist yet, or a step has no product.</exception>
    internal static void RequireSteps(IReadOnlyList<PolynomialStep> steps)
    {
        for (int i = 0; i < steps.Count; i++)
        {
            if (steps[i].Terms.Any(t => t.Left < 0 || t.Left > i || t.Right < PolynomialTerm.None || t.Right > i) || steps[i].Terms.All(t => t.Right < 0))
            {
                throw new ArgumentException($"Step {i + 1} names a value that does not exist yet, or has no product.", nameof(steps));
            }
        }
    }

    /// <summary>The steps one by one, each a sum of products.</summary>
    internal static async ValueTask<SecretTensor> StepsAsync(
        MpcSession session, IReadOnlyList<PolynomialStep> steps, SecretTensor u, SecretTensor? addend, CancellationToken cancellationToken)
    {
        var values = new SecretTensor[steps.Count + 1];
        values[0] = u;
        for (int i = 0; i < steps.Count; i++)
        {
            SecretTensor? joined = i == steps.Count - 1 ? addend : null;
            values[i + 1] = await StepAsync(session, steps[i], values, steps[i].ResultBits, joined, cancellationToken).ConfigureAwait(false);
        }

        return values[^1];
    }

    private static async ValueTask<SecretTensor> StepAsync(
        MpcSession session, PolynomialStep step, SecretTensor[] values, int resultBits, SecretTensor? addend, CancellationToken cancellationToken)
    {
        using SessionScope scope = session.BeginScope();
        SecretTensor? given = addend;
        var products = new List<SecretProduct>();
        foreach (IGrouping<int, PolynomialTerm> group in step.Terms.Where(t => t.Right >= 0).GroupBy(t => t.Left))
        {
            SecretTensor left = values[group.Key];
            SecretTensor? right = null;
            foreach (PolynomialTerm term in group)
            {
                right = Sum(right, Scaled(session, values[term.Right], term.Coefficient, step.AccumulatorBits - left.FractionalBits));
            }

            products.Add(new SecretProduct(left, right!));
        }

        foreach (PolynomialTerm term in step.Terms.Where(t => t.Right < 0))
        {
            addend = Sum(addend, Scaled(session, values[term.Left], term.Coefficient, step.AccumulatorBits));
        }

        if (step.Constant != 0)
        {
            SecretTensor? before = addend;
            addend = before is null
                ? session.Constant(values[0].Shape, step.Constant, step.AccumulatorBits)
                : session.AddPublic(before, step.Constant);
            Drop(before);
        }

        return scope.Keep(await session.SumOfProductsAsync(products, addend, resultBits, cancellationToken).ConfigureAwait(false));

        SecretTensor Sum(SecretTensor? x, SecretTensor y)
        {
            if (x is null)
            {
                return y;
            }

            SecretTensor sum = session.Add(x, y);
            Drop(x);
            Drop(y);
            return sum;
        }

        // Frees a partial sum at once: on a large tensor they would pile up until the step ends.
        void Drop(SecretTensor? partial)
        {
            if (partial is not null && !ReferenceEquals(partial, given) && Array.IndexOf(values, partial) < 0)
            {
                partial.Dispose();
            }
        }
    }

    private static SecretTensor Scaled(MpcSession session, SecretTensor x, double coefficient, int bits) =>
        coefficient == 1 && x.FractionalBits == bits ? x : session.MultiplyPublic(x, coefficient, bits - x.FractionalBits);
}
