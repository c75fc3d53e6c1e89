using System.Text.Json;
using System.Text.Json.Serialization;
using SecureTransformer.Distillation;

namespace DistilledTriage;

/// <summary>The table, for people and as JSON.</summary>
internal static class Table
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) } };

    public static void Show(IReadOnlyList<Row> rows, Plan plan)
    {
        Console.WriteLine();
        Console.WriteLine($"Accuracy in plaintext on {plan.HeldOutSentences:N0} held-out sentences; on secret shares on {plan.PrivateSentences:N0} of them. Seconds, bytes and rounds are means of a sentence.");
        Console.WriteLine();
        Console.WriteLine("| Model | functions | plaintext | protocol | on shares | the same in plaintext | same label | seconds | MB | of them offline | rounds |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|---|---|---|");
        foreach (Row row in rows)
        {
            foreach (ClassifierEvaluation p in row.Private)
            {
                Console.WriteLine(
                    $"| {row.Model} | {row.Functions} | {100 * row.Accuracy:F2} % | {p.Protocol} | {100 * p.Accuracy:F2} % | {100 * p.PlaintextAccuracy:F2} % | {100 * p.SameClass:F2} % | {p.Seconds:F4} | {p.Bytes / 1e6:F3} | {p.BytesOffline / 1e6:F3} | {p.Rounds:F0} |");
            }
        }
    }

    public static void Write(IReadOnlyList<Row> rows, string? path)
    {
        if (path is not null)
        {
            File.WriteAllText(path, JsonSerializer.Serialize(rows, s_json) + "\n");
        }
    }
}
