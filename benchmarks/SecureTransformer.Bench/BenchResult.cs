using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SecureTransformer.Bench;

/// <summary>What one benchmark measured. Bytes and rounds as docs/design.md defines them.</summary>
internal sealed class BenchResult
{
    public required double Seconds { get; init; }

    public required double SetupSeconds { get; init; }

    public required long BytesSentTotal { get; init; }

    public required int Rounds { get; init; }

    public required double PeakMemoryMb { get; init; }

    public required double MaxAbsError { get; init; }

    public void Write(string title, FileInfo? json)
    {
        if (json is not null)
        {
            File.WriteAllText(json.FullName, JsonSerializer.Serialize(this, BenchJson.Default.BenchResult));
        }

        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{title}: {Seconds:F4} s, setup {SetupSeconds:F2} s, {BytesSentTotal / 1e6:F3} MB over all parties, {Rounds} rounds, peak {PeakMemoryMb:F0} MB, largest error {MaxAbsError:E2}"));
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(BenchResult))]
internal sealed partial class BenchJson : JsonSerializerContext;
