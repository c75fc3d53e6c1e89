using System.Text;

namespace AnonymousMessages;

/// <summary>Short texts as rows of numbers, all of one length, since lengths would tell messages apart: six bytes of UTF-8 a number, which a double holds exactly.</summary>
internal static class Text
{
    public const int Numbers = 8;

    private const int BytesPerNumber = 6;

    public static double[] ToNumbers(string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > Numbers * BytesPerNumber)
        {
            throw new ArgumentException($"A message has at most {Numbers * BytesPerNumber} bytes, not {bytes.Length}.", nameof(text));
        }

        Array.Resize(ref bytes, Numbers * BytesPerNumber);
        return [.. bytes.Chunk(BytesPerNumber).Select(chunk => (double)chunk.Aggregate(0L, (number, next) => (number << 8) | next))];
    }

    public static string FromNumbers(double[] numbers)
    {
        // A sender may have shared anything.
        if (numbers.Any(number => number is < 0 or >= 1L << (8 * BytesPerNumber)))
        {
            return "(no text)";
        }

        byte[] bytes = [.. numbers.SelectMany(number => Enumerable.Range(1, BytesPerNumber).Select(i => (byte)((long)number >> (8 * (BytesPerNumber - i)))))];
        return Encoding.UTF8.GetString(bytes).TrimEnd('\0');
    }
}
