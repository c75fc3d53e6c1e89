namespace SecureTransformer.Nonlinear;

/// <summary>The complementary error function in float64, with a relative error of a few 1e-15.</summary>
internal static class ErrorFunction
{
    /// <summary>1 - erf(x).</summary>
    public static double Complement(double x)
    {
        if (double.IsNaN(x))
        {
            return x;
        }

        double magnitude = Math.Abs(x);
        double tail = magnitude < 2 ? 1 - Series(magnitude) : Fraction(magnitude);
        return x >= 0 ? tail : 2 - tail;
    }

    /// <summary>erf(x) = 2 / sqrt(pi) exp(-x^2) sum of 2^n x^(2n+1) / (2n+1)!!, all terms positive (Abramowitz and Stegun, 7.1.6).</summary>
    private static double Series(double x)
    {
        double term = x;
        double sum = x;
        for (int n = 1; term > sum * 1e-17; n++)
        {
            term *= 2 * x * x / ((2 * n) + 1);
            sum += term;
        }

        return 2 / Math.Sqrt(Math.PI) * Math.Exp(-x * x) * sum;
    }

    /// <summary>erfc(x) as a continued fraction (Abramowitz and Stegun, 7.1.14), exact to rounding from 2 on with 60 terms.</summary>
    private static double Fraction(double x)
    {
        double value = x;
        for (int k = 60; k > 0; k--)
        {
            value = x + (k / 2.0 / value);
        }

        return Math.Exp(-x * x) / (Math.Sqrt(Math.PI) * value);
    }
}
