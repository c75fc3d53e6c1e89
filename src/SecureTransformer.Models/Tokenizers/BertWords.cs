using System.Globalization;
using System.Text;

namespace SecureTransformer.Models;

/// <summary>Splits normalized text at white space, and makes each punctuation character a word of its own.</summary>
internal static class BertWords
{
    public static List<Range> Split(ReadOnlySpan<char> text)
    {
        var words = new List<Range>();
        int start = 0;
        int position = 0;
        foreach (Rune rune in text.EnumerateRunes())
        {
            int end = position + rune.Utf16SequenceLength;
            bool punctuation = IsPunctuation(rune);
            if (punctuation || Rune.IsWhiteSpace(rune))
            {
                if (position > start)
                {
                    words.Add(start..position);
                }

                if (punctuation)
                {
                    words.Add(position..end);
                }

                start = end;
            }

            position = end;
        }

        if (position > start)
        {
            words.Add(start..position);
        }

        return words;
    }

    /// <summary>The general categories P*, and every ASCII character that is neither letter, digit, space nor control.</summary>
    private static bool IsPunctuation(Rune rune) =>
        rune.Value is (>= 33 and <= 47) or (>= 58 and <= 64) or (>= 91 and <= 96) or (>= 123 and <= 126)
        || Rune.GetUnicodeCategory(rune) is UnicodeCategory.ConnectorPunctuation or UnicodeCategory.DashPunctuation or UnicodeCategory.OpenPunctuation
            or UnicodeCategory.ClosePunctuation or UnicodeCategory.InitialQuotePunctuation or UnicodeCategory.FinalQuotePunctuation
            or UnicodeCategory.OtherPunctuation;
}
