using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols.Additive;

/// <summary>One step of a polynomial over ring elements: (sum of factor value value + sum of factor value + constant) / 2^shift, of the values so far.</summary>
/// <param name="shift">The bits that are truncated.</param>
/// <param name="products">Pairs of values, the lower first, each pair once.</param>
/// <param name="linear">Values, each once.</param>
/// <param name="constant">The constant, before the truncation.</param>
internal sealed class QuadraticForm(int shift, (int Left, int Right, ulong Factor)[] products, (int Value, ulong Factor)[] linear, ulong constant)
{
    public int Shift { get; } = shift;

    public (int Left, int Right, ulong Factor)[] Products { get; } = products;

    public (int Value, ulong Factor)[] Linear { get; } = linear;

    public ulong Constant { get; } = constant;

    /// <summary>The steps of a polynomial as forms.</summary>
    /// <exception cref="OverflowException">A coefficient is outside the range of the encoding.</exception>
    public static QuadraticForm[] Of(IReadOnlyList<PolynomialStep> steps, int inputBits)
    {
        int[] bits = [inputBits, .. steps.Select(step => step.ResultBits)];
        return [.. steps.Select(step => Of(step, bits))];
    }

    private static QuadraticForm Of(PolynomialStep step, int[] bits)
    {
        var products = new SortedDictionary<(int, int), ulong>();
        var linear = new SortedDictionary<int, ulong>();
        foreach (PolynomialTerm term in step.Terms)
        {
            bool isProduct = term.Right >= 0;
            int missing = step.AccumulatorBits - bits[term.Left] - (isProduct ? bits[term.Right] : 0);
            ulong factor = FixedPointFormat.Encode(term.Coefficient, missing, "coefficient");
            if (isProduct)
            {
                (int, int) pair = (Math.Min(term.Left, term.Right), Math.Max(term.Left, term.Right));
                products[pair] = unchecked(products.GetValueOrDefault(pair) + factor);
            }
            else
            {
                linear[term.Left] = unchecked(linear.GetValueOrDefault(term.Left) + factor);
            }
        }

        return new QuadraticForm(
            step.AccumulatorBits - step.ResultBits,
            [.. products.Select(p => (p.Key.Item1, p.Key.Item2, p.Value))],
            [.. linear.Select(p => (p.Key, p.Value))],
            step.Constant == 0 ? 0 : FixedPointFormat.Encode(step.Constant, step.AccumulatorBits, "constant"));
    }
}
