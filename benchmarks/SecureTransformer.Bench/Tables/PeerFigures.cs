namespace SecureTransformer.Bench;

/// <summary>What another system measured for the same work.</summary>
/// <param name="Seconds">With TLS.</param>
/// <param name="Megabytes">Over all parties.</param>
internal sealed record PeerFigures(double Seconds, double Megabytes)
{
    /// <summary>Without TLS, where it was measured.</summary>
    public double? SecondsWithoutTls { get; init; }

    /// <summary>The largest error, where it is known.</summary>
    public double? Error { get; init; }
}
