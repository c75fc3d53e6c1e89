using SecureTransformer.Models;

namespace SecureTransformer.Distillation;

public sealed class DataTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("distillation-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Sentences_are_the_same_for_a_seed_and_their_words_are_all_in_the_vocabulary()
    {
        IReadOnlyList<LabelledSentence> sentences = TriageSentences.Generate(1, 2000);
        Assert.Equal(sentences, TriageSentences.Generate(1, 2500).Take(2000));
        Assert.NotEqual(sentences, TriageSentences.Generate(2, 2000));
        File.WriteAllLines(Path.Combine(_directory, "vocab.txt"), TriageSentences.Vocabulary());
        var tokenizer = (WordPieceTokenizer)TokenizerLoader.FromDirectory(_directory);
        Assert.All(SentenceFile.Encode(sentences, tokenizer), text =>
        {
            Assert.DoesNotContain(tokenizer.UnknownTokenId, text.Tokens);
            Assert.InRange(text.Tokens.Length, 5, 64);
        });
    }

    [Fact]
    public void Classes_are_balanced_and_ambiguous()
    {
        IReadOnlyList<LabelledSentence> sentences = TriageSentences.Generate(3, 20_000);
        Assert.InRange(sentences.Average(s => (double)s.Label), 0.4, 0.6);
        Assert.True(sentences.Select(s => s.Text).Distinct(StringComparer.Ordinal).Count() > 17_000);
        Assert.Contains(sentences.GroupBy(s => s.Text), group => group.Select(s => s.Label).Distinct().Count() == 2);
    }

    [Fact]
    public void Files_hold_what_was_written()
    {
        string path = Path.Combine(_directory, "data.tsv");
        IReadOnlyList<LabelledSentence> sentences = TriageSentences.Generate(1, 50);
        SentenceFile.Write(path, sentences, TriageSentences.Labels);
        Assert.Equal(sentences, SentenceFile.Read(path, TriageSentences.Labels));
        Assert.Throws<ArgumentException>(() => SentenceFile.Write(path, [new("a\nb", 0)], TriageSentences.Labels));
    }

    [Theory]
    [InlineData("routine\tfine\nurgent no tab", "line 2")]
    [InlineData("other\ttext", "line 1")]
    [InlineData("2\ttext", "line 1")]
    [InlineData("routine\t  ", "line 1")]
    [InlineData("", "no sentences")]
    public void Damaged_files_are_refused_by_line(string content, string named)
    {
        string path = Path.Combine(_directory, "bad.tsv");
        File.WriteAllText(path, content);
        Assert.Contains(named, Assert.Throws<InvalidDataException>(() => SentenceFile.Read(path, TriageSentences.Labels)).Message, StringComparison.Ordinal);
    }
}
