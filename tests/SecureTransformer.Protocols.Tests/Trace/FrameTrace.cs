using System.Security.Cryptography;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Everything that goes over the wire in one run: what each link carries in order, and how the payloads are distributed.</summary>
internal sealed class FrameTrace
{
    public const ushort Handshake = 1;
    public const ushort Keys = 2;
    public const ushort Import = 4;
    public const ushort ImportDigest = 7;
    public const ushort Export = 5;
    public const ushort Reveal = 6;
    public const ushort Multiply = 16;
    public const ushort And = 32;
    public const ushort RevealBits = 37;
    public const ushort MaterialSeed = 64;
    public const ushort MaterialRequest = 65;

    /// <summary>
    /// The bound on chi-square over the 256 byte values. With 255 degrees of freedom it is exceeded with probability 7e-13 (Wilson and Hilferty: 7.1 standard
    /// deviations), so some 40 tests a run fail by chance once in 3 * 10^10 runs.
    /// </summary>
    public const double Threshold = 450;

    /// <summary>Fewer bytes than this (16 of each value) make a test without power.</summary>
    public const int LeastBytes = 4096;

    private const int SeedLength = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string From, string To), List<string>> _layout = [];
    private readonly Dictionary<(ushort Operation, string From, string To), long[]> _bytes = [];
    private readonly Dictionary<string, List<(string Place, ushort Operation)>> _digests = [];

    /// <summary>To how many peers the same payload goes, where everything is opened from all to all.</summary>
    public int Copies { get; init; } = 1;

    /// <summary>The frames of each link in order: operation, phase, clock and length.</summary>
    public SortedDictionary<string, string[]> Layout =>
        new(_layout.ToDictionary(l => $"{l.Key.From} to {l.Key.To}", l => l.Value.ToArray()), StringComparer.Ordinal);

    /// <summary>The operations of all share-carrying frames.</summary>
    public IReadOnlySet<ushort> Operations => _bytes.Keys.Select(k => k.Operation).ToHashSet();

    /// <summary>Frames that carry shares: not the handshake, seeds, or public parameters told to a dealer, nor what is opened, which follows from values that the receivers are to learn.</summary>
    private static bool CarriesShares(ushort operation) => operation is not (Handshake or Keys or ImportDigest or Reveal or RevealBits or MaterialSeed or MaterialRequest);

    public void Observe(in ObservedFrame frame)
    {
        lock (_gate)
        {
            (string, string) link = (frame.From, frame.To);
            if (!_layout.TryGetValue(link, out List<string>? frames))
            {
                _layout[link] = frames = [];
            }

            frames.Add($"{frame.Operation} {frame.Phase} {frame.Clock} {frame.Payload.Length}");
            if (!CarriesShares(frame.Operation))
            {
                return;
            }

            // A seed is too short for a distribution, but must not come twice.
            if (frame.Operation != Import || frame.Payload.Length > SeedLength)
            {
                (ushort, string, string) key = (frame.Operation, frame.From, frame.To);
                if (!_bytes.TryGetValue(key, out long[]? counts))
                {
                    _bytes[key] = counts = new long[256];
                }

                foreach (byte b in frame.Payload)
                {
                    counts[b]++;
                }
            }

            if (frame.Payload.Length >= SeedLength)
            {
                string digest = Convert.ToHexString(SHA256.HashData(frame.Payload));
                if (!_digests.TryGetValue(digest, out List<(string, ushort)>? places))
                {
                    _digests[digest] = places = [];
                }

                places.Add(($"{frame.From} to {frame.To}, frame {frames.Count}", frame.Operation));
            }
        }
    }

    /// <summary>What tells the payloads from uniformly random ones.</summary>
    public List<(ushort Operation, string Problem)> Problems()
    {
        var problems = new List<(ushort, string)>();
        foreach (((ushort operation, string from, string to), long[] counts) in _bytes)
        {
            long total = counts.Sum();
            double expected = total / 256.0;
            double chi = counts.Sum(c => (c - expected) * (c - expected) / expected);
            if (total < LeastBytes)
            {
                problems.Add((operation, $"Operation {operation} from {from} to {to} sent {total} bytes: too few to judge."));
            }
            else if (chi > Threshold)
            {
                problems.Add((operation, $"Operation {operation} from {from} to {to}: chi-square {chi:F0} over {total} bytes."));
            }
        }

        foreach (List<(string Place, ushort Operation)> places in _digests.Values)
        {
            // A client sends the same words and seeds to the two parties that hold them.
            int allowed = places[0].Operation == Import ? 2 : Copies;
            if (places.Count > allowed)
            {
                problems.Add((places[0].Operation, $"The same payload was sent more than once: {string.Join("; ", places.Select(p => p.Place))}."));
            }
        }

        return problems;
    }

    /// <summary>Payloads of share-carrying frames that two runs have in common.</summary>
    public IEnumerable<string> InCommon(FrameTrace other) => _digests.Where(d => other._digests.ContainsKey(d.Key)).Select(d => d.Value[0].Place);
}
