namespace SecureTransformer.Distillation;

/// <summary>A text of a training set, as token ids, and its class.</summary>
/// <param name="Tokens">The token ids, special ones included.</param>
/// <param name="Label">The class, from 0.</param>
public readonly record struct LabelledText(int[] Tokens, int Label);
