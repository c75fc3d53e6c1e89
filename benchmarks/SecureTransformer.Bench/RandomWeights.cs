using SecureTransformer.Architectures;
using SecureTransformer.Protocols;

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

        var values = new double[spec.Shape.Count];
        Reader(spec, seed, deviation)(0, values);
        return values;
    }

    /// <summary>The same block by block, each an even number of values but the last.</summary>
    public static ValueReader Reader(WeightSpec spec, ulong seed, double deviation)
    {
        if (spec.Shape.Rank == 1)
        {
            double constant = spec.Name.EndsWith("weight", StringComparison.Ordinal) ? 1 : 0;
            return (_, values) => values.Fill(constant);
        }

        int columns = spec.Shape[-1];
        return (start, values) =>
        {
            using var random = new RandomValues(seed);
            random.Skip(start);
            random.Normal(values, deviation);
            for (int i = 0; spec.Scale != 1 && i < values.Length; i++)
            {
                values[i] *= (start + i) % columns < spec.ScaledColumns ? spec.Scale : 1;
            }
        };
    }
}
