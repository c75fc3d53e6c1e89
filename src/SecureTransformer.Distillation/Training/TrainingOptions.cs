namespace SecureTransformer.Distillation;

/// <summary>How a stage of training goes.</summary>
public sealed class TrainingOptions
{
    /// <summary>How many times all texts are gone through.</summary>
    public int Epochs { get; init; } = 3;

    /// <summary>The texts of one step.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>The largest learning rate, after a tenth of the steps; it falls to zero towards the end.</summary>
    public double LearningRate { get; init; } = 5e-4;

    /// <summary>AdamW's decay of weights.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Gradients longer than this are shortened to it; 0 for as they are.</summary>
    public double GradientNorm { get; init; } = 1;

    /// <summary>What the order of the texts and random beginnings come from.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>Threads; the result does not depend on them.</summary>
    public int MaxDegreeOfParallelism { get; init; } = Environment.ProcessorCount;

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentException">A property is out of its range; the exception names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Epochs, 0);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchSize, 1);
        Require(LearningRate is > 0 and < 1, nameof(LearningRate), "must be above 0 and below 1");
        Require(WeightDecay is >= 0 and < 1, nameof(WeightDecay), "must be at least 0 and below 1");
        Require(GradientNorm is >= 0 and < double.PositiveInfinity, nameof(GradientNorm), "must be at least 0");
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDegreeOfParallelism, 1);

        static void Require(bool fits, string name, string what)
        {
            if (!fits)
            {
                throw new ArgumentException($"{name} {what}.", name);
            }
        }
    }
}
