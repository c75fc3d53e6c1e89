using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Fluent;

namespace SecureTransformer.Models.Tests;

/// <summary>
/// Splits show in the ids of a tokenizer whose tokens are the expected pieces: with ignore_merges a piece is one token exactly if the text is cut at its ends.
/// </summary>
public sealed class SplitPatternTests : IDisposable
{
    private const string Newer = @"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Gpt2 = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    public static TheoryData<string> PatternNames => [.. Golden().Select(g => g.GetProperty("name").GetString()!)];

    private static JsonElement.ArrayEnumerator Golden() =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Data", "split-golden.json"))).RootElement.EnumerateArray();

    private static JsonObject Split(string pattern, string behavior = "Isolated", bool invert = false) => new()
    {
        ["type"] = "Sequence",
        ["pretokenizers"] = new JsonArray(
            new JsonObject { ["type"] = "Split", ["pattern"] = new JsonObject { ["Regex"] = pattern }, ["behavior"] = behavior, ["invert"] = invert },
            new JsonObject { ["type"] = "ByteLevel", ["add_prefix_space"] = false, ["use_regex"] = false }),
    };

    private BytePairTokenizer WithTokens(IEnumerable<string> pieces, JsonObject? preTokenizer) =>
        BytePairTokenizer.FromTokenizerJson(_directory.Write("tokenizer.json", BytePairFiles.ByteLevel(pieces.Select(BytePairFiles.Spell), [], json =>
        {
            json["model"]!["ignore_merges"] = true;
            json["pre_tokenizer"] = preTokenizer ?? json["pre_tokenizer"]!.DeepClone();
        }).ToJsonString()));

    private static IEnumerable<string> Pieces(BytePairTokenizer tokenizer, string text) =>
        tokenizer.Encode(text).InputIds.ToArray().Select(id => tokenizer.Decode([id]));

    [Theory]
    [MemberData(nameof(PatternNames))]
    public void All_golden_splits_agree(string name)
    {
        JsonElement golden = Golden().Single(g => g.GetProperty("name").GetString() == name);
        List<List<string>> splits = [.. golden.GetProperty("splits").EnumerateArray().Select(s => s.EnumerateArray().Select(p => p.GetString()!).ToList())];
        Assert.Equal(150, splits.Count);
        string pattern = golden.GetProperty("pattern").GetString()!;
        foreach (JsonObject? preTokenizer in (JsonObject?[])[Split(pattern), Split(pattern, "Removed", invert: true), .. name == "gpt2" ? (JsonObject?[])[null] : []])
        {
            foreach (List<string> pieces in splits)
            {
                Assert.Equal(pieces, Pieces(WithTokens(pieces, (JsonObject?)preTokenizer?.DeepClone()), string.Concat(pieces)));
            }
        }
    }

    [Theory]
    [InlineData(Gpt2)]
    [InlineData(Newer)]
    public void Splits_equal_those_of_a_backtracking_engine(string pattern)
    {
        var regex = new Regex(pattern, RegexOptions.CultureInvariant);
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(300), Prop.ForAll(RandomText.OfBasicPlane.ToArbitrary(), text =>
        {
            string[] expected = [.. regex.Matches(text).Select(m => m.Value)];
            Assert.Equal(text, string.Concat(expected));
            Assert.Equal(expected, Pieces(WithTokens(expected, Split(pattern)), text));
        }));
    }

    [Theory]
    [InlineData(true, @"\p{N}|[^\p{N}]+")]
    [InlineData(false, @"\p{N}+|[^\p{N}]+")]
    public void Digits_stand_apart_and_the_rest_is_cut_after_them(bool individual, string pattern)
    {
        var regex = new Regex(pattern, RegexOptions.CultureInvariant);
        var gpt2 = new Regex(Gpt2, RegexOptions.CultureInvariant);
        JsonNode preTokenizer = JsonNode.Parse("""{"type":"Sequence","pretokenizers":[{"type":"Digits"},{"type":"ByteLevel","add_prefix_space":false,"use_regex":true}]}""")!;
        preTokenizer["pretokenizers"]![0]!["individual_digits"] = individual;
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(200), Prop.ForAll(RandomText.OfBasicPlane.ToArbitrary(), text =>
        {
            string[] expected = [.. regex.Matches(text).SelectMany(piece => gpt2.Matches(piece.Value)).Select(m => m.Value)];
            Assert.Equal(expected, Pieces(WithTokens(expected, preTokenizer.DeepClone().AsObject()), text));
        }));
    }

    [Theory]
    [InlineData("a b", true, "a, b")]
    [InlineData("a b", null, " a, b")]
    [InlineData(" a", null, " a")]
    [InlineData("\ta", null, " ,\t,a")]
    [InlineData("<x>a", null, "<x>, a")]
    [InlineData("", null, "")]
    public void A_prefix_space_is_added_where_the_file_asks_and_the_configuration_does_not_object(string text, bool? objects, string expected)
    {
        string path = _directory.Write("tokenizer.json", BytePairFiles.ByteLevel(["\u0120a", "\u0120b"], ["\u0120 a", "\u0120 b"], json =>
        {
            json["pre_tokenizer"] = JsonNode.Parse("""{"type":"ByteLevel"}""");
            json["added_tokens"] = JsonNode.Parse("""[{"id":258,"content":"<x>","special":false,"normalized":false}]""");
        }).ToJsonString());
        string? config = objects is null ? null : _directory.Write("tokenizer_config.json", """{"add_prefix_space":false}""");
        Assert.Equal(expected.Length == 0 ? [] : expected.Split(','), Pieces(BytePairTokenizer.FromTokenizerJson(path, config), text));
    }
}
