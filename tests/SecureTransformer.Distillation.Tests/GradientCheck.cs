using SecureTransformer.Distillation.Differentiation;
using SecureTransformer.Distillation.Networks;
using SecureTransformer.Numerics;

namespace SecureTransformer.Distillation;

/// <summary>Compares gradients with differences of values, in float64.</summary>
internal static class GradientCheck
{
    private const double Step = 1e-5;

    /// <summary>A variable of random normal values, with room for a gradient.</summary>
    public static Variable<double> Random(AesCtrPrg random, int rows, int columns, double scale = 1)
    {
        var values = new double[rows * columns];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = scale * RandomSource.Normal(random);
        }

        return new Variable<double>(rows, columns, values, new double[values.Length]);
    }

    /// <summary>Differentiates the mean squared distance of a result from a random target, by every element of every operand.</summary>
    public static void Of(Func<Tape<double>, Variable<double>[], Variable<double>> operation, params Variable<double>[] operands)
    {
        using AesCtrPrg random = RandomSource.Create(99, 0);
        double[]? target = null;
        double Value(bool differentiate)
        {
            var tape = new Tape<double>();
            Variable<double> result = operation(tape, operands);
            target ??= [.. Enumerable.Range(0, result.Count).Select(_ => RandomSource.Normal(random))];
            Variable<double> distance = result.Count == 1 ? result : tape.MeanSquaredError(result, target);
            if (differentiate)
            {
                tape.Differentiate(distance);
            }

            return distance.Values[0];
        }

        Array.ForEach(operands, operand => operand.Gradient.Clear());
        Value(differentiate: true);
        for (int o = 0; o < operands.Length; o++)
        {
            for (int i = 0; i < operands[o].Count; i++)
            {
                double before = operands[o].Values[i];
                operands[o].Values[i] = before + Step;
                double above = Value(differentiate: false);
                operands[o].Values[i] = before - Step;
                double below = Value(differentiate: false);
                operands[o].Values[i] = before;
                double wanted = (above - below) / (2 * Step);
                double actual = operands[o].Gradient[i];
                Assert.True(Math.Abs(wanted - actual) <= 1e-7 + (1e-6 * Math.Abs(wanted)), $"operand {o}, element {i}: {actual} where differences give {wanted}");
            }
        }
    }
}
