namespace SecureTransformer.Distillation;

/// <summary>Where a training is.</summary>
public sealed class TrainingProgress
{
    /// <summary>The stage's name.</summary>
    public required string Stage { get; init; }

    /// <summary>The steps of the stage that are done, those before a resumption included.</summary>
    public required int Step { get; init; }

    /// <summary>The steps of the stage.</summary>
    public required int Steps { get; init; }

    /// <summary>The mean objective of the last steps.</summary>
    public required double Loss { get; init; }

    /// <summary>The seconds since the stage began, or was resumed.</summary>
    public required double Seconds { get; init; }
}
