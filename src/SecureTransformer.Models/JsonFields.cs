using System.Text.Json;

namespace SecureTransformer.Models;

/// <summary>A JSON object from a file, read by key; every complaint names the file and the key. A key whose value is null counts as absent.</summary>
internal readonly struct JsonFields(JsonElement element, string file, string path)
{
    public string File { get; } = file;

    public IEnumerable<string> Names
    {
        get
        {
            foreach (JsonProperty property in element.EnumerateObject())
            {
                yield return NameOf(property);
            }
        }
    }

    public bool Has(string key) => Find(key) is not null;

    public int RequiredCount(string key, int max) => Count(key, max) ?? throw Missing(key);

    /// <summary>A whole number from 1 to a bound.</summary>
    public int? Count(string key, int max)
    {
        if (Find(key) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && number >= 1 && number <= max
            ? (int)number
            : throw Error(key, $"must be a whole number from 1 to {max}, and is {Show(value)}");
    }

    /// <summary>A whole number from 0 to a bound.</summary>
    public int? Index(string key, int max)
    {
        if (Find(key) is not { } value)
        {
            return null;
        }

        return IndexOf(value, key, max);
    }

    /// <summary>All keys with their values, which are whole numbers from 0 to a bound. One pass: looking up each key would take quadratic time.</summary>
    public IEnumerable<KeyValuePair<string, int>> IndexEntries(int max)
    {
        foreach (JsonProperty property in element.EnumerateObject())
        {
            string name = NameOf(property);
            yield return new KeyValuePair<string, int>(name, IndexOf(property.Value, name, max));
        }
    }

    /// <summary>An array of whole numbers from 0 to a bound.</summary>
    public IReadOnlyList<int> Indices(string key, int max)
    {
        JsonFields fields = this;
        return [.. Elements(key).Select(e => fields.IndexOf(e, key, max))];
    }

    /// <summary>One whole number from 0 to a bound, or an array of them; nothing where the key is absent.</summary>
    public IReadOnlyList<int> IndexOrIndices(string key, int max, int maxCount)
    {
        if (Find(key) is not { ValueKind: JsonValueKind.Array } array)
        {
            return Index(key, max) is { } one ? [one] : [];
        }

        int length = array.GetArrayLength();
        if (length > maxCount)
        {
            throw Error(key, $"has {length} numbers; at most {maxCount} are supported");
        }

        int[] numbers = new int[length];
        for (int i = 0; i < length; i++)
        {
            JsonElement value = array[i];
            numbers[i] = value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && number >= 0 && number <= max
                ? (int)number
                : throw Error(key, $"must hold whole numbers from 0 to {max}, and holds {Show(value)}");
        }

        return numbers.AsReadOnly();
    }

    /// <summary>A finite number.</summary>
    public double? Number(string key)
    {
        if (Find(key) is not { } value)
        {
            return null;
        }

        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number)
            ? number
            : throw Error(key, $"must be a finite number, and is {Show(value)}");
    }

    public double RequiredNumber(string key) => Number(key) ?? throw Missing(key);

    public bool? Boolean(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        { } value => throw Error(key, $"must be true or false, and is {Show(value)}"),
    };

    public string? String(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value => StringOf(value, key),
        { } value => throw Error(key, $"must be a string, and is {Show(value)}"),
    };

    public string RequiredString(string key) => String(key) ?? throw Missing(key);

    public JsonFields? Object(string key) => Find(key) switch
    {
        null => null,
        { ValueKind: JsonValueKind.Object } value => new JsonFields(value, File, path + key + "."),
        { } value => throw Error(key, $"must be an object, and is {Show(value)}"),
    };

    public JsonFields RequiredObject(string key) => Object(key) ?? throw Missing(key);

    public bool IsObject(string key) => Find(key) is { ValueKind: JsonValueKind.Object };

    public IReadOnlyList<string> Strings(string key)
    {
        string self = key;
        JsonFields fields = this;
        return [.. Elements(key).Select(e => e.ValueKind == JsonValueKind.String ? fields.StringOf(e, self) : throw fields.Error(self, $"must hold strings, and holds {Show(e)}"))];
    }

    public IReadOnlyList<JsonFields> Objects(string key, int maxCount = int.MaxValue)
    {
        JsonFields fields = this;
        return [.. Elements(key, maxCount).Select(e => e.ValueKind == JsonValueKind.Object
            ? new JsonFields(e, fields.File, fields.Path + key + "[].")
            : throw fields.Error(key, $"must hold objects, and holds {Show(e)}"))];
    }

    /// <summary>The elements of an array of strings and objects; of the two parts of each, one is null.</summary>
    public IEnumerable<(string? Text, JsonFields? Fields)> StringsOrObjects(string key, int maxCount)
    {
        foreach (JsonElement e in Elements(key, maxCount))
        {
            yield return e.ValueKind switch
            {
                JsonValueKind.String => (StringOf(e, key), null),
                JsonValueKind.Object => (null, new JsonFields(e, File, path + key + "[].")),
                _ => throw Error(key, $"must hold strings or objects, and holds {Show(e)}"),
            };
        }
    }

    /// <summary>The elements of an array of strings and of pairs of strings; the second part of a lone string is null.</summary>
    public IEnumerable<(string First, string? Second)> StringsOrPairs(string key, int maxCount)
    {
        foreach (JsonElement e in Elements(key, maxCount))
        {
            bool pair = e.ValueKind == JsonValueKind.Array && e.GetArrayLength() == 2
                && e[0].ValueKind == JsonValueKind.String && e[1].ValueKind == JsonValueKind.String;
            if (!pair && e.ValueKind != JsonValueKind.String)
            {
                throw Error(key, $"must hold strings or pairs of strings, and holds {Show(e)}");
            }

            yield return pair ? (StringOf(e[0], key), StringOf(e[1], key)) : (StringOf(e, key), null);
        }
    }

    /// <summary>The first element of an array such as ["[SEP]", 102], which must be a string.</summary>
    public string PairFirst(string key)
    {
        List<JsonElement> elements = Elements(key);
        return elements.Count == 2 && elements[0].ValueKind == JsonValueKind.String
            ? StringOf(elements[0], key)
            : throw Error(key, "must be a token and its id");
    }

    public InvalidDataException Error(string key, string problem) => new($"{File}: '{Text.Printable(path + key)}' {problem}.");

    public InvalidDataException Unsupported(string key, string value, string supported) =>
        Error(key, $"is '{Text.Printable(value)}'; supported {supported}");

    public InvalidDataException Missing(string key) => Error(key, "is missing");

    private string Path => path;

    private List<JsonElement> Elements(string key, int maxCount = int.MaxValue) => Find(key) switch
    {
        null => [],
        { ValueKind: JsonValueKind.Array } value when value.GetArrayLength() > maxCount => throw Error(key, $"has {value.GetArrayLength()} entries; the limit is {maxCount}"),
        { ValueKind: JsonValueKind.Array } value => [.. value.EnumerateArray()],
        { } value => throw Error(key, $"must be an array, and is {Show(value)}"),
    };

    private JsonElement? Find(string key) =>
        element.TryGetProperty(key, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    private int IndexOf(JsonElement value, string key, int max) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out long number) && number >= 0 && number <= max
            ? (int)number
            : throw Error(key, $"must be a whole number from 0 to {max}, and is {Show(value)}");

    private string StringOf(JsonElement value, string key)
    {
        try
        {
            return value.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException($"{File}: '{Text.Printable(path + key)}' holds half of a surrogate pair.", e);
        }
    }

    private string NameOf(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException($"{File}: a key within '{Text.Printable(path)}' holds half of a surrogate pair.", e);
        }
    }

    private static string Show(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String => "a string",
        _ => Text.Printable(value.GetRawText()),
    };
}
