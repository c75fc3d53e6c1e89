namespace SecureTransformer.Distillation;

/// <summary>The shapes of a teacher that is trained from nothing, and how.</summary>
public sealed class TeacherOptions
{
    /// <summary>Blocks.</summary>
    public int Layers { get; init; } = 2;

    /// <summary>The width of the residual stream.</summary>
    public int HiddenSize { get; init; } = 64;

    /// <summary>Attention heads, which divide <see cref="HiddenSize"/>.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>The width within the feed-forward layers.</summary>
    public int IntermediateSize { get; init; } = 256;

    /// <summary>The longest text, in tokens.</summary>
    public int MaxTokens { get; init; } = 64;

    /// <summary>How it is trained.</summary>
    public TrainingOptions Training { get; init; } = new() { Epochs = 10, LearningRate = 1e-3 };
}
