using SecureTransformer.Architectures;

namespace SecureTransformer.Bench;

/// <summary>Weights of realistic scale for any architecture, by seed: normal, gains one, offsets zero, with the scales that are folded in.</summary>
internal static class RandomWeights
{
    public static double[] Of(WeightSpec spec, ulong seed, double deviation)
    {
        if (spec.Shape.Rank == 1)
        {
            return [.. Enumerable.Repeat(spec.Name.EndsWith("weight", StringComparison.Ordinal) ? 1.0 : 0.0, spec.Shape.Count)];
        }

        using var random = new RandomValues(seed);
        double[] values = random.Normal(spec.Shape.Count, deviation);
        int columns = spec.Shape[-1];
        for (int i = 0; spec.Scale != 1 && i < values.Length; i++)
        {
            values[i] *= i % columns < spec.ScaledColumns ? spec.Scale : 1;
        }

        return values;
    }
}
