using System.Text.Json.Nodes;

namespace SecureTransformer.Models.Tests;

/// <summary>Tokenizers of the golden data, and files of small ones for tests.</summary>
internal static class BytePairFiles
{
    public static readonly string[] Names = ["gpt2-arith", "llama-story", "llama3-style"];

    public static string Directory(string name) => Path.Combine(AppContext.BaseDirectory, "Data", "tokenizers", name);

    /// <summary>Without its configuration: no limit of length.</summary>
    public static BytePairTokenizer Load(string name) => BytePairTokenizer.FromTokenizerJson(Path.Combine(Directory(name), "tokenizer.json"));

    public static JsonObject Json(string name) => JsonNode.Parse(File.ReadAllText(Path.Combine(Directory(name), "tokenizer.json")))!.AsObject();

    /// <summary>The characters of the 256 bytes, from the published table: printable Latin-1, then from U+0100 on.</summary>
    public static char ByteCharacter(int value)
    {
        bool Printable(int b) => b is (>= 33 and <= 126) or (>= 161 and <= 172) or (>= 174 and <= 255);
        return (char)(Printable(value) ? value : 256 + Enumerable.Range(0, value).Count(b => !Printable(b)));
    }

    public static string Spell(string text) => string.Concat(System.Text.Encoding.UTF8.GetBytes(text).Select(b => ByteCharacter(b)));

    /// <summary>A byte-level tokenizer.json: the bytes are tokens 0 to 255, more tokens follow.</summary>
    public static JsonObject ByteLevel(IEnumerable<string> tokens, IEnumerable<string> merges, Action<JsonObject>? change = null)
    {
        JsonObject json = JsonNode.Parse("""
            {
              "added_tokens": [], "normalizer": null, "pre_tokenizer": {"type":"ByteLevel","add_prefix_space":false,"use_regex":true},
              "post_processor": null, "decoder": {"type":"ByteLevel"},
              "model": {"type":"BPE","dropout":null,"unk_token":null,"fuse_unk":false,"byte_fallback":false}
            }
            """)!.AsObject();
        Fill(json, Enumerable.Range(0, 256).Select(b => ByteCharacter(b).ToString()).Concat(tokens), merges);
        change?.Invoke(json);
        return json;
    }

    /// <summary>A tokenizer.json of SentencePiece's kind: unknown, begin, the bytes from 2 on, and more tokens.</summary>
    public static JsonObject Characters(IEnumerable<string> tokens, IEnumerable<string> merges, Action<JsonObject>? change = null)
    {
        JsonObject json = Json("llama-story");
        json["added_tokens"]!.AsArray().RemoveAt(2);
        Fill(json, new[] { "<unk>", "<s>" }.Concat(Enumerable.Range(0, 256).Select(b => $"<0x{b:X2}>")).Concat(tokens), merges);
        change?.Invoke(json);
        return json;
    }

    private static void Fill(JsonObject json, IEnumerable<string> tokens, IEnumerable<string> merges)
    {
        var vocabulary = new JsonObject();
        int id = 0;
        foreach (string token in tokens)
        {
            if (vocabulary.TryAdd(token, id))
            {
                id++;
            }
        }

        json["model"]!["vocab"] = vocabulary;
        json["model"]!["merges"] = new JsonArray([.. merges.Select(m => JsonValue.Create(m))]);
    }
}
