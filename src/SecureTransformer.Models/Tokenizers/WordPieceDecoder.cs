using System.Text;

namespace SecureTransformer.Models;

/// <summary>Joins the pieces of words, and words with spaces. As the clean-up of spaces looks ahead, with it all of the text waits for the end.</summary>
internal sealed class WordPieceDecoder(Vocabulary vocabulary, string prefix, SpecialTokens? skipped, bool cleanUpSpaces) : TokenDecoder(vocabulary)
{
    private readonly Vocabulary _vocabulary = vocabulary;
    private readonly StringBuilder _waiting = new();
    private bool _started;

    private protected override void AppendCore(int id, StringBuilder text)
    {
        if (skipped is not null && skipped.Contains(id))
        {
            return;
        }

        StringBuilder target = cleanUpSpaces ? _waiting : text;
        string token = _vocabulary.TokenOf(id);
        if (_started && token.StartsWith(prefix, StringComparison.Ordinal))
        {
            target.Append(token, prefix.Length, token.Length - prefix.Length);
            return;
        }

        target.Append(_started ? " " : "").Append(token);
        _started = true;
    }

    private protected override void FlushCore(StringBuilder text)
    {
        CleanUp(_waiting);
        text.Append(_waiting);
        _waiting.Clear();
        _started = false;
    }

    /// <summary>Hugging Face's clean_up_tokenization: the same replacements in the same order.</summary>
    private static void CleanUp(StringBuilder text) => text
        .Replace(" .", ".").Replace(" ?", "?").Replace(" !", "!").Replace(" ,", ",").Replace(" ' ", "'")
        .Replace(" n't", "n't").Replace(" 'm", "'m").Replace(" 's", "'s").Replace(" 've", "'ve").Replace(" 're", "'re");
}
