using System.Globalization;
using System.Text;

namespace SecureTransformer.Models;

/// <summary>
/// The text clean-up of BERT, in the order of Hugging Face's BertNormalizer: control characters out and white space to spaces, spaces around
/// CJK ideographs, accents off, lower case.
/// </summary>
internal sealed class BertNormalizer
{
    public bool CleanText { get; init; } = true;

    public bool SpaceIdeographs { get; init; } = true;

    public bool LowerCase { get; init; } = true;

    /// <summary>Null: as <see cref="LowerCase"/>.</summary>
    public bool? StripAccents { get; init; }

    public string Normalize(ReadOnlySpan<char> text)
    {
        bool strip = StripAccents ?? LowerCase;
        var result = new StringBuilder(text.Length + 16);
        Span<Rune> decomposed = stackalloc Rune[AccentStripper.MaxRunes];
        foreach (Rune original in text.EnumerateRunes())
        {
            Rune rune = original;
            if (CleanText)
            {
                if (rune.Value is 0 or 0xFFFD || IsControl(rune))
                {
                    continue;
                }

                rune = Rune.IsWhiteSpace(rune) ? new Rune(' ') : rune;
            }

            bool spaced = SpaceIdeographs && IsIdeograph(rune.Value);
            if (spaced)
            {
                result.Append(' ');
            }

            int count = 1;
            decomposed[0] = rune;
            if (strip)
            {
                count = AccentStripper.Strip(rune, decomposed);
            }

            foreach (Rune part in decomposed[..count])
            {
                AppendCased(result, part);
            }

            if (spaced)
            {
                result.Append(' ');
            }
        }

        return result.ToString();
    }

    private void AppendCased(StringBuilder result, Rune rune)
    {
        if (LowerCase && rune.Value == 0x130)
        {
            // The only code point whose unconditional lower case is two: SpecialCasing.txt.
            result.Append("i\u0307");
            return;
        }

        Span<char> units = stackalloc char[2];
        int length = (LowerCase ? Rune.ToLowerInvariant(rune) : rune).EncodeToUtf16(units);
        result.Append(units[..length]);
    }

    private static bool IsControl(Rune rune) =>
        rune.Value is not ('\t' or '\n' or '\r')
        && Rune.GetUnicodeCategory(rune) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;

    /// <summary>The blocks of CJK ideographs in the BERT reference tokenizer.</summary>
    private static bool IsIdeograph(int c) =>
        c is (>= 0x4E00 and <= 0x9FFF) or (>= 0x3400 and <= 0x4DBF) or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2B73F)
            or (>= 0x2B740 and <= 0x2B81F) or (>= 0x2B820 and <= 0x2CEAF) or (>= 0xF900 and <= 0xFAFF) or (>= 0x2F800 and <= 0x2FA1F);
}
