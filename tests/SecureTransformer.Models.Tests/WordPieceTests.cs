using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;

namespace SecureTransformer.Models.Tests;

public sealed class WordPieceTests : IDisposable
{
    private static readonly string ModelDirectory = Path.Combine(AppContext.BaseDirectory, "Models", "bert-triage");

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private static Tokenizer Shipped() => TokenizerLoader.FromDirectory(ModelDirectory);

    private WordPieceTokenizer Make(string vocabulary, string? config = null) => WordPieceTokenizer.FromVocabulary(
        _directory.Write("vocab.txt", "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n" + vocabulary),
        config is null ? null : _directory.Write("tokenizer_config.json", config));

    private static string[] Tokens(Tokenizer tokenizer, string text) =>
        [.. tokenizer.Encode(text).InputIds.ToArray().Select(tokenizer.GetToken).Skip(1).SkipLast(1)];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void All_golden_encodings_agree(bool fromTokenizerJson)
    {
        Tokenizer tokenizer = fromTokenizerJson
            ? WordPieceTokenizer.FromTokenizerJson(_directory.Write("tokenizer.json", TokenizerJson.OfShippedModel()))
            : Shipped();
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Data", "wordpiece-golden.json")));
        JsonElement encodings = golden.RootElement.GetProperty("encodings");
        Assert.Equal(56, encodings.GetArrayLength());
        foreach (JsonElement expected in encodings.EnumerateArray())
        {
            string text = expected.GetProperty("text").GetString()!;
            string? pair = expected.TryGetProperty("text_pair", out JsonElement second) ? second.GetString() : null;
            int[] ids = [.. expected.GetProperty("ids").EnumerateArray().Select(e => e.GetInt32())];
            if (ids.Length > tokenizer.MaxTokens)
            {
                Assert.Throws<ArgumentException>(() => tokenizer.Encode(text, pair));
                continue;
            }

            TokenEncoding encoding = tokenizer.Encode(text, pair);
            Assert.Equal(ids, encoding.InputIds.ToArray());
            Assert.Equal(expected.GetProperty("token_type_ids").EnumerateArray().Select(e => e.GetInt32()), encoding.TokenTypeIds.ToArray());
            Assert.Equal(Enumerable.Repeat(1, ids.Length), encoding.AttentionMask.ToArray());
            Assert.Equal(expected.GetProperty("tokens").EnumerateArray().Select(e => e.GetString()), ids.Select(tokenizer.GetToken));
        }
    }

    [Fact]
    public void No_golden_encoding_exceeds_the_limit_of_the_shipped_model()
    {
        // Otherwise the test above would compare less than it says.
        using JsonDocument golden = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Data", "wordpiece-golden.json")));
        Assert.All(golden.RootElement.GetProperty("encodings").EnumerateArray(), e => Assert.InRange(e.GetProperty("ids").GetArrayLength(), 2, Shipped().MaxTokens));
    }

