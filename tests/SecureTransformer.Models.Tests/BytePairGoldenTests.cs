using System.Text;
using System.Text.Json;

namespace SecureTransformer.Models.Tests;

public sealed class BytePairGoldenTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    private static List<JsonElement> Golden(string name) =>
        [.. JsonDocument.Parse(File.ReadAllBytes(BytePairFiles.Directory(name) + ".json")).RootElement.GetProperty("encodings").EnumerateArray()];

    private static int[] Ids(JsonElement golden) => [.. golden.GetProperty("ids").EnumerateArray().Select(e => e.GetInt32())];

    private static void AssertGolden(Tokenizer tokenizer, string name, int count)
    {
        List<JsonElement> encodings = Golden(name);
        Assert.Equal(count, encodings.Count);
        foreach (JsonElement golden in encodings)
        {
            string text = golden.GetProperty("text").GetString()!;
            int[] ids = Ids(golden);
            Assert.Equal(ids, tokenizer.Encode(text).InputIds.ToArray());
            Assert.Equal(golden.GetProperty("tokens").EnumerateArray().Select(e => e.GetString()), ids.Select(tokenizer.GetToken));
            Assert.Equal(golden.GetProperty("decoded").GetString(), tokenizer.Decode(ids));
            TokenDecoder decoder = tokenizer.CreateDecoder();
            Assert.Equal(golden.GetProperty("decoded").GetString(), string.Concat(ids.Select(decoder.Append)) + decoder.Flush());
        }
    }

    [Theory]
    [InlineData("gpt2-arith", 45)]
    [InlineData("llama-story", 44)]
    [InlineData("llama3-style", 65)]
    public void All_golden_encodings_and_decodings_agree(string name, int count) =>
        AssertGolden(Assert.IsType<BytePairTokenizer>(TokenizerLoader.FromDirectory(BytePairFiles.Directory(name))), name, count);

    [Fact]
    public void The_files_of_GPT2_make_the_same_tokenizer()
    {
        foreach (string file in (string[])["vocab.json", "merges.txt", "tokenizer_config.json", "special_tokens_map.json"])
        {
            File.Copy(Path.Combine(BytePairFiles.Directory("gpt2-arith"), file), Path.Combine(_directory.Path, file));
        }

        Tokenizer tokenizer = TokenizerLoader.FromDirectory(_directory.Path);
        Assert.Equal((356, 356, 128), (tokenizer.BeginTokenId, tokenizer.EndTokenId, tokenizer.MaxTokens));
        AssertGolden(tokenizer, "gpt2-arith", 45);
    }

    [Theory]
    [InlineData("gpt2-arith", 356, 356, 357, 128)]
    [InlineData("llama-story", 1, 2, 382, 128)]
    [InlineData("llama3-style", 406, null, 409, int.MaxValue)]
    public void Begin_end_sizes_and_limits_are_known(string name, int begin, int? end, int size, int limit)
    {
        Tokenizer tokenizer = TokenizerLoader.FromDirectory(BytePairFiles.Directory(name));
        Assert.Equal((begin, end, size, limit), (tokenizer.BeginTokenId, tokenizer.EndTokenId, tokenizer.VocabularySize, tokenizer.MaxTokens));
    }

    [Fact]
    public void Merges_may_be_pairs()
    {
        foreach (string name in BytePairFiles.Names)
        {
            System.Text.Json.Nodes.JsonObject json = BytePairFiles.Json(name);
            json["model"]!["merges"] = new System.Text.Json.Nodes.JsonArray([.. json["model"]!["merges"]!.AsArray().Select(m =>
                new System.Text.Json.Nodes.JsonArray([.. m!.GetValue<string>().Split(' ').Select(t => System.Text.Json.Nodes.JsonValue.Create(t))]))]);
            AssertGolden(BytePairTokenizer.FromTokenizerJson(_directory.Write("tokenizer.json", json.ToJsonString())), name, Golden(name).Count);
        }
    }

    [Fact]
    public void Without_special_tokens_none_are_added_and_pairs_follow_the_template()
    {
        foreach (string name in BytePairFiles.Names)
        {
            Tokenizer tokenizer = BytePairFiles.Load(name);
            int[] with = tokenizer.Encode("Sam has", addSpecialTokens: true).InputIds.ToArray();
            int[] without = tokenizer.Encode("Sam has", addSpecialTokens: false).InputIds.ToArray();
            int[] begin = name == "gpt2-arith" ? [] : [tokenizer.BeginTokenId!.Value];
            Assert.Equal([.. begin, .. without], with);
            TokenEncoding pair = tokenizer.Encode("Sam has", "Sam has");
            Assert.Equal([.. with, .. with], pair.InputIds.ToArray());
            Assert.Equal([.. new int[with.Length], .. Enumerable.Repeat(1, with.Length)], pair.TokenTypeIds.ToArray());
        }

        Tokenizer bert = TokenizerLoader.FromDirectory(Path.Combine(AppContext.BaseDirectory, "Models", "bert-triage"));
        Assert.Equal(bert.Encode("cough").InputIds.ToArray()[1..^1], bert.Encode("cough", addSpecialTokens: false).InputIds.ToArray());
    }

    [Fact]
    public void An_encoding_longer_than_the_limit_is_refused_without_its_text()
    {
        Tokenizer tokenizer = TokenizerLoader.FromDirectory(BytePairFiles.Directory("gpt2-arith"));
        ArgumentException e = Assert.Throws<ArgumentException>(() => tokenizer.Encode(new string('q', 129), addSpecialTokens: false));
        Assert.Contains("129 tokens", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("qq", e.Message, StringComparison.Ordinal);
    }

    /// <summary>Expected: <c>bytes.decode("utf-8", errors="replace")</c> of Python.</summary>
    [Theory]
    [InlineData("E28241", "\uFFFDA")]
    [InlineData("F09F98", "\uFFFD")]
    [InlineData("FFFE", "\uFFFD\uFFFD")]
    [InlineData("C080", "\uFFFD\uFFFD")]
    [InlineData("EDA080", "\uFFFD\uFFFD\uFFFD")]
    [InlineData("F4908080", "\uFFFD\uFFFD\uFFFD\uFFFD")]
    [InlineData("E080", "\uFFFD\uFFFD")]
    [InlineData("80C3A9", "\uFFFD\u00E9")]
    [InlineData("C3C3A9", "\uFFFD\u00E9")]
    [InlineData("F09F98E28080", "\uFFFD\u2000")]
    [InlineData("EFBBBF41", "\uFEFFA")]
    public void Bytes_that_are_not_UTF8_become_replacement_characters(string bytes, string expected)
    {
        foreach (Tokenizer tokenizer in (Tokenizer[])[BytePairFiles.Load("gpt2-arith"), BytePairFiles.Load("llama-story")])
        {
            int[] ids = [.. Convert.FromHexString(bytes).Select(b => Id(tokenizer, b))];
            Assert.Equal(expected, tokenizer.Decode(ids));
            TokenDecoder decoder = tokenizer.CreateDecoder();
            Assert.Equal(expected, string.Concat(ids.Select(decoder.Append)) + decoder.Flush());
        }

        static int Id(Tokenizer tokenizer, byte value) =>
            tokenizer.TryGetId($"<0x{value:X2}>", out int id) || tokenizer.TryGetId(BytePairFiles.ByteCharacter(value).ToString(), out id) ? id : throw new InvalidOperationException();
    }

    [Fact]
    public void Streaming_holds_back_incomplete_characters_and_may_start_again()
    {
        Tokenizer tokenizer = BytePairFiles.Load("gpt2-arith");
        int[] ids = tokenizer.Encode("a\U0001F600").InputIds.ToArray();
        Assert.Equal(5, ids.Length);
        TokenDecoder decoder = tokenizer.CreateDecoder();
        Assert.Equal(["a", "", "", "", "\U0001F600"], ids.Select(decoder.Append));
        Assert.Equal("", decoder.Flush());
        Assert.Equal(["a", "", "", ""], ids[..4].Select(decoder.Append));
        Assert.Equal("\uFFFD", decoder.Flush());
        Assert.Throws<ArgumentOutOfRangeException>(() => decoder.Append(357));
        Assert.Equal("a", decoder.Append(ids[0]));

        Tokenizer llama = BytePairFiles.Load("llama-story");
        TokenDecoder story = llama.CreateDecoder();
        for (int turn = 0; turn < 2; turn++)
        {
            Assert.Equal("Sam has a", string.Concat(llama.Encode("Sam has a").InputIds.ToArray().Select(story.Append)));
            Assert.True(llama.TryGetId("\u2581b", out int b));
            Assert.Equal(" b", story.Append(b));
            Assert.Equal("", story.Flush());
        }
    }

    [Fact]
    public void Special_tokens_are_decoded_on_request()
    {
        Tokenizer tokenizer = BytePairFiles.Load("llama3-style");
        int[] ids = tokenizer.Encode("a<|eot_id|>b").InputIds.ToArray();
        Assert.Equal("ab", tokenizer.Decode(ids));
        Assert.Equal("<|begin_of_text|>a<|eot_id|>b", tokenizer.Decode(ids, skipSpecialTokens: false));
    }
}
