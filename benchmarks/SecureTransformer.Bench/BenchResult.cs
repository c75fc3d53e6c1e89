using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SecureTransformer.Bench;

/// <summary>What one benchmark measured. Bytes and rounds as docs/design.md defines them.</summary>
internal sealed class BenchResult
{
    /// <summary>The run, from its beginning to its end. With a dealer who works while it runs that includes waiting for the dealer.</summary>
    public required double Seconds { get; init; }

    /// <summary>Processor time of the run, all parties together and, where the dealer works while it runs, the dealer: less sensitive to what else runs on the machine.</summary>
    public required double CpuSeconds { get; init; }

    /// <summary>The run without what party 0 waited for the dealer, or spent on randomness that the parties make for each other.</summary>
    public required double OnlineSeconds { get; init; }

    /// <summary>The dealer's work before the run; with a dealer who works while it runs, what party 0 waited for it; without one, what party 0 spent on randomness that the parties make for each other.</summary>
    public required double OfflineSeconds { get; init; }

    /// <summary>Everything before the first run: connecting, making and sharing weights, packing, opening masked weights.</summary>
    public required double SetupSeconds { get; init; }

    /// <summary>Opening masked weights: a part of the set-up.</summary>
    public required double OpeningSeconds { get; init; }

    /// <summary>Bytes between the parties, both directions, over all of them.</summary>
    public required long OnlineBytes { get; init; }

    /// <summary>Bytes between the parties and the dealer, both directions; of stored material, the size of its files; without a dealer, of randomness that the parties make for each other.</summary>
    public required long OfflineBytes { get; init; }

    /// <summary>Bytes between the parties that are sent once a session: masked weights.</summary>
    public required long SetupBytes { get; init; }

    /// <summary>Online and offline bytes together.</summary>
    public long BytesSentTotal => OnlineBytes + OfflineBytes;

    public required int Rounds { get; init; }

    /// <summary>Counted runs.</summary>
    public required int Repetitions { get; init; }

    /// <summary>Taken from the garbage-collected heap in a run, all processes together.</summary>
    public required long AllocatedBytes { get; init; }

    /// <summary>The peak resident memory of each party's process; in memory, of the one process, which runs float64 too.</summary>
    public required IReadOnlyList<double> PeakMemoryMbByProcess { get; init; }

    /// <summary>The sum.</summary>
    public double PeakMemoryMb => PeakMemoryMbByProcess.Sum();

    public required double MaxAbsError { get; init; }

    /// <summary>Where the exact value is not zero.</summary>
    public required double MaxRelativeError { get; init; }

    /// <summary>Of workloads whose values have parts.</summary>
    public required IReadOnlyDictionary<string, double> MaxAbsErrorByPart { get; init; }

    public void Write(string title, FileInfo? json)
    {
        if (json is not null)
        {
            File.WriteAllText(json.FullName, JsonSerializer.Serialize(this, BenchJson.Default.BenchResult));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{title}: online {OnlineSeconds:F4} s (processor {CpuSeconds:F4} s), {OnlineBytes / 1e6:F3} MB over all parties, {Rounds} rounds; offline {OfflineSeconds:F4} s, {OfflineBytes / 1e6:F3} MB; setup {SetupSeconds:F2} s (masked weights {OpeningSeconds:F2} s), {SetupBytes / 1e6:F3} MB; allocated {AllocatedBytes / 1e6:F1} MB; peak {PeakMemoryMb:F0} MB ({string.Join(", ", PeakMemoryMbByProcess.Select(mb => mb.ToString("F0", CultureInfo.InvariantCulture)))}), largest error {MaxAbsError:E2}{string.Concat(MaxAbsErrorByPart.Select(part => string.Create(CultureInfo.InvariantCulture, $", {part.Key} {part.Value:E2}")))}"));
        // Opened weights: handshakes are some hundred bytes.
        if (SetupBytes >= 1 << 16)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{title}: with the opening of masked weights counted in, as in the first run of a session: online {OnlineSeconds + OpeningSeconds:F4} s, {(OnlineBytes + SetupBytes) / 1e6:F3} MB"));
        }
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(BenchResult))]
[JsonSerializable(typeof(PartyOutcome))]
[JsonSerializable(typeof(ProcessTask))]
[JsonSerializable(typeof(PerformanceFigures))]
internal sealed partial class BenchJson : JsonSerializerContext;
