using System.Text;
using FsCheck;
using FsCheck.Fluent;

namespace SecureTransformer.Models.Tests;

/// <summary>Valid UTF-16 of all planes: words, mixtures of white space, control characters, combining marks, emoji, anything.</summary>
internal static class RandomText
{
    private static readonly Gen<string> Any = Gen.Choose(0, 0x10FFFF).Where(c => Rune.IsValid(c)).Select(c => new Rune(c).ToString());

    private static readonly Gen<string> Piece = Gen.Frequency(
        (6, Gen.Elements("a", "he", "Hello", "count", " The", "the ball", "12", "3456", ".", "!?", "'s", "'LL", "\u00E9", "\u4E2D\u6587")),
        (4, Gen.Elements(" ", "  ", "\t", "\n", "\r\n", "\n\n ", "\u00A0", "\u2003", "\u3000", "\u0085", "\u2028")),
        (2, Gen.Elements("\0", "\u0001", "\u001B", "\u007F", "\u009F", "\u200B", "\u200D", "\uFEFF", "\uFFFD", "\uFFFF", "\u00AD")),
        (2, Gen.Elements("e\u0301", "\u0301", "\u0E01\u0E33", "\u1112\u1161\u11AB", "\u05D0\u05B8")),
        (2, Gen.Elements("\U0001F600", "\U0001F469\u200D\U0001F680", "\U0001F1E9\U0001F1EA", "\u2764\uFE0F", "\U0001F44D\U0001F3FD", "\U0010FFFF")),
        (2, Gen.Elements("<", "|", "<0x41>", "<0xE2>", "\u0120", "\u010A", "\u00C3")),
        (4, Any));

    public static readonly Gen<string> Texts = Piece.ListOf().Select(p => string.Concat(p));

    /// <summary>Without surrogates, so that an engine of UTF-16 units sees the same characters.</summary>
    public static readonly Gen<string> OfBasicPlane = Texts.Select(t => string.Concat(t.Where(c => !char.IsSurrogate(c))));
}
