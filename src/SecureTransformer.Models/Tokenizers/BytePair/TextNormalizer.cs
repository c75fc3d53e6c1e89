namespace SecureTransformer.Models;

/// <summary>Puts a prefix before a text and replaces strings in it, in the order of the file.</summary>
internal sealed class TextNormalizer
{
    private const string Supported = "are Prepend, Replace of a 'String', a Sequence of these, and none";

    /// <summary>All steps together make a text at most about this many times longer.</summary>
    private const int MaxGrowth = 16;

    private const int MaxSteps = 16;

    /// <summary>Without a string to replace, the step prepends.</summary>
    private readonly List<(string? Replaced, string Content)> _steps = [];

    private int _growth = 1;

    /// <param name="json">The top of a <c>tokenizer.json</c>.</param>
    public static TextNormalizer Read(JsonFields json)
    {
        var normalizer = new TextNormalizer();
        if (json.Object("normalizer") is { } part)
        {
            normalizer.Add(part);
        }

        return normalizer;
    }

    public string Apply(string text)
    {
        foreach ((string? replaced, string content) in _steps)
        {
            if (text.Length > 0)
            {
                text = replaced is null ? content + text : text.Replace(replaced, content, StringComparison.Ordinal);
            }
        }

        return text;
    }

    private void Add(JsonFields part)
    {
        string type = part.RequiredString("type");
        switch (type)
        {
            case "Sequence":
                foreach (JsonFields step in part.Objects("normalizers", MaxSteps))
                {
                    Add(step);
                }

                return;
            case "Prepend":
                Add(part, "prepend", null);
                return;
            case "Replace":
                Add(part, "content", ReadPattern(part));
                return;
            default:
                throw part.Unsupported("type", type, Supported);
        }
    }

    /// <summary>The string that a Replace, of a normalizer or a decoder, looks for.</summary>
    public static string ReadPattern(JsonFields part) => part.RequiredObject("pattern").String("String") is { Length: > 0 } pattern
        ? pattern
        : throw part.Error("pattern", "is not a 'String', which alone is supported");

    private void Add(JsonFields part, string key, string? replaced)
    {
        string content = part.RequiredString(key);
        int factor = replaced is null ? 1 : Math.Max(1, (content.Length + replaced.Length - 1) / replaced.Length);
        if (content.Length > MaxGrowth || factor * _growth > MaxGrowth)
        {
            throw part.Error(key, $"makes a text more than {MaxGrowth} times longer");
        }

        _growth *= factor;
        if (_steps.Count == MaxSteps)
        {
            throw part.Error("type", $"is of a normalizer with more than {MaxSteps} steps");
        }

        _steps.Add((replaced, content));
    }
}
