using System.Globalization;

namespace SecureTransformer.Transport;

/// <summary>
/// What an emulated network does to frames, for experiments. A frame leaves its link when the frames before it have left
/// and its own bits are through, and arrives one delay later. A link is one direction between two endpoints, shared by
/// all their sessions.
/// </summary>
public sealed class NetworkConditions
{
    /// <summary>A local network: a round trip of 1 ms and 5 Gbit/s (PUMA, arXiv 2307.12533, section 5).</summary>
    public static NetworkConditions Lan { get; } = new() { OneWayDelay = TimeSpan.FromMicroseconds(500), BitsPerSecond = 5_000_000_000 };

    /// <summary>A wide-area network: a round trip of 40 ms and 200 Mbit/s.</summary>
    public static NetworkConditions Wan { get; } = new() { OneWayDelay = TimeSpan.FromMilliseconds(20), BitsPerSecond = 200_000_000 };

    /// <summary>The time a bit travels; zero by default.</summary>
    public TimeSpan OneWayDelay { get; init; }

    /// <summary>The capacity of one direction of a link; unbounded by default. Headers of frames count, those of TLS and TCP do not.</summary>
    public long BitsPerSecond { get; init; } = long.MaxValue;

    /// <summary>Conditions by name or in figures: "lan", "wan", or the round trip in milliseconds and the bandwidth in Mbit/s, such as "1,5000".</summary>
    /// <exception cref="FormatException">The text is none of these, or a figure is out of range.</exception>
    public static NetworkConditions Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        switch (text)
        {
            case "lan":
                return Lan;
            case "wan":
                return Wan;
            default:
                if (text.Split(',') is [var first, var second]
                    && double.TryParse(first, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double roundTrip)
                    && double.TryParse(second, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double bandwidth)
                    && roundTrip <= 120_000 && bandwidth is >= 0.001 and <= 1e9)
                {
                    return new NetworkConditions { OneWayDelay = TimeSpan.FromMilliseconds(roundTrip / 2), BitsPerSecond = (long)(bandwidth * 1e6) };
                }

                throw new FormatException(
                    $"'{text}' is no network: give lan (1 ms, 5 Gbit/s), wan (40 ms, 200 Mbit/s), or the round trip in milliseconds, at most 120000, and the bandwidth in Mbit/s, from 0.001 to 10^9, as in 10,1000.");
        }
    }

    /// <summary>The round trip in milliseconds and the bandwidth in Mbit/s, as <see cref="Parse"/> takes them.</summary>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture, $"{(decimal)(2 * OneWayDelay.TotalMilliseconds)},{(decimal)Math.Min(BitsPerSecond, 1_000_000_000_000_000) / 1_000_000}");

    internal void Validate()
    {
        if (OneWayDelay < TimeSpan.Zero || OneWayDelay > TimeSpan.FromMinutes(1))
        {
            throw new ArgumentOutOfRangeException(nameof(OneWayDelay), OneWayDelay, "A delay is between zero and one minute.");
        }

        if (BitsPerSecond < 1000)
        {
            throw new ArgumentOutOfRangeException(nameof(BitsPerSecond), BitsPerSecond, "A bandwidth is at least 1000 bits a second.");
        }
    }
}
