using SecureTransformer.Architectures;
using SecureTransformer.Protocols;

namespace SecureTransformer.Bench;

/// <summary>Weights of realistic scale for any architecture, by seed: normal, gains one, offsets zero, with the scales that are folded in.</summary>
internal static class RandomWeights
{
    /// <summary>
    /// Shares that party 0 makes of random weights; with a deviation of 0, constants that nobody has to send, for measurements on a slow network: how long a run takes does
    /// not depend on values.
    /// </summary>
    public static ValueTask<SecretTensor> ShareAsync(MpcSession session, WeightSpec spec, ulong seed, double deviation, CancellationToken cancellationToken) => deviation == 0
        ? ValueTask.FromResult(session.Constant(spec.Shape, IsGain(spec) ? 1 : 0))
        : session.InputAsync(0, spec.Shape, session.PartyId == 0 ? Of(spec, seed, deviation) : default, cancellationToken: cancellationToken);

    private static double[] Of(WeightSpec spec, ulong seed, double deviation)
    {
        if (spec.Shape.Rank == 1)
        {
            return [.. Enumerable.Repeat(IsGain(spec) ? 1.0 : 0.0, spec.Shape.Count)];
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
            double constant = IsGain(spec) ? 1 : 0;
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

    private static bool IsGain(WeightSpec spec) => spec.Shape.Rank == 1 && spec.Name.EndsWith("weight", StringComparison.Ordinal);
}
