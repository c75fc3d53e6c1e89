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
    public const ushort Summand = 52;
    public const ushort Returned = 53;
    public const ushort CheckShares = 54;
    public const ushort ShuffleKey = 55;
    public const ushort MaterialSeed = 64;
    public const ushort MaterialRequest = 65;

    /// <summary>
    /// The bound on chi-square over the 256 byte values. With 255 degrees of freedom it is exceeded with probability 7e-13 (Wilson and Hilferty: 7.1 standard
    /// deviations), so some 40 tests a run fail by chance once in 3 * 10^10 runs.
    /// </summary>
    public const double Threshold = 450;

    /// <summary>The same bound for the 128 values of seven bits.</summary>
    public const double SevenBitThreshold = 276;

    /// <summary>Fewer bytes than this (16 of each value) make a test without power.</summary>
    public const int LeastBytes = 4096;

    private const int SeedLength = 16;

    private readonly Lock _gate = new();
    private readonly Dictionary<(string From, string To), List<string>> _layout = [];
    private readonly Dictionary<(ushort Operation, string From, string To), long[]> _bytes = [];
    private readonly Dictionary<(ushort Operation, string From, string To), long[]> _tops = [];
    private readonly Dictionary<string, List<(string Place, ushort Operation)>> _digests = [];

    /// <summary>To how many peers the same payload goes, where everything is opened from all to all.</summary>
    public int Copies { get; init; } = 1;

    /// <summary>To how many peers a king returns the same payload, or the first of a group sends the same key.</summary>
    public int ReturnedCopies { get; init; } = 1;

    /// <summary>
    /// Whether payloads are elements below 2^127 - 1, or packed bits: of every sixteenth byte the seven low bits are judged apart, since the top bit of an element is zero. Of what
    /// kings return only even words are judged: a truncated value's upper bits are those of a sum of masks below 2^122, which is as independent of all secrets, but not uniform.
    /// </summary>
    public bool HasElements { get; init; }

    /// <summary>The frames of each link in order: operation, phase, clock and length.</summary>
    public SortedDictionary<string, string[]> Layout =>
        new(_layout.ToDictionary(l => $"{l.Key.From} to {l.Key.To}", l => l.Value.ToArray()), StringComparer.Ordinal);

    /// <summary>The operations of all share-carrying frames.</summary>
    public IReadOnlySet<ushort> Operations => _bytes.Keys.Select(k => k.Operation).ToHashSet();

    /// <summary>Frames that carry shares: not the handshake, seeds, or public parameters told to a dealer, nor what is opened, which follows from values that the receivers are to learn.</summary>
    private static bool CarriesShares(ushort operation) => operation is not (Handshake or Keys or ImportDigest or Reveal or RevealBits or CheckShares or MaterialSeed or MaterialRequest);

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
            if (!(frame.Operation is Import or ShuffleKey && frame.Payload.Length <= SeedLength))
            {
                (ushort, string, string) key = (frame.Operation, frame.From, frame.To);
                if (HasElements)
                {
                    CountElements(frame.Payload, frame.Operation == Returned, CountsOf(_bytes, key, 256), CountsOf(_tops, key, 128));
                }
                else
                {
                    CountBytes(frame.Payload, CountsOf(_bytes, key, 256));
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
            (long total, double chi) = ChiSquare(counts);
            if (total < LeastBytes)
            {
                problems.Add((operation, $"Operation {operation} from {from} to {to} sent {total} bytes: too few to judge."));
            }
            else if (chi > Threshold)
            {
                problems.Add((operation, $"Operation {operation} from {from} to {to}: chi-square {chi:F0} over {total} bytes."));
            }
        }

        foreach (((ushort operation, string from, string to), long[] counts) in _tops)
        {
            (long total, double chi) = ChiSquare(counts);
            if (total > 0 && chi > SevenBitThreshold)
            {
                problems.Add((operation, $"Operation {operation} from {from} to {to}: chi-square {chi:F0} over the top bytes of {total} elements."));
            }
        }

        foreach (List<(string Place, ushort Operation)> places in _digests.Values)
        {
            // A client sends the same words and seeds to the two parties that hold them.
            int allowed = places[0].Operation switch { Import => 2, Returned or ShuffleKey => ReturnedCopies, _ => Copies };
            if (places.Count > allowed)
            {
                problems.Add((places[0].Operation, $"The same payload was sent more than once: {string.Join("; ", places.Select(p => p.Place))}."));
            }
        }

        return problems;
    }

    /// <summary>Payloads of share-carrying frames that two runs have in common.</summary>
    public IEnumerable<string> InCommon(FrameTrace other) => _digests.Where(d => other._digests.ContainsKey(d.Key)).Select(d => d.Value[0].Place);

    private static long[] CountsOf(Dictionary<(ushort, string, string), long[]> all, (ushort, string, string) key, int values)
    {
        if (!all.TryGetValue(key, out long[]? counts))
        {
            all[key] = counts = new long[values];
        }

        return counts;
    }

    private static void CountBytes(ReadOnlySpan<byte> payload, long[] counts)
    {
        foreach (byte b in payload)
        {
            counts[b]++;
        }
    }

    private static void CountElements(ReadOnlySpan<byte> payload, bool evenWords, long[] counts, long[] tops)
    {
        for (; !payload.IsEmpty; payload = payload[Math.Min(16, payload.Length)..])
        {
            CountBytes(payload[..Math.Min(evenWords ? 8 : 15, payload.Length)], counts);
            if (!evenWords && payload.Length >= 16)
            {
                tops[payload[15] & 0x7f]++;
            }
        }
    }

    private static (long Total, double ChiSquare) ChiSquare(long[] counts)
    {
        long total = counts.Sum();
        double expected = (double)total / counts.Length;
        return (total, counts.Sum(c => (c - expected) * (c - expected) / expected));
    }
}