    [Fact]
    public void Pieces_are_the_longest_matches_and_join_to_the_word()
    {
        Tokenizer tokenizer = Shipped();
        Gen<string> words = Gen.Elements("a", "b", "c", "h", "e", "ad", "head", "ache", "burn", "un", "controlled", "wors", "ening", "s", "9").ListOf()
            .Select(parts => string.Concat(parts)).Where(w => w.Length is > 0 and <= 50);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(words.ToArbitrary(), word =>
        {
            string rest = word;
            foreach (string token in Tokens(tokenizer, word))
            {
                bool first = rest.Length == word.Length;
                string longest = Enumerable.Range(1, rest.Length).Reverse().Select(n => (first ? "" : "##") + rest[..n]).First(p => tokenizer.TryGetId(p, out _));
                Assert.Equal(longest, token);
                rest = rest[(first ? token.Length : token.Length - 2)..];
            }

            Assert.Equal("", rest);
        }));
    }

    [Theory]
    [InlineData("\u00C5ngstr\u00F6m", "angstrom")]
    [InlineData("\u1E69", "s")]
    [InlineData("\u0130I", "ii")]
    [InlineData("\u03A3\u0391\u03A3", "\u03C3\u03B1\u03C3")]
    [InlineData("\uD55C", "\u1112\u1161\u11AB")]
    [InlineData("\uAC00", "\u1100\u1161")]
    [InlineData("\uFB01", "\uFB01")]
    [InlineData("\u09CB", "\u09C7\u09BE")]
    [InlineData("\u0419\u0438\u0306", "\u0438\u0438")]
    [InlineData("a\u200Bb\u0000c\uFFFDd\u00ADe", "abcde")]
    public void Accents_case_and_control_characters_are_normalized(string text, string word)
    {
        Tokenizer tokenizer = Make(word + "\n");
        Assert.Equal([word], Tokens(tokenizer, text));
    }

    [Theory]
    [InlineData("\u00C9", "e", """{"do_lower_case":true}""")]
    [InlineData("\u00C9", "\u00E9", """{"do_lower_case":true,"strip_accents":false}""")]
    [InlineData("\u00C9", "\u00C9", """{"do_lower_case":false}""")]
    [InlineData("\u00C9", "E", """{"do_lower_case":false,"strip_accents":true}""")]
    [InlineData("\u0130", "i\u0307", """{"do_lower_case":true,"strip_accents":false}""")]
    [InlineData("\u4E2D\u6587", "\u4E2D", """{}""")]
    [InlineData("\u4E2D\u6587", "\u4E2D\u6587", """{"tokenize_chinese_chars":false}""")]
    [InlineData("\U00020000x", "\U00020000", """{}""")]
    public void Options_of_the_configuration_are_obeyed(string text, string firstToken, string config) =>
        Assert.Equal(firstToken, Tokens(Make("e\nE\n\u00E9\n\u00C9\ni\u0307\n\u4E2D\n\u4E2D\u6587\n\U00020000\n", config), text)[0]);

    [Theory]
    [InlineData("a[SEP]b", new[] { "a", "[SEP]", "b" })]
    [InlineData("[MASK][MASK]", new[] { "[MASK]", "[MASK]" })]
    [InlineData("[mask]", new[] { "[UNK]", "[UNK]", "[UNK]" })]
    [InlineData("x [X]", new[] { "[UNK]", "[X]" })]
    public void Special_tokens_in_the_text_count_as_such(string text, string[] expected) =>
        Assert.Equal(expected, Tokens(Make("a\nb\n[X]\n", """{"additional_special_tokens":["[X]"]}"""), text));

    [Fact]
    public void Words_of_more_than_100_characters_are_unknown()
    {
        Tokenizer tokenizer = Make("a\n##a\n\U0001F600\n##\U0001F600\n");
        Assert.Equal(100, Tokens(tokenizer, new string('a', 100)).Length);
        Assert.Equal(["[UNK]"], Tokens(tokenizer, new string('a', 101)));
        Assert.Equal(100, Tokens(tokenizer, string.Concat(Enumerable.Repeat("\U0001F600", 100))).Length);
        Assert.Equal(["[UNK]"], Tokens(tokenizer, "aab"));
    }

    [Fact]
    public void Decoding_joins_pieces_and_leaves_out_special_tokens()
    {
        Tokenizer tokenizer = Shipped();
        int[] ids = tokenizer.Encode("The man, WITHOUT headaches!").InputIds.ToArray();
        Assert.Equal("the man, without headaches!", tokenizer.Decode(ids));
        Assert.Equal("[CLS] cough [SEP]", tokenizer.Decode(tokenizer.Encode("cough").InputIds.Span, skipSpecialTokens: false));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([184]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.Decode([-1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.GetToken(-1));
    }

    [Fact]
    public void Too_long_or_invalid_text_is_refused_without_being_shown()
    {
        Tokenizer tokenizer = Shipped();
        Assert.Equal(64, tokenizer.MaxTokens);
        Assert.Equal(64, tokenizer.Encode(string.Concat(Enumerable.Repeat("cough ", 62))).Length);
        ArgumentException e = Assert.Throws<ArgumentException>(() => tokenizer.Encode(string.Concat(Enumerable.Repeat("cough ", 63))));
        Assert.Contains("65 tokens", e.Message, StringComparison.Ordinal);
        Assert.Contains("64", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("cough", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => tokenizer.Encode("a\ud800"));
        Assert.Throws<ArgumentException>(() => tokenizer.Encode("a", "\udc00b"));
        Assert.Throws<ArgumentException>(() => tokenizer.Encode(new string(' ', Tokenizer.MaxTextLength + 1)));
        Assert.Throws<ArgumentNullException>(() => tokenizer.Encode(null!));
    }

    [Fact]
    public void An_encoding_prints_its_length_only()
    {
        Assert.Equal("TokenEncoding of 3 tokens", Shipped().Encode("cough").ToString());
    }

    [Fact]
    public void Of_a_token_on_several_lines_the_last_counts()
    {
        Tokenizer tokenizer = Make("a\nb\na\nc\n");
        Assert.Equal([2, 7, 6, 8, 3], tokenizer.Encode("a b c").InputIds.ToArray());
        Assert.Equal("a", tokenizer.GetToken(5));
        Assert.Equal(9, tokenizer.VocabularySize);
    }

    [Fact]
    public void Ids_are_line_numbers_whatever_the_line_ends()
    {
        string path = _directory.Write("v.txt", "\uFEFF[UNK]\r\n[CLS]\r\n[SEP]\r\nfever");
        WordPieceTokenizer tokenizer = WordPieceTokenizer.FromVocabulary(path);
        Assert.Equal([1, 3, 2], tokenizer.Encode("fever").InputIds.ToArray());
        Assert.Equal(4, tokenizer.VocabularySize);
        Assert.Null(tokenizer.PadTokenId);
        Assert.Equal(int.MaxValue, tokenizer.MaxTokens);
    }
}
