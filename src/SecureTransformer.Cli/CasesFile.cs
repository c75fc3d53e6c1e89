using System.Text.Json;
using SecureTransformer.Hosting;

namespace SecureTransformer.Cli;

/// <summary>Named inputs in JSON: <c>cases[]</c> with <c>name</c>, <c>input_ids</c> and, where wanted, <c>attention_mask</c>, <c>token_type_ids</c>, <c>position_ids</c>. Anything else in the file is not read.</summary>
internal static class CasesFile
{
    private const long MaxBytes = 256L << 20;

    public static IReadOnlyList<(string Name, ClassificationInput Input)> Load(FileInfo file)
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
            if (document.RootElement.ValueKind != JsonValueKind.Object
                || !document.RootElement.TryGetProperty("cases", out JsonElement cases) || cases.ValueKind != JsonValueKind.Array)
            {
                throw new InvalidDataException($"{file.Name} has no array 'cases'.");
            }

            var result = new List<(string, ClassificationInput)>();
            foreach (JsonElement element in cases.EnumerateArray())
            {
                string where = $"{file.Name}: case {result.Count}";
                if (element.ValueKind != JsonValueKind.Object || !element.TryGetProperty("name", out JsonElement name) || name.ValueKind != JsonValueKind.String)
                {
                    throw new InvalidDataException($"{where} has no 'name'.");
                }

                var input = new ClassificationInput
                {
                    InputIds = Integers(element, "input_ids", where, required: true),
                    AttentionMask = Integers(element, "attention_mask", where),
                    TokenTypeIds = Integers(element, "token_type_ids", where),
                    PositionIds = Integers(element, "position_ids", where),
                };
                result.Add((name.GetString()!, input));
            }

            return result;
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{file.Name} is no JSON: {error.Message}");
        }
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
