using System.Collections.Frozen;
using System.Globalization;
using System.Text;

namespace SecureTransformer.Models;

/// <summary>
/// The regular expressions that published byte-level tokenizers split text with, each recognized by its text and run by a scanner whose time is
/// linear in the text; a backtracking engine is not, and the .NET one without backtracking lacks the look-ahead of <c>\s+(?!\S)</c>.
/// Letters and numbers are of the runtime's version of Unicode.
/// </summary>
internal sealed class SplitPattern
{
    /// <summary>GPT-2 (Radford et al., 2019).</summary>
    public static readonly SplitPattern Gpt2 = new(Form.Gpt2, int.MaxValue);

    /// <summary>Numbers apart from all else.</summary>
    public static readonly SplitPattern Numbers = new(Form.Digits, int.MaxValue);

    /// <summary>Each digit apart from all else.</summary>
    public static readonly SplitPattern Digits = new(Form.Digits, 1);

    private static readonly SplitPattern ThreeDigits = new(Form.Newer, 3);
    private static readonly SplitPattern OneDigit = new(Form.Newer, 1);

    /// <summary>The texts of one pattern differ in what changes no match: possessive quantifiers, and order or grouping of disjoint alternatives.</summary>
    private static readonly FrozenDictionary<string, SplitPattern> Known = new Dictionary<string, SplitPattern>
    {
        [@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"] = Gpt2,
        [@"'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"] = Gpt2,

        // Llama 3, and GPT-4's cl100k_base.
        [@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"] = ThreeDigits,
        [@"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]++[\r\n]*|\s*[\r\n]|\s+(?!\S)|\s+"] = ThreeDigits,

        // Qwen2 and Qwen2.5.
        [@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"] = OneDigit,
    }.ToFrozenDictionary(StringComparer.Ordinal);

    private readonly Form _form;
    private readonly int _maxDigits;

    private SplitPattern(Form form, int maxDigits)
    {
        _form = form;
        _maxDigits = maxDigits;
    }

    private enum Form
    {
        Gpt2,
        Newer,
        Digits,
    }

    private enum Class
    {
        Letter,
        Number,
        Space,
        Other,
    }

    /// <returns>The pattern, or null if it is not a known one.</returns>
    public static SplitPattern? Find(string pattern) => Known.GetValueOrDefault(pattern);

    /// <summary>The end of the match at the start of a text that is not empty. Every text is covered by matches without gaps.</summary>
    public int FirstLength(ReadOnlySpan<char> text)
    {
        if (_form == Form.Digits)
        {
            return FirstOfDigits(text);
        }

        int contraction = Contraction(text, ignoreCase: _form == Form.Newer);
        if (contraction > 0)
        {
            return contraction;
        }

        return _form == Form.Gpt2 ? FirstOfGpt2(text) : FirstOfNewer(text);
    }

    private static int FirstOfGpt2(ReadOnlySpan<char> text)
    {
        int start = text[0] == ' ' && text.Length > 1 ? 1 : 0;
        Class kind = ClassOf(text[start..], out int length);
        return kind == Class.Space ? Spaces(text, Run(text, 0, Class.Space)) : Run(text, start + length, kind);
    }

    private int FirstOfNewer(ReadOnlySpan<char> text)
    {
        Class kind = ClassOf(text, out int length);
        if (kind == Class.Letter)
        {
            return Run(text, length, Class.Letter);
        }

        if (kind == Class.Number)
        {
            return Number(text);
        }

        if (text[0] is not ('\r' or '\n') && length < text.Length && ClassOf(text[length..], out int first) == Class.Letter)
        {
            return Run(text, length + first, Class.Letter);
        }

        int start = text[0] == ' ' && text.Length > 1 ? 1 : 0;
        if (ClassOf(text[start..], out length) == Class.Other)
        {
            int end = Run(text, start + length, Class.Other);
            while (end < text.Length && text[end] is '\r' or '\n')
            {
                end++;
            }

            return end;
        }

        int spaces = Run(text, 0, Class.Space);
        int newline = text[..spaces].LastIndexOfAny('\r', '\n');
        return newline >= 0 ? newline + 1 : Spaces(text, spaces);
    }

    private int FirstOfDigits(ReadOnlySpan<char> text)
    {
        int end = Number(text);
        if (end == 0)
        {
            while (end < text.Length && ClassOf(text[end..], out int length) != Class.Number)
            {
                end += length;
            }
        }

        return end;
    }

    /// <returns>The end of the number at the start of the text, of at most so many digits as are allowed; 0 if there is none.</returns>
    private int Number(ReadOnlySpan<char> text)
    {
        int end = 0;
        for (int digits = 0; digits < _maxDigits && end < text.Length && ClassOf(text[end..], out int length) == Class.Number; digits++)
        {
            end += length;
        }

        return end;
    }

    /// <summary>Leaves the last of several spaces to what follows it. All white space is one UTF-16 unit.</summary>
    private static int Spaces(ReadOnlySpan<char> text, int run) => run > 1 && run < text.Length ? run - 1 : run;

    /// <summary>Under the newer patterns the long s, U+017F, is an s too.</summary>
    private static int Contraction(ReadOnlySpan<char> text, bool ignoreCase)
    {
        if (text.Length < 2 || text[0] != '\'')
        {
            return 0;
        }

        char first = Fold(text[1]);
        if (first is 's' or 't' or 'm' or 'd')
        {
            return 2;
        }

        return text.Length > 2 && (first, Fold(text[2])) is ('r', 'e') or ('v', 'e') or ('l', 'l') ? 3 : 0;

        char Fold(char c) => !ignoreCase ? c : c == '\u017F' ? 's' : char.IsAsciiLetterUpper(c) ? (char)(c | 0x20) : c;
    }

    private static int Run(ReadOnlySpan<char> text, int end, Class kind)
    {
        while (end < text.Length && ClassOf(text[end..], out int length) == kind)
        {
            end += length;
        }

        return end;
    }

    private static Class ClassOf(ReadOnlySpan<char> text, out int length)
    {
        Rune.DecodeFromUtf16(text, out Rune rune, out length);
        if (Rune.IsWhiteSpace(rune))
        {
            return Class.Space;
        }

        return Rune.GetUnicodeCategory(rune) switch
        {
            <= UnicodeCategory.OtherLetter => Class.Letter,
            UnicodeCategory.DecimalDigitNumber or UnicodeCategory.LetterNumber or UnicodeCategory.OtherNumber => Class.Number,
            _ => Class.Other,
        };
    }
}
