namespace SecureTransformer.Bench;

/// <summary>Text between marks in a Markdown file: what a command writes there, while people write the rest.</summary>
internal static class Sections
{
    /// <summary>Puts new text between the marks of a section; a file without them gets it at its end.</summary>
    /// <param name="file">The file's text.</param>
    /// <param name="name">The section.</param>
    /// <param name="text">What goes there, ending in a new line.</param>
    /// <exception cref="InvalidDataException">A section begins and does not end.</exception>
    public static string Replace(string file, string name, string text)
    {
        (string begin, string end) = ($"<!-- measured: {name} -->\n", $"<!-- end: {name} -->\n");
        string marked = $"{begin}\n{text}\n{end}";
        int from = file.IndexOf(begin, StringComparison.Ordinal);
        if (from < 0)
        {
            return $"{file}{(file.Length == 0 ? "" : "\n")}{marked}";
        }

        int to = file.IndexOf(end, from, StringComparison.Ordinal);
        return to < 0
            ? throw new InvalidDataException($"The section '{name}' begins and does not end.")
            : string.Concat(file.AsSpan(0, from), marked, file.AsSpan(to + end.Length));
    }
}
