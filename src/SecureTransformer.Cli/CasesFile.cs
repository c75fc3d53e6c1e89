using System.Text.Json;
using SecureTransformer.Hosting;

namespace SecureTransformer.Cli;

/// <summary>
/// Named inputs in JSON: <c>cases[]</c> with <c>name</c>, <c>input_ids</c> and, where wanted, <c>attention_mask</c>, <c>token_type_ids</c>, <c>position_ids</c>;
/// <c>generations[]</c> with <c>name</c>, <c>prompt_ids</c> or <c>prompt_text</c>, and <c>new_ids</c>, of which the number is read. Anything else in the file is not.
/// </summary>
internal sealed class CasesFile
{
    private const long MaxBytes = 256L << 20;
    private const int DefaultNewTokens = 20;

    private CasesFile(IReadOnlyList<(string Name, ClassificationInput Input)> cases, IReadOnlyList<GenerationRequest> generations)
    {
        Cases = cases;
        Generations = generations;
    }

    public IReadOnlyList<(string Name, ClassificationInput Input)> Cases { get; }

    public IReadOnlyList<GenerationRequest> Generations { get; }

    public static CasesFile Load(FileInfo file)
    {
        if (!file.Exists)
        {
            throw new FileNotFoundException($"There is no file {file.FullName}.");
        }

        if (file.Length > MaxBytes)
        {
            throw new InvalidDataException($"{file.Name} has {file.Length} bytes; a cases file has at most {MaxBytes}.");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(file.FullName));
            List<(string, ClassificationInput)>? cases = Read(document.RootElement, "cases", "case", file.Name, (element, name, where) => (name, new ClassificationInput
            {
                InputIds = Integers(element, "input_ids", where, required: true),
                AttentionMask = Integers(element, "attention_mask", where),
                TokenTypeIds = Integers(element, "token_type_ids", where),
                PositionIds = Integers(element, "position_ids", where),
            }));
            List<GenerationRequest>? generations = Read(document.RootElement, "generations", "generation", file.Name, (element, name, where) =>
            {
                int[] prompt = Integers(element, "prompt_ids", where);
                string? text = element.TryGetProperty("prompt_text", out JsonElement given) && given.ValueKind == JsonValueKind.String ? given.GetString() : null;
                int[] answer = Integers(element, "new_ids", where);
                return prompt.Length > 0 || text is not null
                    ? new GenerationRequest(name, prompt, text, answer.Length > 0 ? answer.Length : DefaultNewTokens)
                    : throw new InvalidDataException($"{where} has neither 'prompt_ids' nor 'prompt_text'.");
            });
            return cases is null && generations is null
                ? throw new InvalidDataException($"{file.Name} has no array 'cases', and none 'generations'.")
                : new CasesFile(cases ?? [], generations ?? []);
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{file.Name} is no JSON: {error.Message}");
        }
    }

    /// <summary>The named elements of an array; null where the file has none of its name.</summary>
    private static List<T>? Read<T>(JsonElement root, string property, string one, string file, Func<JsonElement, string, string, T> read)
    {
        if (root.ValueKind != JsonValueKind.Object || !root.TryGetProperty(property, out JsonElement array))
        {
            return null;
        }

        if (array.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidDataException($"{file} has no array '{property}', but something else of that name.");
        }

        var result = new List<T>();
        foreach (JsonElement element in array.EnumerateArray())
        {
            string where = $"{file}: {one} {result.Count}";
            result.Add(element.ValueKind == JsonValueKind.Object && element.TryGetProperty("name", out JsonElement name) && name.ValueKind == JsonValueKind.String
                ? read(element, name.GetString()!, where)
                : throw new InvalidDataException($"{where} has no 'name'."));
        }

        return result;
    }

    private static int[] Integers(JsonElement element, string property, string where, bool required = false)
    {
        if (!element.TryGetProperty(property, out JsonElement array) || array.ValueKind == JsonValueKind.Null)
        {
            return required ? throw new InvalidDataException($"{where} has no '{property}'.") : [];
        }

        if (array.ValueKind != JsonValueKind.Array)
        {
            throw new InvalidDataException($"{where}: '{property}' is no array.");
        }

        return [.. array.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out int v)
            ? v
            : throw new InvalidDataException($"{where}: '{property}' has an entry that is no 32-bit integer."))];
    }
}

/// <summary>A prompt to continue greedily: ids, or else a text.</summary>
internal sealed class GenerationRequest(string name, IReadOnlyList<int> promptIds, string? promptText, int newTokens)
{
    public string Name { get; } = name;

    public IReadOnlyList<int> PromptIds { get; } = promptIds;

    public string? PromptText { get; } = promptText;

    public int NewTokens { get; } = newTokens;
}
