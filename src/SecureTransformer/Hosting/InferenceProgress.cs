namespace SecureTransformer.Hosting;

/// <summary>Where a long operation stands, for people.</summary>
/// <param name="Stage">What is being done, such as "sharing weights".</param>
/// <param name="Fraction">How much of it is done, from 0 to 1; null where that is not known.</param>
public readonly record struct InferenceProgress(string Stage, double? Fraction = null);
