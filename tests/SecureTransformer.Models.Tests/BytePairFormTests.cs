using System.Text.Json.Nodes;

namespace SecureTransformer.Models.Tests;

/// <summary>The forms that a tokenizer.json of type BPE may take; expected values follow Hugging Face's tokenizers library.</summary>
public sealed class BytePairFormTests : IDisposable
{
    private static readonly string[] Letters = ["\u2581", "a", "b", "\u2581a", "\u2581b", "ab", "<", ">"];
    private static readonly string[] LetterMerges = ["\u2581 a", "\u2581 b", "a b"];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private BytePairTokenizer Make(JsonObject json, string? config = null, string? map = null) => BytePairTokenizer.FromTokenizerJson(
        _directory.Write("tokenizer.json", json.ToJsonString()),
        config is null ? null : _directory.Write("tokenizer_config.json", config),
        map is null ? null : _directory.Write("special_tokens_map.json", map));

    private static string Tokens(Tokenizer tokenizer, string text, bool special = false) =>
        string.Join(' ', tokenizer.Encode(text, addSpecialTokens: special).InputIds.ToArray().Select(tokenizer.GetToken));

    private static void Metaspace(JsonObject json, string preTokenizer)
    {
        json["normalizer"] = null;
        json["pre_tokenizer"] = JsonNode.Parse(preTokenizer);
        json["decoder"] = JsonNode.Parse(preTokenizer);
    }

