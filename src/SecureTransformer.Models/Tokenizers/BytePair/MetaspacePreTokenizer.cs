using System.Text;

namespace SecureTransformer.Models;

/// <summary>Writes spaces as a visible character, perhaps puts one in front, and perhaps starts a word at each (Kudo and Richardson, 2018, section 3).</summary>
internal sealed class MetaspacePreTokenizer : PreTokenizer
{
    private readonly char _replacement;
    private readonly string _scheme;
    private readonly bool _split;

    private MetaspacePreTokenizer(char replacement, string scheme, bool split)
    {
        _replacement = replacement;
        _scheme = scheme;
        _split = split;
    }

    /// <summary>Reads the older form, with <c>add_prefix_space</c>, and the newer one, with <c>prepend_scheme</c> and <c>split</c>.</summary>
    public static MetaspacePreTokenizer Read(JsonFields part) => new(ReadReplacement(part), ReadScheme(part), part.Boolean("split") ?? true);

    public static char ReadReplacement(JsonFields part)
    {
        string replacement = part.String("replacement") ?? "\u2581";
        return replacement.Length == 1 ? replacement[0] : throw part.Unsupported("replacement", replacement, "is a single character of the basic plane");
    }

    public static string ReadScheme(JsonFields part)
    {
        string scheme = part.String("prepend_scheme") ?? "always";
        if (scheme is not ("always" or "first" or "never"))
        {
            throw part.Unsupported("prepend_scheme", scheme, "are always, first and never");
        }

        if (part.Boolean("add_prefix_space") != false)
        {
            return scheme;
        }

        return part.String("prepend_scheme") is null or "never" ? "never" : throw part.Error("add_prefix_space", "is false, which contradicts 'prepend_scheme'");
    }

    public override void Append(ReadOnlySpan<char> section, bool atStart, BytePairModel model, List<int> ids)
    {
        if (section.IsEmpty)
        {
            return;
        }

        bool prepend = (_scheme == "always" || (_scheme == "first" && atStart)) && section[0] != ' ' && section[0] != _replacement;
        ReadOnlySpan<char> text = new StringBuilder(section.Length + 1).Append(prepend ? _replacement.ToString() : "").Append(section).Replace(' ', _replacement).ToString();
        while (!text.IsEmpty)
        {
            int next = _split ? text[1..].IndexOf(_replacement) : -1;
            int length = next < 0 ? text.Length : next + 1;
            model.Append(text[..length], ids);
            text = text[length..];
        }
    }
}
