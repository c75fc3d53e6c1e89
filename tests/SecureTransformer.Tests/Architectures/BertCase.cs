using System.Text.Json;

namespace SecureTransformer.Architectures;

/// <summary>One input of a BERT model, in the clear.</summary>
internal sealed class BertCase
{
    public required string Name { get; init; }

    public required int[] InputIds { get; init; }

    public required bool[] Mask { get; init; }

    public required int[] TokenTypes { get; init; }

    /// <summary>Whether padding is computed on.</summary>
    public bool ComputePadding { get; init; }

    /// <summary>What the reference computes; undefined for cases made by tests.</summary>
    public JsonElement Expected { get; init; }

    public int Length => InputIds.Length;

    /// <summary>The tokens that are not padding.</summary>
    public int[] Real => [.. Enumerable.Range(0, Length).Where(i => Mask[i])];

    /// <summary>The golden cases of a reference model.</summary>
    public static IReadOnlyList<BertCase> Load(string model)
    {
        byte[] json = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Reference", model, "expected.json"));
        JsonElement root = JsonDocument.Parse(json).RootElement;
        return [.. root.GetProperty("cases").EnumerateArray().Select(Read)];
    }

    private static BertCase Read(JsonElement json)
    {
        int[] ids = Integers(json.GetProperty("input_ids"));
        return new BertCase
        {
            Name = json.GetProperty("name").GetString()!,
            InputIds = ids,
            Mask = [.. Integers(json.GetProperty("attention_mask")).Select(m => m == 1)],
            TokenTypes = json.TryGetProperty("token_type_ids", out JsonElement types) ? Integers(types) : new int[ids.Length],
            Expected = json.GetProperty("expected"),
        };

        static int[] Integers(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];
    }
}
