namespace SecureTransformer.Bench;

/// <summary>A figure beside a peer's, and whether what was meant is met.</summary>
/// <param name="PeerSeconds">The peer's seconds.</param>
/// <param name="TimesFaster">The peer's seconds by ours.</param>
/// <param name="TimesFewerBytes">The peer's bytes by ours.</param>
/// <param name="Bar">How many times faster it is meant to be; null where nothing is meant.</param>
/// <param name="Misses">What is not met: speed, bytes, error.</param>
internal sealed record Comparison(double PeerSeconds, double TimesFaster, double TimesFewerBytes, double? Bar, IReadOnlyList<string> Misses)
{
    /// <param name="peer">The peer's figures.</param>
    /// <param name="tls">Whether ours is with TLS.</param>
    /// <param name="bar">How many times faster it is meant to be.</param>
    /// <param name="seconds">Ours.</param>
    /// <param name="megabytes">Ours.</param>
    /// <param name="error">Ours.</param>
    /// <returns>Null where the peer was not measured so.</returns>
    public static Comparison? Of(PeerFigures? peer, bool tls, double? bar, double seconds, double megabytes, double error)
    {
        if (peer is null || (tls ? peer.Seconds : peer.SecondsWithoutTls) is not { } theirs)
        {
            return null;
        }

        var misses = new List<string>();
        Miss(theirs / seconds < bar, "speed");
        Miss(megabytes > peer.Megabytes, "bytes");
        Miss(error > peer.Error, "error");
        return new Comparison(theirs, theirs / seconds, peer.Megabytes / megabytes, bar, misses);

        void Miss(bool missed, string what)
        {
            if (missed)
            {
                misses.Add(what);
            }
        }
    }

    /// <summary>Met, or what is not.</summary>
    public string Verdict => Misses.Count == 0 ? "met" : $"**not met: {string.Join(", ", Misses)}**";
}
