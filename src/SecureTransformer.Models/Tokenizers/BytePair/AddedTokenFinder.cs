using System.Buffers;
using System.Globalization;
using System.Text;

namespace SecureTransformer.Models;

/// <summary>Finds added tokens in a text: the leftmost, and of several there the longest, as Hugging Face's tokenizers do.</summary>
internal sealed class AddedTokenFinder
{
    /// <summary>The search automaton takes memory in proportion to the tokens' characters.</summary>
    private const int MaxCharacters = 1_000_000;

    /// <summary>Each length that occurs is looked up where a token is found, so their number and size bound the time.</summary>
    private const int MaxLength = 256;

    private readonly Dictionary<string, AddedToken> _tokens = new(StringComparer.Ordinal);
    private readonly int[] _lengths;
    private readonly SearchValues<string> _search;

    /// <param name="tokens">The tokens.</param>
    /// <param name="written">How the text writes a token.</param>
    /// <param name="file">Where the tokens come from.</param>
    public AddedTokenFinder(IEnumerable<AddedToken> tokens, Func<string, string> written, string file)
    {
        foreach (AddedToken token in tokens)
        {
            if (written(token.Content) is { Length: > 0 } text)
            {
                _tokens.TryAdd(text, token);
            }
        }

        if (_tokens.Keys.Sum(t => (long)t.Length) > MaxCharacters)
        {
            throw new InvalidDataException($"{file}: the added tokens have more than {MaxCharacters} characters together.");
        }

        if (_tokens.Keys.Any(t => t.Length > MaxLength))
        {
            throw new InvalidDataException($"{file}: an added token has more than {MaxLength} characters.");
        }

        _lengths = [.. _tokens.Keys.Select(t => t.Length).Distinct().OrderDescending()];
        _search = SearchValues.Create([.. _tokens.Keys], StringComparison.Ordinal);
    }

    /// <returns>Stretches that cover the text, none of them empty, each with the id of its token or null for plain text.</returns>
    public List<(Range Range, int? Id)> Split(ReadOnlySpan<char> text)
    {
        var sections = new List<(Range, int?)>();
        int plain = 0;
        int position = 0;
        while (position < text.Length)
        {
            int found = text[position..].IndexOfAny(_search);
            if (found < 0)
            {
                break;
            }

            int start = position + found;
            AddedToken token = Longest(text[start..], out int length);
            int end = start + length;
            position = end;
            if (token.SingleWord && (EndsWithWord(text[..start]) || StartsWithWord(text[end..])))
            {
                continue;
            }

            while (token.StripsLeft && start > plain && char.IsWhiteSpace(text[start - 1]))
            {
                start--;
            }

            while (token.StripsRight && end < text.Length && char.IsWhiteSpace(text[end]))
            {
                end++;
            }

            if (start > plain)
            {
                sections.Add((plain..start, null));
            }

            sections.Add((start..end, token.Id));
            plain = end;
            position = end;
        }

        if (plain < text.Length)
        {
            sections.Add((plain..text.Length, null));
        }

        return sections;
    }

    private AddedToken Longest(ReadOnlySpan<char> text, out int length)
    {
        var tokens = _tokens.GetAlternateLookup<ReadOnlySpan<char>>();
        foreach (int candidate in _lengths)
        {
            if (candidate <= text.Length && tokens.TryGetValue(text[..candidate], out AddedToken? token))
            {
                length = candidate;
                return token;
            }
        }

        throw new InvalidOperationException("A token was found and is not there.");
    }

    private static bool EndsWithWord(ReadOnlySpan<char> text) => Rune.DecodeLastFromUtf16(text, out Rune rune, out _) == OperationStatus.Done && IsWord(rune);

    private static bool StartsWithWord(ReadOnlySpan<char> text) => Rune.DecodeFromUtf16(text, out Rune rune, out _) == OperationStatus.Done && IsWord(rune);

    /// <summary>The Unicode Technical Standard 18, Annex C: <c>\w</c>; the circled letters are its alphabetic symbols.</summary>
    private static bool IsWord(Rune rune) =>
        rune.Value is 0x200C or 0x200D or (>= 0x24B6 and <= 0x24E9) or (>= 0x1F130 and <= 0x1F149) or (>= 0x1F150 and <= 0x1F169) or (>= 0x1F170 and <= 0x1F189)
        || Rune.GetUnicodeCategory(rune) is <= UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation;
}
