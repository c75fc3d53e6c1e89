using System.Text;

namespace SecureTransformer.Models;

/// <summary>Reads merges: lines or strings "a b", or pairs.</summary>
internal static class MergesFile
{
    /// <summary>The merges of a <c>tokenizer.json</c>.</summary>
    public static IEnumerable<(string Left, string Right)> Read(JsonFields model)
    {
        int number = 0;
        foreach ((string first, string? second) in model.StringsOrPairs("merges", MergeTable.MaxMerges))
        {
            number++;
            yield return second is not null ? (first, second) : Split(first, number, model.File);
        }
    }

    /// <summary>A <c>merges.txt</c>: a merge a line, perhaps after a line that starts with "#version".</summary>
    public static IEnumerable<(string Left, string Right)> Read(string path)
    {
        byte[] bytes = JsonFile.ReadBounded(path, Vocabulary.MaxBytes);
        string text;
        try
        {
            text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsSpan(3) : bytes);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidDataException($"{path}: the merges are not valid UTF-8 at offset {e.Index}.", e);
        }

        return Lines(text, path);
    }

    private static IEnumerable<(string Left, string Right)> Lines(string text, string path)
    {
        using var reader = new StringReader(text);
        int number = 0;
        while (reader.ReadLine() is { } line)
        {
            if (line.Length > 0 && !(number == 0 && line.StartsWith("#version", StringComparison.Ordinal)))
            {
                yield return Split(line, ++number, path);
            }
        }
    }

    private static (string Left, string Right) Split(string merge, int number, string file)
    {
        int space = merge.IndexOf(' ', StringComparison.Ordinal);
        return space > 0 && space < merge.Length - 1 && merge.IndexOf(' ', space + 1) < 0
            ? (merge[..space], merge[(space + 1)..])
            : throw new InvalidDataException($"{file}: merge {number}, '{Text.Printable(merge)}', is not two tokens with a space between them.");
    }
}
