using System.Text.Json;

namespace SecureTransformer.Architectures;

/// <summary>One text of a decoder, in the clear; padding of the reference left out.</summary>
internal sealed class DecoderCase
{
    public required string Name { get; init; }

    public required int[] Ids { get; init; }

    /// <summary>Where the reference's rows for the tokens stand.</summary>
    public required int[] Rows { get; init; }

    public JsonElement Expected { get; init; }

    public double[] Logits => [.. Rows.SelectMany(r => BertReferenceTests.Flat(Expected.GetProperty("logits")[r]))];

    public static IReadOnlyList<DecoderCase> Load(string model) => [.. Root(model).GetProperty("cases").EnumerateArray().Select(Read)];

    internal static JsonElement Root(string model) =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Reference", model, "expected.json"))).RootElement;

    internal static int[] Integers(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetInt32())];

    private static DecoderCase Read(JsonElement json)
    {
        int[] ids = Integers(json.GetProperty("input_ids"));
        int[] mask = Integers(json.GetProperty("attention_mask"));
        int[] rows = [.. Enumerable.Range(0, ids.Length).Where(i => mask[i] == 1)];
        return new DecoderCase { Name = json.GetProperty("name").GetString()!, Ids = [.. rows.Select(r => ids[r])], Rows = rows, Expected = json.GetProperty("expected") };
    }
}

/// <summary>A greedy continuation that the reference computed.</summary>
internal sealed class GenerationCase
{
    public required string Name { get; init; }

    public required int[] Prompt { get; init; }

    public required int[] NewIds { get; init; }

    /// <summary>By how much the chosen token's logit exceeded the next, at each step.</summary>
    public required double[] Margins { get; init; }

    public required double[] FirstStepLogits { get; init; }

    public static IReadOnlyList<GenerationCase> Load(string model) => [.. DecoderCase.Root(model).GetProperty("generations").EnumerateArray().Select(json => new GenerationCase
    {
        Name = json.GetProperty("name").GetString()!,
        Prompt = DecoderCase.Integers(json.GetProperty("prompt_ids")),
        NewIds = DecoderCase.Integers(json.GetProperty("new_ids")),
        Margins = BertReferenceTests.Flat(json.GetProperty("margins")),
        FirstStepLogits = BertReferenceTests.Flat(json.GetProperty("first_step_logits")),
    })];

    /// <summary>The tokens must be the reference's up to the first step whose margin is at most <paramref name="margin"/>.</summary>
    public void Compare(IReadOnlyList<int> tokens, double margin = 0.1)
    {
        Assert.Equal(NewIds.Length, tokens.Count);
        int sure = Array.FindIndex(Margins, m => m <= margin);
        sure = sure < 0 ? NewIds.Length : sure;
        Assert.True(sure >= 2, $"{Name} compares only {sure} tokens.");
        Assert.Equal(NewIds.Take(sure), tokens.Take(sure));
    }
}
