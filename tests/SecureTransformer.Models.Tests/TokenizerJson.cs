using System.Text.Json.Nodes;

namespace SecureTransformer.Models.Tests;

/// <summary>The tokenizer.json that describes the tokenizer of the shipped model.</summary>
internal static class TokenizerJson
{
    public static string OfShippedModel(Action<JsonObject>? change = null)
    {
        string[] lines = File.ReadAllLines(Path.Combine(AppContext.BaseDirectory, "Models", "bert-triage", "vocab.txt"));
        var vocabulary = new JsonObject();
        for (int i = 0; i < lines.Length; i++)
        {
            vocabulary[lines[i]] = i;
        }

        JsonObject json = JsonNode.Parse("""
            {
              "version": "1.0", "truncation": null, "padding": null,
              "added_tokens": [
                {"id":0,"content":"[PAD]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
                {"id":4,"content":"[MASK]","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}
              ],
              "normalizer": {"type":"BertNormalizer","clean_text":true,"handle_chinese_chars":true,"strip_accents":null,"lowercase":true},
              "pre_tokenizer": {"type":"BertPreTokenizer"},
              "post_processor": {"type":"TemplateProcessing",
                "single":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}}],
                "pair":[{"SpecialToken":{"id":"[CLS]","type_id":0}},{"Sequence":{"id":"A","type_id":0}},{"SpecialToken":{"id":"[SEP]","type_id":0}},
                        {"Sequence":{"id":"B","type_id":1}},{"SpecialToken":{"id":"[SEP]","type_id":1}}]},
              "decoder": {"type":"WordPiece","prefix":"##","cleanup":true},
              "model": {"type":"WordPiece","unk_token":"[UNK]","continuing_subword_prefix":"##","max_input_chars_per_word":100}
            }
            """)!.AsObject();
        json["model"]!["vocab"] = vocabulary;
        change?.Invoke(json);
        return json.ToJsonString();
    }
}
