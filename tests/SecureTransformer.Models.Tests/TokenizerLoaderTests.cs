using System.Text.Json.Nodes;

namespace SecureTransformer.Models.Tests;

public sealed class TokenizerLoaderTests : IDisposable
{
    private const string Specials = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("", "vocabulary is empty")]
    [InlineData("[UNK]\n[CLS]\n[SEP]\n[CLS]\n", "'[CLS]', the classification token, is a duplicate")]
    [InlineData("[UNK]\n[CLS]\n[SEP]\n\na\n", "empty token on line 4")]
    [InlineData("[CLS]\n[SEP]\n", "'[UNK]'")]
    [InlineData("[UNK]\n[SEP]\n", "'[CLS]'")]
    [InlineData("[UNK]\n[CLS]\n", "'[SEP]'")]
    public void A_bad_vocabulary_is_refused_with_file_and_reason(string vocabulary, string reason)
    {
        string path = _directory.Write("vocab.txt", vocabulary);
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => TokenizerLoader.FromDirectory(_directory.Path));
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Invalid_utf8_and_too_many_tokens_are_refused()
    {
        string path = _directory.Write("vocab.txt", [.. "[UNK]\n"u8, 0xC3, 0x28]);
        Assert.Contains("UTF-8 at offset 6", Assert.Throws<InvalidDataException>(() => WordPieceTokenizer.FromVocabulary(path)).Message, StringComparison.Ordinal);
        _directory.Write("vocab.txt", string.Join('\n', Enumerable.Range(0, 2_000_001)));
        Assert.Contains("more than 2000000", Assert.Throws<InvalidDataException>(() => WordPieceTokenizer.FromVocabulary(path)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"do_lower_case":"yes"}""", "do_lower_case")]
    [InlineData("""{"model_max_length":0}""", "model_max_length")]
    [InlineData("""{"unk_token":"[NONE]"}""", "[NONE]")]
    [InlineData("""{"unk_token":""}""", "unk_token")]
    [InlineData("""{"do_basic_tokenize":false}""", "do_basic_tokenize")]
    [InlineData("""{"never_split":["x"]}""", "never_split")]
    [InlineData("""{"additional_special_tokens":["[X]"]}""", "[X]")]
    [InlineData("""{"tokenizer_class":"BertJapaneseTokenizer"}""", "BertJapaneseTokenizer")]
    [InlineData("""{"added_tokens_decoder":{"x":{"content":"a"}}}""", "not a token id")]
    [InlineData("""{"added_tokens_decoder":{"0":{"content":"[UNK]"}}}""", "has id 0, and 1")]
    [InlineData("""{"added_tokens_decoder":{"9":{"content":"a","normalized":true}}}""", "normalized")]
    [InlineData("""{"added_tokens_decoder":{"3":{"content":"new"}}}""", "same id 3")]
    public void A_bad_tokenizer_configuration_is_refused(string config, string reason)
    {
        _directory.Write("vocab.txt", Specials);
        _directory.Write("tokenizer_config.json", config);
        Assert.Contains(reason, Assert.Throws<InvalidDataException>(() => TokenizerLoader.FromDirectory(_directory.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Special_tokens_may_be_objects_and_the_limit_may_be_absent()
    {
        _directory.Write("vocab.txt", "<unk>\n[CLS]\n[SEP]\n");
        _directory.Write("tokenizer_config.json", """
            {"unk_token":{"content":"<unk>","lstrip":false},"model_max_length":1000000000000000019884624838656,"added_tokens_decoder":{"5":{"content":"[E]","special":true}}}
            """);
        var tokenizer = Assert.IsType<WordPieceTokenizer>(TokenizerLoader.FromDirectory(_directory.Path));
        Assert.Equal(0, tokenizer.UnknownTokenId);
        Assert.Equal(int.MaxValue, tokenizer.MaxTokens);
        Assert.Equal([1, 5, 0, 2], tokenizer.Encode("[E]x").InputIds.ToArray());
        Assert.Equal(6, tokenizer.VocabularySize);
        Assert.Throws<ArgumentOutOfRangeException>(() => tokenizer.GetToken(4));
    }

    public static TheoryData<string, string, string> JsonChanges => new()
    {
        { "model.type", "\"Unigram\"", "supported are WordPiece and BPE" },
        { "normalizer.type", "\"Lowercase\"", "supported is BertNormalizer" },
        { "pre_tokenizer.type", "\"Whitespace\"", "supported is BertPreTokenizer" },
        { "post_processor.type", "\"ByteLevel\"", "supported are BertProcessing" },
        { "post_processor.single", "[]", "template of BERT" },
        { "post_processor.pair", """[{"Sequence":{"id":"A","type_id":0}}]""", "template of BERT" },
        { "model.vocab", "{}", "vocabulary is empty" },
        { "model.vocab", """{"a":0,"b":0}""", "same id 0" },
        { "model.vocab", """{"a":-1}""", "whole number from 0" },
        { "model.vocab", """{"a":2000000000}""", "whole number from 0" },
        { "model.vocab", """{"a":7}""", "'[UNK]'" },
        { "model.max_input_chars_per_word", "0", "whole number from 1" },
        { "model.unk_token", "\"<none>\"", "<none>" },
    };

    [Theory]
    [MemberData(nameof(JsonChanges))]
    public void A_tokenizer_json_that_is_not_BERTs_is_refused(string key, string value, string reason)
    {
        string[] keys = key.Split('.');
        string path = _directory.Write("tokenizer.json", TokenizerJson.OfShippedModel(json =>
        {
            json[keys[0]]![keys[1]] = JsonNode.Parse(value);
            json["added_tokens"] = keys[1] == "vocab" ? new JsonArray() : json["added_tokens"]!.DeepClone();
        }));
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => TokenizerLoader.FromDirectory(_directory.Path));
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void BertProcessing_is_read_and_must_name_the_special_tokens()
    {
        _directory.Write("tokenizer.json", TokenizerJson.OfShippedModel(json =>
            json["post_processor"] = JsonNode.Parse("""{"type":"BertProcessing","sep":["[SEP]",3],"cls":["[CLS]",2]}""")));
        Assert.Equal([2, 102, 3], TokenizerLoader.FromDirectory(_directory.Path).Encode("cough").InputIds.ToArray());

        _directory.Write("tokenizer.json", TokenizerJson.OfShippedModel(json =>
            json["post_processor"] = JsonNode.Parse("""{"type":"BertProcessing","sep":["</s>",3],"cls":["[CLS]",2]}""")));
        Assert.Throws<InvalidDataException>(() => TokenizerLoader.FromDirectory(_directory.Path));
    }

    [Fact]
    public void A_directory_without_a_tokenizer_or_with_another_kind_says_what_is_supported()
    {
        Assert.Contains("tokenizer.json", Assert.Throws<FileNotFoundException>(() => TokenizerLoader.FromDirectory(_directory.Path)).Message, StringComparison.Ordinal);
        string path = _directory.Write("merges.txt", "");
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => TokenizerLoader.FromDirectory(_directory.Path)).Message, StringComparison.Ordinal);
    }
}
