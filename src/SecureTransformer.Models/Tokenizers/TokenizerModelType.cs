namespace SecureTransformer.Models;

/// <summary>The type of the model of a <c>tokenizer.json</c>.</summary>
internal static class TokenizerModelType
{
    public const string WordPiece = "WordPiece";
    public const string BytePair = "BPE";

    /// <summary>Early files, gpt2's and bert-base-uncased's among them, do not name it: it shows in the other keys, as Hugging Face's library sees it.</summary>
    public static string Of(JsonFields model) => model.String("type")
        ?? (model.Has("merges") ? BytePair : model.Has("continuing_subword_prefix") ? WordPiece : throw model.Missing("type"));

    public static void Require(JsonFields model, string supported)
    {
        string type = Of(model);
        if (type != supported)
        {
            throw model.Unsupported("type", type, $"is {supported}");
        }
    }
}
