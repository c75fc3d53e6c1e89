namespace SecureTransformer.Models;

/// <summary>What a family of models calls the values of <see cref="DecoderConfig"/> in its <c>config.json</c>.</summary>
internal sealed class DecoderKeys
{
    public required string Hidden { get; init; }

    public required string Layers { get; init; }

    public required string Heads { get; init; }

    public required string Intermediate { get; init; }

    public required string Positions { get; init; }

    public required string Activation { get; init; }
}
