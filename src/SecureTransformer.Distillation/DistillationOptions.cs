using SecureTransformer.Models;

namespace SecureTransformer.Distillation;

/// <summary>The functions of a student, and its two stages.</summary>
public sealed class DistillationOptions
{
    /// <summary>The function of the student's feed-forward layers.</summary>
    public Activation HiddenAct { get; init; } = Activation.Quad;

    /// <summary>What makes probabilities of the student's attention scores.</summary>
    public AttentionFunction SoftmaxAct { get; init; } = AttentionFunction.TwoQuad;

    /// <summary>Stage one: embedding, hidden states and attention scores.</summary>
    public TrainingOptions Hidden { get; init; } = new() { Epochs = 8, LearningRate = 1e-3 };

    /// <summary>Stage two: logits.</summary>
    public TrainingOptions Logits { get; init; } = new() { Epochs = 3, LearningRate = 2e-4 };
}
