using System.Buffers;
using System.Globalization;

namespace SecureTransformer.Models;

/// <summary>How tokens become bytes of UTF-8: the decoder of a <c>tokenizer.json</c>.</summary>
internal sealed class TokenRendering
{
    private const string Supported =
        "are ByteLevel, Metaspace, and a Sequence of Replace of a 'String', ByteFallback, Fuse and Strip in this order";

    private const int MaxSteps = 16;

    /// <summary>All replacements together make a token at most about this many times longer.</summary>
    private const int MaxGrowth = 16;

    private int _growth = 1;

    private readonly List<(string Replaced, string Content)> _replacements = [];
    private char? _metaspace;
    private bool _byteFallback;

    private TokenRendering()
    {
    }

    /// <summary>Whether tokens are written in the characters of <see cref="ByteCharacters"/>.</summary>
    public bool IsByteLevel { get; private set; }

    /// <summary>What the text loses at its start, and how many of it at most.</summary>
    public (char Character, int Count) Strip { get; private set; }

    /// <summary>Whether the first token loses the characters that stand for spaces.</summary>
    public bool FirstIsPlain { get; private set; }

    public static TokenRendering ByteLevel() => new() { IsByteLevel = true };

    /// <param name="json">The top of a <c>tokenizer.json</c>.</param>
    public static TokenRendering Read(JsonFields json)
    {
        JsonFields part = json.Object("decoder") ?? throw json.Error("decoder", $"is missing; supported {Supported}");
        var rendering = new TokenRendering();
        int order = 0;
        foreach (JsonFields step in part.RequiredString("type") == "Sequence" ? part.Objects("decoders", MaxSteps) : [part])
        {
            rendering.Add(step, ref order);
        }

        return rendering;
    }

    /// <summary>Appends the bytes of a token; an added token stands for itself.</summary>
    public void Append(string token, bool isAdded, bool isFirst, ArrayBufferWriter<byte> bytes)
    {
        if (IsByteLevel)
        {
            if (isAdded)
            {
                ByteCharacters.AppendUtf8(token, bytes);
            }
            else
            {
                ByteCharacters.AppendBytes(token, bytes);
            }

            return;
        }

        if (_metaspace is { } replacement)
        {
            token = FirstIsPlain && isFirst ? token.Replace($"{replacement}", "", StringComparison.Ordinal) : token.Replace(replacement, ' ');
        }

        foreach ((string replaced, string content) in _replacements)
        {
            token = token.Replace(replaced, content, StringComparison.Ordinal);
        }

        if (_byteFallback && token.Length == 6 && token.StartsWith("<0x", StringComparison.Ordinal) && token[5] == '>'
            && byte.TryParse(token.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value))
        {
            bytes.Write([value]);
            return;
        }

        ByteCharacters.AppendUtf8(token, bytes);
    }

    private void Add(JsonFields part, ref int order)
    {
        string type = part.RequiredString("type");
        int place = type switch
        {
            "ByteLevel" or "Metaspace" => 1,
            "Replace" => 2,
            "ByteFallback" => 3,
            "Fuse" => 4,
            "Strip" => 5,
            _ => throw part.Unsupported("type", type, Supported),
        };

        // Replace alone may come several times; Strip without Fuse would cut every token.
        if (place < order || (place == order && type != "Replace") || (type == "Strip" && order != 4) || (IsByteLevel && type != "Fuse"))
        {
            throw part.Error("type", $"is '{type}' out of order; supported {Supported}");
        }

        order = place;
        switch (type)
        {
            case "ByteLevel":
                IsByteLevel = true;
                break;
            case "Metaspace":
                _metaspace = MetaspacePreTokenizer.ReadReplacement(part);
                FirstIsPlain = MetaspacePreTokenizer.ReadScheme(part) != "never";
                break;
            case "Replace":
                string replaced = TextNormalizer.ReadPattern(part);
                _replacements.Add((replaced, ReadContent(part, replaced)));
                break;
            case "ByteFallback":
                _byteFallback = true;
                break;
            case "Strip":
                Strip = ReadStrip(part);
                break;
            default:
                break;
        }
    }

    private string ReadContent(JsonFields part, string replaced)
    {
        string content = part.RequiredString("content");
        int factor = Math.Max(1, (content.Length + replaced.Length - 1) / replaced.Length);
        if (content.Length > MaxGrowth || factor * _growth > MaxGrowth)
        {
            throw part.Error("content", $"makes a token more than {MaxGrowth} times longer");
        }

        _growth *= factor;
        return content;
    }

    private static (char, int) ReadStrip(JsonFields part)
    {
        string content = part.RequiredString("content");
        int stop = part.Index("stop", int.MaxValue) ?? 0;
        return content.Length == 1 && stop == 0
            ? (content[0], part.Index("start", int.MaxValue) ?? 0)
            : throw part.Error("type", "is Strip of more than one kind of character, or at the end; supported is one at the start");
    }
}
