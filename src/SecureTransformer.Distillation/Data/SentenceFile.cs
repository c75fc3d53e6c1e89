using System.Globalization;
using SecureTransformer.Models;

namespace SecureTransformer.Distillation;

/// <summary>Labelled sentences in a text file: a line each, the class's name or number, a tab, the sentence; UTF-8.</summary>
public static class SentenceFile
{
    private const int MaxSentences = 10_000_000;

    /// <summary>Reads a file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <param name="labels">The names of the classes, by number.</param>
    /// <exception cref="InvalidDataException">A line has no tab or no sentence, or its class is unknown; names the file and the line.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public static IReadOnlyList<LabelledSentence> Read(string path, IReadOnlyList<string> labels)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(labels);
        var sentences = new List<LabelledSentence>();
        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            if (line.Length == 0)
            {
                continue;
            }

            int tab = line.IndexOf('\t', StringComparison.Ordinal);
            if (tab < 0 || string.IsNullOrWhiteSpace(line[(tab + 1)..]))
            {
                throw new InvalidDataException($"{path}, line {number}: expected a class, a tab and a sentence.");
            }

            if (sentences.Count == MaxSentences)
            {
                throw new InvalidDataException($"{path}: more than {MaxSentences} sentences.");
            }

            sentences.Add(new LabelledSentence(line[(tab + 1)..], LabelOf(line[..tab], labels, path, number)));
        }

        return sentences.Count > 0 ? sentences : throw new InvalidDataException($"{path}: the file holds no sentences.");
    }

    /// <summary>Writes a file.</summary>
    /// <param name="path">Path of the file, which is replaced if there is one.</param>
    /// <param name="sentences">Sentences without tabs and line breaks.</param>
    /// <param name="labels">The names of the classes, by number.</param>
    /// <exception cref="ArgumentException">A sentence holds a line break.</exception>
    public static void Write(string path, IEnumerable<LabelledSentence> sentences, IReadOnlyList<string> labels)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        ArgumentNullException.ThrowIfNull(labels);
        File.WriteAllLines(path, sentences.Select(s => s.Text.AsSpan().IndexOfAny('\r', '\n') < 0
            ? $"{labels[s.Label]}\t{s.Text}"
            : throw new ArgumentException("A sentence holds a line break.", nameof(sentences))));
    }

    /// <summary>Sentences as token ids.</summary>
    /// <param name="sentences">The sentences.</param>
    /// <param name="tokenizer">Whose ids.</param>
    public static IReadOnlyList<LabelledText> Encode(IEnumerable<LabelledSentence> sentences, Tokenizer tokenizer)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        ArgumentNullException.ThrowIfNull(tokenizer);
        return [.. sentences.Select(s => new LabelledText([.. tokenizer.Encode(s.Text).InputIds.Span], s.Label))];
    }

    private static int LabelOf(string label, IReadOnlyList<string> labels, string path, int line)
    {
        for (int i = 0; i < labels.Count; i++)
        {
            if (labels[i].Equals(label, StringComparison.Ordinal))
            {
                return i;
            }
        }

        return int.TryParse(label, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < labels.Count
            ? number
            : throw new InvalidDataException($"{path}, line {line}: the class is none of the model's: {string.Join(", ", labels)}.");
    }
}
