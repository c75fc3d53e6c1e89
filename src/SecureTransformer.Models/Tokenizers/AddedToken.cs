namespace SecureTransformer.Models;

/// <summary>A token that stands outside the segmentation: an entry of <c>added_tokens</c> or <c>added_tokens_decoder</c>.</summary>
internal static class AddedToken
{
    public static (string Token, int Id) Read(JsonFields entry, int id)
    {
        string content = entry.RequiredString("content");
        if (content.Length == 0)
        {
            throw entry.Error("content", "is empty");
        }

        // White space beside a token means nothing to BERT, so that lstrip and rstrip need no attention.
        foreach (string unsupported in (ReadOnlySpan<string>)["single_word", "normalized"])
        {
            if (entry.Boolean(unsupported) == true)
            {
                throw entry.Error(unsupported, $"is true for the added token '{Text.Printable(content)}'; supported is false");
            }
        }

        return (content, id);
    }
}
