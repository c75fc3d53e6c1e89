namespace SecureTransformer.Models;

/// <summary>Upper bounds on what a configuration may ask for: far above any model, far below what overflows or exhausts memory by itself.</summary>
internal static class ConfigBounds
{
    public const int Vocabulary = 10_000_000;
    public const int Width = 1 << 20;
    public const int Layers = 10_000;
    public const int Heads = 10_000;
    public const int Positions = 1 << 24;
    public const int TokenTypes = 10_000;
    public const int Labels = 100_000;
    public const int EndTokens = 1000;
}
