using System.Globalization;

namespace SecureTransformer.Models;

/// <summary>Text from files, made fit for messages: bounded and without control characters.</summary>
internal static class Text
{
    private const int MaxPrinted = 120;

    public static string Printable(ReadOnlySpan<char> text)
    {
        Span<char> buffer = stackalloc char[MaxPrinted];
        int length = Math.Min(text.Length, MaxPrinted);
        for (int i = 0; i < length; i++)
        {
            buffer[i] = char.IsControl(text[i]) || char.IsSurrogate(text[i]) ? '?' : text[i];
        }

        return text.Length > MaxPrinted ? string.Concat(buffer[..length], "...") : new string(buffer[..length]);
    }

    public static string Shape(IEnumerable<long> shape) =>
        "[" + string.Join(", ", shape.Select(d => d.ToString(CultureInfo.InvariantCulture))) + "]";

    public static string Shape(ReadOnlySpan<long> shape) => Shape((IEnumerable<long>)shape.ToArray());

    /// <summary>Names like the wanted one, the closest first; for "did you mean" lists.</summary>
    public static IReadOnlyList<string> Near(string wanted, IEnumerable<string> names, int count = 3)
    {
        if (wanted.Length > 200)
        {
            return [];
        }

        return names.Where(n => n.Length > 0 && n.Length <= 200)
            .Take(20_000)
            .Select(n => (Name: n, Distance: Distance(wanted, n)))
            .Where(p => p.Distance <= Math.Max(3, wanted.Length / 2))
            .OrderBy(p => p.Distance).ThenBy(p => p.Name, StringComparer.Ordinal)
            .Take(count).Select(p => Printable(p.Name)).ToList();
    }

    /// <summary>Levenshtein's distance; 1 where one name only has a prefix more, as "transformer.h.0" and "h.0".</summary>
    private static int Distance(string a, string b)
    {
        if (a.EndsWith("." + b, StringComparison.Ordinal) || b.EndsWith("." + a, StringComparison.Ordinal))
        {
            return 1;
        }

        Span<int> row = stackalloc int[201];
        for (int j = 0; j <= b.Length; j++)
        {
            row[j] = j;
        }

        for (int i = 1; i <= a.Length; i++)
        {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.Length; j++)
            {
                int above = row[j];
                row[j] = Math.Min(Math.Min(above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
                diagonal = above;
            }
        }

        return row[b.Length];
    }
}
