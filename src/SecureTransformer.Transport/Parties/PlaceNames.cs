namespace SecureTransformer.Transport;

/// <summary>Places of a network as errors name them.</summary>
internal static class PlaceNames
{
    /// <summary>"party 1", or "the dealer" at its place.</summary>
    internal static string Of(int place, int? dealer) => place == dealer ? "the dealer" : $"party {place}";

    /// <summary>The same at the beginning of a sentence.</summary>
    internal static string Capital(string name) => char.ToUpperInvariant(name[0]) + name[1..];
}
