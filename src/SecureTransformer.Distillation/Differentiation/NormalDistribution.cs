namespace SecureTransformer.Distillation.Differentiation;

/// <summary>The standard normal distribution, from a table: its cumulative function to 1e-10.</summary>
internal static class NormalDistribution
{
    private const int Edge = 9;
    private const int StepsAUnit = 64;

    // At multiples of 1/64 from -9 on: the integral of the density, by Boole's rule on each step.
    private static readonly double[] s_cumulative = Integrate();

    /// <summary>exp(-x^2 / 2) / sqrt(2 pi).</summary>
    public static double Density(double x) => Math.Exp(-0.5 * x * x) / Math.Sqrt(2 * Math.PI);

    /// <summary>The probability of a value below x.</summary>
    public static double Cumulative(double x)
    {
        if (x <= -Edge)
        {
            return 0;
        }

        if (x >= Edge)
        {
            return 1;
        }

        // Hermite's cubic between two entries, whose slopes are the density.
        double place = (x + Edge) * StepsAUnit;
        int i = (int)place;
        double t = place - i;
        double left = ((double)i / StepsAUnit) - Edge;
        const double H = 1.0 / StepsAUnit;
        (double f0, double f1) = (s_cumulative[i], s_cumulative[i + 1]);
        (double d0, double d1) = (H * Density(left), H * Density(left + H));
        double rest = 1 - t;
        return (rest * rest * ((f0 * (1 + (2 * t))) + (d0 * t))) + (t * t * ((f1 * (1 + (2 * rest))) - (d1 * rest)));
    }

    private static double[] Integrate()
    {
        const double H = 1.0 / StepsAUnit;
        var table = new double[(2 * Edge * StepsAUnit) + 1];
        for (int i = 1; i < table.Length; i++)
        {
            double x = ((double)(i - 1) / StepsAUnit) - Edge;
            double step = (7 * Density(x)) + (32 * Density(x + (0.25 * H))) + (12 * Density(x + (0.5 * H))) + (32 * Density(x + (0.75 * H))) + (7 * Density(x + H));
            table[i] = table[i - 1] + (H / 90 * step);
        }

        return table;
    }
}
