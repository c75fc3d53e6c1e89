using System.Text;
using System.Text.Json.Nodes;

namespace SecureTransformer.Models.Tests;

public sealed class BytePairHostileTests : IDisposable
{
    private const string Placeholder = "here";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private void AssertRefused(string json, string reason)
    {
        string path = _directory.Write("tokenizer.json", json);
        InvalidDataException e = Assert.Throws<InvalidDataException>(() => TokenizerLoader.FromDirectory(_directory.Path));
        Assert.Contains(path, e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    public static TheoryData<string, string, string> Changes => new()
    {
        { "normalizer", """{"type":"NFKC"}""", "is 'NFKC'; supported are Prepend, Replace" },
        { "normalizer", """{"type":"Sequence","normalizers":[{"type":"Lowercase"}]}""", "is 'Lowercase'; supported are" },
        { "normalizer", """{"type":"Replace","pattern":{"Regex":"a"},"content":"b"}""", "'String'" },
        { "normalizer", """{"type":"Replace","pattern":{"String":"a"},"content":"aaaaaaaaaaaaaaaaa"}""", "times longer" },
        { "normalizer", """{"type":"Sequence","normalizers":[{"type":"Replace","pattern":{"String":"a"},"content":"aaaaa"},{"type":"Replace","pattern":{"String":"a"},"content":"aaaaa"}]}""", "times longer" },
        { "pre_tokenizer", """{"type":"Whitespace"}""", "is 'Whitespace'; supported are ByteLevel" },
        { "pre_tokenizer", """{"type":"Sequence","pretokenizers":[{"type":"Punctuation"},{"type":"ByteLevel"}]}""", "is 'Punctuation'; supported within a Sequence" },
        { "pre_tokenizer", """{"type":"Sequence","pretokenizers":[]}""", "does not end with a ByteLevel" },
        { "pre_tokenizer", """{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":"(a+)+$"},"behavior":"Isolated"},{"type":"ByteLevel"}]}""", "is '(a+)+$'; supported are the patterns of GPT-2" },
        { "pre_tokenizer", """{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"String":" "},"behavior":"Isolated"},{"type":"ByteLevel"}]}""", "'Regex'" },
        { "pre_tokenizer", """{"type":"Sequence","pretokenizers":[{"type":"Split","pattern":{"Regex":" "},"behavior":"MergedWithNext"},{"type":"ByteLevel"}]}""", "MergedWithNext" },
        { "pre_tokenizer", """{"type":"Metaspace","replacement":"__"}""", "single character" },
        { "pre_tokenizer", """{"type":"Metaspace","prepend_scheme":"often"}""", "always, first and never" },
        { "pre_tokenizer", """{"type":"Metaspace","prepend_scheme":"first","add_prefix_space":false}""", "contradicts" },
        { "pre_tokenizer", """{"type":"Metaspace"}""", "does not belong to the pre-tokenizer" },
        { "post_processor", """{"type":"RobertaProcessing"}""", "is 'RobertaProcessing'; supported are TemplateProcessing" },
        { "post_processor", """{"type":"TemplateProcessing","single":[],"pair":[]}""", "must hold A once" },
        { "post_processor", """{"type":"TemplateProcessing","single":[{"Sequence":{"id":"A"}}],"pair":[{"Sequence":{"id":"A"}}]}""", "A and B once" },
        { "post_processor", """{"type":"TemplateProcessing","single":[{"Sequence":{"id":"C"}}],"pair":[]}""", "is 'C'; supported are A and B" },
        { "post_processor", """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}},{"Sequence":{"id":"A"}}],"pair":[],"special_tokens":{"x":{"ids":[999]}}}""", "ids of the vocabulary" },
        { "post_processor", """{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"x"}},{"Sequence":{"id":"A"}}],"pair":[],"special_tokens":{}}""", "'post_processor.special_tokens.x' is missing" },
        { "decoder", "null", "'decoder' is missing; supported are ByteLevel" },
        { "decoder", """{"type":"CTC"}""", "is 'CTC'; supported are ByteLevel" },
        { "decoder", """{"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"ByteFallback"}]}""", "out of order" },
        { "decoder", """{"type":"Sequence","decoders":[{"type":"Strip","content":" ","start":1,"stop":0}]}""", "out of order" },
        { "decoder", """{"type":"Sequence","decoders":[{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":1}]}""", "at the end" },
        { "decoder", """{"type":"Fuse"}""", "does not belong" },
        { "added_tokens", """[{"id":-1,"content":"x!"}]""", "whole number from 0" },
        { "added_tokens", """[{"id":2000000,"content":"x!"}]""", "whole number from 0" },
        { "added_tokens", """[{"id":5,"content":"x!"}]""", "same id 5" },
        { "added_tokens", """[{"id":5,"content":"a"}]""", "has id 5, and" },
        { "added_tokens", """[{"id":500,"content":"x!"},{"id":501,"content":"x!"}]""", "has id 501, and 500" },
        { "added_tokens", """[{"id":500,"content":""}]""", "is empty" },
        { "added_tokens", """[{"id":500,"content":"\ud800"}]""", "surrogate" },
        { "added_tokens", """[{"content":"x!"}]""", "'added_tokens[].id' is missing" },
        { "model.type", "\"Unigram\"", "is 'Unigram'; supported are WordPiece and BPE" },
        { "model.dropout", "0.1", "dropout" },
        { "model.continuing_subword_prefix", "\"##\"", "is '##'; supported is none" },
        { "model.end_of_word_suffix", "\"</w>\"", "is '</w>'; supported is none" },
        { "model.unk_token", "\"<none>\"", "no '<none>', the unknown token" },
        { "model.vocab", "{}", "vocabulary is empty" },
        { "model.vocab", """{"":0}""", "empty token" },
        { "model.vocab", """{"a":0,"b":0}""", "same id 0" },
        { "model.vocab", """{"a":-1}""", "whole number from 0" },
        { "model.vocab", """{"a":1e9}""", "whole number from 0" },
        { "model.vocab", """{"a":2000000000}""", "whole number from 0" },
        { "model.vocab", """{"a":null}""", "whole number from 0" },
        { "model.vocab", "null", "'model.vocab' is missing" },
        { "model.merges", """["a b"]""", "merge 1 needs 'ab'" },
        { "model.merges", """["a \u0000"]""", "merge 1 needs" },
        { "model.merges", """[["a","q r"]]""", "merge 1 needs 'aq r'" },
        { "model.merges", """["ab"]""", "not two tokens" },
        { "model.merges", """[" a"]""", "not two tokens" },
        { "model.merges", """["a b c"]""", "not two tokens" },
        { "model.merges", """[["a","b","c"]]""", "pairs of strings" },
        { "model.merges", """[["a",1]]""", "pairs of strings" },
        { "model.merges", """[["","a"]]""", "merge 1 needs ''" },
        { "model.merges", """[["a",""]]""", "merge 1 needs ''" },
        { "model.merges", "{}", "must be an array" },
    };

    [Theory]
    [MemberData(nameof(Changes))]
    public void A_file_that_is_damaged_or_not_supported_is_refused_with_the_reason(string key, string value, string reason)
    {
        JsonObject json = BytePairFiles.ByteLevel([], []);
        string[] keys = key.Split('.');
        JsonObject parent = keys.Length == 1 ? json : json["model"]!.AsObject();
        parent[keys[^1]] = Placeholder;
        AssertRefused(json.ToJsonString().Replace($"\"{Placeholder}\"", value, StringComparison.Ordinal), reason);
    }

    [Fact]
    public void Tokens_that_only_were_added_cannot_be_merged()
    {
        AssertRefused(
            BytePairFiles.ByteLevel([], ["a b"], json => json["added_tokens"] = JsonNode.Parse("""[{"id":300,"content":"ab"}]""")).ToJsonString(), "merge 1 needs 'ab'");
    }

    [Fact]
    public void Too_many_tokens_or_merges_or_steps_are_refused_before_memory_is_taken_for_them()
    {
        string json = BytePairFiles.ByteLevel([], []).ToJsonString();
        AssertRefused(json.Replace("\"merges\":[]", $"\"merges\":[{string.Join(',', Enumerable.Repeat("\"\"", 2_000_001))}]", StringComparison.Ordinal), "the limit is 2000000");
        AssertRefused(json.Replace("\"added_tokens\":[]", $"\"added_tokens\":[{string.Join(',', Enumerable.Repeat("{}", 10_001))}]", StringComparison.Ordinal), "the limit is 10000");
        AssertRefused(
            json.Replace("\"added_tokens\":[]", $$"""
                "added_tokens":[{"id":300,"content":"{{new string('x', 1_000_001)}}"}]
                """, StringComparison.Ordinal), "more than 1000000 characters");
        AssertRefused(json + new string(' ', 64_000_000), "the limit is 64000000");
        string nested = string.Concat(Enumerable.Repeat("""{"type":"Sequence","normalizers":[""", 40));
        AssertRefused(json.Replace("\"normalizer\":null", $"\"normalizer\":{nested}{string.Concat(Enumerable.Repeat("]}", 40))}", StringComparison.Ordinal), "not valid JSON");
    }

    [Fact(Timeout = 120_000)]
    public async Task A_large_vocabulary_is_read_in_time_linear_in_it()
    {
        // 200,000 tokens made of two others each, as merges in the order of the file.
        string[] syllables = [.. Enumerable.Range(0, 448).Select(i => $"{(char)('a' + (i % 26))}{(char)('a' + (i / 26))}")];
        string[] pairs = [.. syllables.SelectMany(a => syllables.Select(b => a + " " + b))];
        JsonObject json = BytePairFiles.ByteLevel(
            [.. syllables, .. pairs.Select(p => p.Replace(" ", "", StringComparison.Ordinal))], [.. syllables.Select(s => $"{s[0]} {s[1]}"), .. pairs]);
        string path = _directory.Write("tokenizer.json", json.ToJsonString());
        await Task.Run(() =>
        {
            Tokenizer tokenizer = BytePairTokenizer.FromTokenizerJson(path);
            Assert.True(tokenizer.VocabularySize > 190_000);
            Assert.Equal(["abcd", "e"], tokenizer.Encode("abcde").InputIds.ToArray().Select(tokenizer.GetToken));
        });
    }

    [Theory]
    [InlineData("vocab.json", """{"a":0,"b":1,"ab":2}""", "#version: 0.2\na b\n", null, null)]
    [InlineData("vocab.json", """{"a":0,"b":1,"ab":2}""", "a b\r\n\r\n", null, null)]
    [InlineData("merges.txt", """{"a":0,"b":1,"ab":2}""", "a b\nabc\n", null, "merge 2, 'abc', is not two tokens")]
    [InlineData("merges.txt", """{"a":0,"b":1,"ab":2}""", "a b\nb a\n", null, "merge 2 needs 'ba'")]
    [InlineData("vocab.json", """{"a":0,"b":0}""", "", null, "same id 0")]
    [InlineData("vocab.json", """{"a":"0"}""", "", null, "whole number from 0")]
    [InlineData("vocab.json", "[]", "", null, "no JSON object")]
    [InlineData("tokenizer_config.json", """{"a":0}""", "", """{"tokenizer_class":"RobertaTokenizer"}""", "is 'RobertaTokenizer'; supported with vocab.json and merges.txt is GPT2Tokenizer")]
    [InlineData("vocab.json", """{"a":0}""", "", """{"bos_token":"<s>"}""", "no '<s>', the begin token")]
    [InlineData("vocab.json", """{"a":0}""", "", """{"add_bos_token":true}""", "no '<|endoftext|>', the begin token")]
    [InlineData("vocab.json", """{"a":0}""", "", """{"added_tokens_decoder":{"0":{"content":"<x>"}}}""", "same id 0")]
    [InlineData("tokenizer_config.json", """{"a":0}""", "", """{"additional_special_tokens":[1]}""", "strings or objects")]
    public void The_files_of_GPT2_are_checked(string file, string vocabulary, string merges, string? config, string? reason)
    {
        _directory.Write("vocab.json", vocabulary);
        _directory.Write("merges.txt", merges);
        if (config is not null)
        {
            _directory.Write("tokenizer_config.json", config);
        }

        if (reason is null)
        {
            Assert.Equal([2, 0], TokenizerLoader.FromDirectory(_directory.Path).Encode("aba").InputIds.ToArray());
            return;
        }

        InvalidDataException e = Assert.Throws<InvalidDataException>(() => TokenizerLoader.FromDirectory(_directory.Path));
        Assert.Contains(Path.Combine(_directory.Path, file), e.Message, StringComparison.Ordinal);
        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Merges_that_are_not_UTF8_or_stand_without_a_vocabulary_are_refused()
    {
        string path = _directory.Write("merges.txt", [.. "a b\n"u8, 0xC3, 0x28]);
        Assert.Contains(path, Assert.Throws<InvalidDataException>(() => TokenizerLoader.FromDirectory(_directory.Path)).Message, StringComparison.Ordinal);
        _directory.Write("vocab.json", """{"a":0,"b":1,"ab":2}""");
        Assert.Contains("UTF-8 at offset 4", Assert.Throws<InvalidDataException>(() => TokenizerLoader.FromDirectory(_directory.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Random_damage_gives_a_tokenizer_or_a_clear_error()
    {
        byte[] file = File.ReadAllBytes(Path.Combine(BytePairFiles.Directory("llama3-style"), "tokenizer.json"));
        uint state = 5;
        int refused = 0;
        for (int i = 0; i < 400; i++)
        {
            byte[] damaged = [.. file];
            state = unchecked((state * 1_664_525) + 1_013_904_223);
            damaged[(int)((state >> 8) % (uint)file.Length)] = (byte)"\"0,:{}[]x \\\0"[(int)(state >> 3) % 11];
            try
            {
                Tokenizer tokenizer = BytePairTokenizer.FromTokenizerJson(_directory.Write("tokenizer.json", damaged));
                tokenizer.Decode(tokenizer.Encode("Eva has 12 balls.").InputIds.Span);
            }
            catch (Exception e) when (e is InvalidDataException or ArgumentException)
            {
                refused++;
            }
        }

        Assert.InRange(refused, 50, 399);
    }
}
