using System.Globalization;
using System.Text;

namespace SecureTransformer.Models;

/// <summary>
/// Canonical decomposition (NFD) without nonspacing marks (Mn), one code point at a time. <see cref="string.Normalize()"/> is of no use here: under
/// invariant globalization it silently returns its input, and applications choose that setting, not libraries.
/// </summary>
internal static class AccentStripper
{
    /// <summary>The most runes that one becomes.</summary>
    public const int MaxRunes = 3;

    /// <returns>The number of runes written: 0 for a mark.</returns>
    public static int Strip(Rune rune, Span<Rune> result)
    {
        int c = rune.Value;
        if (c < 0x80)
        {
            result[0] = rune;
            return 1;
        }

        if (Rune.GetUnicodeCategory(rune) == UnicodeCategory.NonSpacingMark)
        {
            return 0;
        }

        if (c is >= 0xAC00 and <= 0xD7A3)
        {
            return Hangul(c - 0xAC00, result);
        }

        int index = AccentTable.Composed.BinarySearch(c);
        if (index >= 0)
        {
            result[0] = new Rune(AccentTable.Bases[index]);
            return 1;
        }

        ReadOnlySpan<int> sequences = AccentTable.Sequences;
        for (int i = 0; i < sequences.Length && sequences[i] <= c; i += 2 + sequences[i + 1])
        {
            if (sequences[i] == c)
            {
                for (int j = 0; j < sequences[i + 1]; j++)
                {
                    result[j] = new Rune(sequences[i + 2 + j]);
                }

                return sequences[i + 1];
            }
        }

        result[0] = rune;
        return 1;
    }

    /// <summary>The Unicode Standard, section 3.12: a syllable is a leading consonant, a vowel and perhaps a trailing consonant.</summary>
    private static int Hangul(int syllable, Span<Rune> result)
    {
        const int vowels = 21;
        const int trailing = 28;
        result[0] = new Rune(0x1100 + (syllable / (vowels * trailing)));
        result[1] = new Rune(0x1161 + (syllable / trailing % vowels));
        if (syllable % trailing == 0)
        {
            return 2;
        }

        result[2] = new Rune(0x11A7 + (syllable % trailing));
        return 3;
    }
}
