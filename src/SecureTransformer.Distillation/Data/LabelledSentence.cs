namespace SecureTransformer.Distillation;

/// <summary>A sentence and its class.</summary>
/// <param name="Text">The sentence.</param>
/// <param name="Label">The class, from 0.</param>
public readonly record struct LabelledSentence(string Text, int Label);