    [Theory]
    [InlineData("""{"type":"Metaspace","replacement":"▁","add_prefix_space":true}""", "a b<s>b", "▁a ▁b <s> ▁b", "a b b")]
    [InlineData("""{"type":"Metaspace","replacement":"▁","add_prefix_space":false}""", "a b<s>b", "a ▁b <s> b", "a bb")]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}""", "a b<s>b", "▁a ▁b <s> b", "a bb")]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"first","split":false}""", "<s>a", "<s> a", "a")]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"always","split":true}""", " a", "▁a", "a")]
    [InlineData("""{"type":"Metaspace","replacement":"▁","prepend_scheme":"never"}""", "a  b", "a ▁ ▁b", "a  b")]
    [InlineData("""{"type":"Metaspace"}""", "", "", "")]
    public void Metaspace_in_its_older_and_newer_forms(string preTokenizer, string text, string tokens, string decoded)
    {
        Tokenizer tokenizer = Make(BytePairFiles.Characters(Letters, LetterMerges, json => Metaspace(json, preTokenizer)));
        Assert.Equal(tokens, Tokens(tokenizer, text));
        Assert.Equal(decoded, tokenizer.Decode(tokenizer.Encode(text).InputIds.Span));
    }

    [Fact]
    public void Metaspace_splits_before_each_space_unless_told_not_to()
    {
        string[] tokens = [.. Letters, "\u2581\u2581"];
        string[] merges = ["\u2581 \u2581", .. LetterMerges];
        Assert.Equal("\u2581 \u2581 \u2581a", Tokens(Make(BytePairFiles.Characters(tokens, merges, j => Metaspace(j, """{"type":"Metaspace","split":true}"""))), "   a"));
        Assert.Equal("\u2581\u2581 \u2581a", Tokens(Make(BytePairFiles.Characters(tokens, merges, j => Metaspace(j, """{"type":"Metaspace","split":false}"""))), "   a"));
    }

    [Theory]
    [InlineData(true, true, "a <0xC3> <0xA9> <0xE2> <0x82> <0xAC> b")]
    [InlineData(false, true, "a <unk> b")]
    [InlineData(false, false, "a <unk> <unk> b")]
    public void Unknown_characters_become_bytes_or_the_unknown_token(bool fallback, bool fuse, string expected)
    {
        Tokenizer tokenizer = Make(BytePairFiles.Characters(Letters, [], json =>
        {
            json["normalizer"] = null;
            json["model"]!["byte_fallback"] = fallback;
            json["model"]!["fuse_unk"] = fuse;
        }));
        Assert.Equal(expected, Tokens(tokenizer, "a\u00E9\u20ACb"));
    }

    [Fact]
    public void What_cannot_be_expressed_is_refused_and_never_dropped()
    {
        Tokenizer characters = Make(BytePairFiles.Characters(Letters, [], json =>
        {
            json["model"]!["byte_fallback"] = false;
            json["model"]!["unk_token"] = null;
        }));
        ArgumentException e = Assert.Throws<ArgumentException>(() => characters.Encode("a\u00E9"));
        Assert.DoesNotContain("\u00E9", e.Message, StringComparison.Ordinal);

        Tokenizer bytes = Make(BytePairFiles.ByteLevel([], [], json => json["model"]!["vocab"]!.AsObject().Remove("q")));
        Assert.Equal("a", bytes.Decode(bytes.Encode("a").InputIds.Span));
        Assert.Throws<ArgumentException>(() => bytes.Encode("q"));
    }

    [Fact]
    public void With_ignore_merges_a_word_that_is_a_token_needs_none()
    {
        string[] tokens = ["ab", "bc", "abc", "\u00C3\u00A9x"];
        Assert.Equal("a bc", Tokens(Make(BytePairFiles.ByteLevel(tokens, ["b c"])), "abc"));
        Tokenizer ignoring = Make(BytePairFiles.ByteLevel(tokens, ["b c"], json => json["model"]!["ignore_merges"] = true));
        Assert.Equal("abc", Tokens(ignoring, "abc"));
        Assert.Equal("\u00C3\u00A9x", Tokens(ignoring, "\u00E9x"));
        Assert.Equal("a bc d", Tokens(ignoring, "abcd"));
    }

    [Theory]
    [InlineData("""{"id":300,"content":"<x>"}""", "a <x> b", "a Ġ <x> Ġ b")]
    [InlineData("""{"id":300,"content":"<x>","lstrip":true}""", "a \n<x> b", "a <x> Ġ b")]
    [InlineData("""{"id":300,"content":"<x>","rstrip":true}""", "a <x> \n<x>b", "a Ġ <x> <x> b")]
    [InlineData("""{"id":300,"content":"x","single_word":true}""", "x ax x_ éx x", "x Ġ a x Ġ x _ Ġ Ã © x Ġ x")]
    [InlineData("""{"id":300,"content":"xx","single_word":true}""", "xxx xx,", "x x x Ġ xx ,")]
    public void Added_tokens_obey_their_options(string added, string text, string expected)
    {
        Tokenizer tokenizer = Make(BytePairFiles.ByteLevel([], [], json =>
        {
            json["added_tokens"] = JsonNode.Parse($"[{added}]");
            json["model"]!["vocab"]!.AsObject().Remove("x");
            json["model"]!["vocab"]!["x"] = added.Contains("\"x\"", StringComparison.Ordinal) ? 300 : 301;
        }));
        Assert.Equal(expected, Tokens(tokenizer, text));
    }

    [Fact]
    public void The_longest_added_token_wins_and_special_ones_alone_are_skipped()
    {
        Tokenizer tokenizer = Make(BytePairFiles.ByteLevel([], [], json => json["added_tokens"] = JsonNode.Parse("""
            [{"id":300,"content":"<a","special":true},{"id":301,"content":"<a>","special":false,"normalized":false},{"id":302,"content":"é ü","normalized":false}]
            """)));
        int[] ids = tokenizer.Encode("<a><ab\u00E9 \u00FC").InputIds.ToArray();
        Assert.Equal(["<a>", "<a", "b", "\u00E9 \u00FC"], ids.Select(tokenizer.GetToken));
        Assert.Equal("<a>b\u00E9 \u00FC", tokenizer.Decode(ids));
        Assert.Equal("<a><ab\u00E9 \u00FC", tokenizer.Decode(ids, skipSpecialTokens: false));
    }

    [Fact]
    public void A_normalized_added_token_is_looked_for_in_normalized_text()
    {
        Tokenizer tokenizer = Make(BytePairFiles.Characters(Letters, LetterMerges, json =>
            json["added_tokens"]!.AsArray().Add(JsonNode.Parse("""{"id":400,"content":"ab a","normalized":true,"special":false}"""))));

        // Normalized, the token is "▁ab▁a": it is found where the text starts with it, or has a space before it.
        Assert.Equal("ab a", Tokens(tokenizer, "ab a"));
        Assert.Equal("\u2581b ab a", Tokens(tokenizer, "b ab a"));
        Assert.Equal("\u2581b ab \u2581a", Tokens(tokenizer, "bab a"));
    }

    [Fact]
    public void Flags_of_a_Llama_configuration_prevail_over_the_post_processor()
    {
        JsonObject json = BytePairFiles.Json("llama-story");
        Assert.Equal("<s> \u2581a", Tokens(Make(json), "a", special: true));
        const string names = "\"bos_token\":\"<s>\",\"eos_token\":{\"content\":\"</s>\"}";
        Assert.Equal("\u2581a </s>", Tokens(Make(json, $$"""{"tokenizer_class":"LlamaTokenizer","add_bos_token":false,"add_eos_token":true,{{names}}}"""), "a", special: true));
        Assert.Equal("<s> \u2581a", Tokens(Make(json, $$"""{"tokenizer_class":"PreTrainedTokenizerFast","add_bos_token":false,{{names}}}"""), "a", special: true));
        Assert.Contains("none is named", Assert.Throws<InvalidDataException>(() => Make(json, """{"tokenizer_class":"LlamaTokenizer","add_eos_token":true,"bos_token":"<s>"}""")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_configuration_names_special_tokens_and_the_map_fills_in()
    {
        JsonObject json = BytePairFiles.ByteLevel(["<e>", "<p>", "<x>"], []);
        BytePairTokenizer tokenizer = Make(json, """{"eos_token":"<e>","model_max_length":5}""", """{"eos_token":"<x>","pad_token":{"content":"<p>"},"additional_special_tokens":["<x>"]}""");
        Assert.Equal((256, 257, null, 5), (tokenizer.EndTokenId, tokenizer.PadTokenId, tokenizer.BeginTokenId, tokenizer.MaxTokens));
        Assert.Equal("a <x> <e> <p>", Tokens(tokenizer, "a<x><e><p>"));
        Assert.Equal("a", tokenizer.Decode(tokenizer.Encode("a<x><e><p>").InputIds.Span));
    }

    [Fact]
    public void Early_files_do_not_name_the_type_of_their_model()
    {
        JsonObject json = BytePairFiles.Json("gpt2-arith");
        json["model"]!.AsObject().Remove("type");
        _directory.Write("tokenizer.json", json.ToJsonString());
        Assert.IsType<BytePairTokenizer>(TokenizerLoader.FromDirectory(_directory.Path));
        _directory.Write("tokenizer.json", TokenizerJson.OfShippedModel(bert => bert["model"]!.AsObject().Remove("type")));
        Assert.IsType<WordPieceTokenizer>(TokenizerLoader.FromDirectory(_directory.Path));
        _directory.Write("tokenizer.json", """{"model":{"vocab":{"a":0}}}""");
        Assert.Contains("'model.type' is missing", Assert.Throws<InvalidDataException>(() => TokenizerLoader.FromDirectory(_directory.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_template_may_have_tokens_on_both_sides()
    {
        Tokenizer tokenizer = Make(BytePairFiles.ByteLevel(["<b>", "<e>"], [], json => json["post_processor"] = JsonNode.Parse("""
            {"type":"TemplateProcessing",
             "single":[{"SpecialToken":{"id":"B","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"E","type_id":0}}],
             "pair":[{"Sequence":{"id":"B","type_id":1}},{"SpecialToken":{"id":"E","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
             "special_tokens":{"B":{"id":"B","ids":[256,256],"tokens":["<b>"]},"E":{"id":"E","ids":[257],"tokens":["<e>"]}}}
            """)));
        Assert.Equal("<b> <b> a <e>", Tokens(tokenizer, "a", special: true));
        Assert.Equal((256, 257), (tokenizer.BeginTokenId, tokenizer.EndTokenId));
        TokenEncoding pair = tokenizer.Encode("a", "b");
        Assert.Equal("b <e> a", string.Join(' ', pair.InputIds.ToArray().Select(tokenizer.GetToken)));
        Assert.Equal([1, 0, 0], pair.TokenTypeIds.ToArray());
    }

    [Fact]
    public void Several_threads_may_share_a_tokenizer()
    {
        Tokenizer tokenizer = BytePairFiles.Load("llama3-style");
        string[] texts = [.. Enumerable.Range(0, 200).Select(i => $"Eva has {i} red balls, and \u00E9\U0001F600 {new string('a', i)}.")];
        int[][] expected = [.. texts.Select(t => tokenizer.Encode(t).InputIds.ToArray())];
        Parallel.For(0, 2_000, i => Assert.Equal(expected[i % 200], tokenizer.Encode(texts[i % 200]).InputIds.ToArray()));
    }
}
