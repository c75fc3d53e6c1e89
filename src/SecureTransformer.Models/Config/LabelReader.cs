using System.Globalization;
using System.Text.Json;

namespace SecureTransformer.Models;

/// <summary>Reads the class labels of a configuration: <c>id2label</c>, or <c>num_labels</c> with Hugging Face's names.</summary>
internal static class LabelReader
{
    /// <summary>Hugging Face's number of labels where a configuration says nothing.</summary>
    private const int DefaultCount = 2;

    public static IReadOnlyList<string> Read(JsonFields config)
    {
        int? count = config.Count("num_labels", ConfigBounds.Labels);
        if (config.Object("id2label") is not { } map)
        {
            return [.. Enumerable.Range(0, count ?? DefaultCount).Select(i => $"LABEL_{i}")];
        }

        List<string> keys = [.. map.Names];
        if (keys.Count is 0 or > ConfigBounds.Labels || (count is { } n && n != keys.Count))
        {
            throw config.Error("id2label", $"has {keys.Count} labels" + (count is null ? "" : $", and num_labels is {count}"));
        }

        string[] labels = new string[keys.Count];
        foreach (string key in keys)
        {
            if (!int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out int id) || id >= labels.Length || labels[id] is not null)
            {
                throw config.Error("id2label", $"has the key '{Text.Printable(key)}'; the keys must be 0 to {labels.Length - 1}, each once");
            }

            labels[id] = map.RequiredString(key);
        }

        return labels.AsReadOnly();
    }

    public static void Write(Utf8JsonWriter writer, IReadOnlyList<string> labels)
    {
        writer.WriteStartObject("id2label");
        for (int i = 0; i < labels.Count; i++)
        {
            writer.WriteString(i.ToString(CultureInfo.InvariantCulture), labels[i]);
        }

        writer.WriteEndObject();
    }
}
