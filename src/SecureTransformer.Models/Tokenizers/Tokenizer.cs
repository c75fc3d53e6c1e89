namespace SecureTransformer.Models;

/// <summary>Turns text into the token ids of a model and back. Immutable; safe from several threads at once.</summary>
public abstract class Tokenizer
{
    /// <summary>The longest text that is taken, in UTF-16 code units.</summary>
    public const int MaxTextLength = 10_000_000;

    private protected Tokenizer(Vocabulary vocabulary, int maxTokens)
    {
        Vocabulary = vocabulary;
        MaxTokens = maxTokens;
    }

    /// <summary>One above the highest token id.</summary>
    public int VocabularySize => Vocabulary.Size;

    /// <summary>The most tokens an encoding may have, special tokens included; <see cref="int.MaxValue"/> where the model's files give no limit.</summary>
    public int MaxTokens { get; }

    /// <summary>The token that fills up shorter inputs, if the vocabulary has one.</summary>
    public abstract int? PadTokenId { get; }

    /// <summary>The token that starts a text, if it is known.</summary>
    public virtual int? BeginTokenId => null;

    /// <summary>The token that ends a text, if it is known. A model may have others that end its turn; its configuration names them.</summary>
    public virtual int? EndTokenId => null;

    private protected Vocabulary Vocabulary { get; }

    /// <summary>Encodes a text or a pair of texts, with the special tokens of the model. Special tokens written out in the text count as such, as with Hugging Face.</summary>
    /// <param name="text">The text.</param>
    /// <param name="secondText">The second text of a pair, or null.</param>
    /// <exception cref="ArgumentException">A text is not valid UTF-16, or too long: nothing is ever cut off. No message contains text.</exception>
    public TokenEncoding Encode(string text, string? secondText = null)
    {
        CheckText(text, nameof(text));
        if (secondText is not null)
        {
            CheckText(secondText, nameof(secondText));
        }

        return CheckLength(EncodeCore(text, secondText, addSpecialTokens: true), nameof(text));
    }

    /// <summary>Encodes a text with or without the special tokens of the model: without, it continues what was encoded before, as a later turn of a conversation does.</summary>
    /// <param name="text">The text. Special tokens written out in it count as such in either case.</param>
    /// <param name="addSpecialTokens">Whether to add them.</param>
    /// <exception cref="ArgumentException">The text is not valid UTF-16, or too long: nothing is ever cut off. No message contains text.</exception>
    public TokenEncoding Encode(string text, bool addSpecialTokens)
    {
        CheckText(text, nameof(text));
        return CheckLength(EncodeCore(text, null, addSpecialTokens), nameof(text));
    }

    /// <summary>Turns token ids back into text, as closely as the tokenizer allows. Bytes that are not valid UTF-8 become U+FFFD.</summary>
    /// <param name="ids">Token ids.</param>
    /// <param name="skipSpecialTokens">Whether to leave out special tokens.</param>
    /// <exception cref="ArgumentOutOfRangeException">An id is not in the vocabulary.</exception>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = true)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            if (!Vocabulary.Contains(ids[i]))
            {
                throw new ArgumentOutOfRangeException(nameof(ids), $"The id at index {i} is not in the vocabulary of {VocabularySize} tokens.");
            }
        }

        return CreateDecoderCore(skipSpecialTokens).Decode(ids);
    }

    /// <summary>Starts decoding of ids that come one by one.</summary>
    /// <param name="skipSpecialTokens">Whether to leave out special tokens.</param>
    public TokenDecoder CreateDecoder(bool skipSpecialTokens = true) => CreateDecoderCore(skipSpecialTokens);

    /// <summary>Looks up the id of a token, such as "[CLS]".</summary>
    /// <param name="token">The token as the vocabulary writes it.</param>
    /// <param name="id">The id.</param>
    /// <returns>Whether the vocabulary has the token.</returns>
    public bool TryGetId(string token, out int id)
    {
        ArgumentNullException.ThrowIfNull(token);
        return Vocabulary.TryGetId(token, out id);
    }

    /// <summary>The token of an id, as the vocabulary writes it.</summary>
    /// <param name="id">The id.</param>
    /// <exception cref="ArgumentOutOfRangeException">The id is not in the vocabulary.</exception>
    public string GetToken(int id) => Vocabulary.Contains(id)
        ? Vocabulary.TokenOf(id)
        : throw new ArgumentOutOfRangeException(nameof(id), $"The id is not in the vocabulary of {VocabularySize} tokens.");

    private protected abstract TokenEncoding EncodeCore(string text, string? secondText, bool addSpecialTokens);

    private protected abstract TokenDecoder CreateDecoderCore(bool skipSpecialTokens);

    private TokenEncoding CheckLength(TokenEncoding encoding, string parameter) => encoding.Length <= MaxTokens
        ? encoding
        : throw new ArgumentException(
            $"The text makes {encoding.Length} tokens, special tokens included; the limit of this model is {MaxTokens}. Shorten it: nothing is cut off silently.", parameter);

    private static void CheckText(string text, string parameter)
    {
        ArgumentNullException.ThrowIfNull(text, parameter);
        if (text.Length > MaxTextLength)
        {
            throw new ArgumentException($"The text has {text.Length} characters; the limit is {MaxTextLength}.", parameter);
        }

        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsSurrogate(text[i]))
            {
                if (!char.IsSurrogatePair(text, i))
                {
                    throw new ArgumentException($"The text holds half of a surrogate pair at index {i}.", parameter);
                }

                i++;
            }
        }
    }
}
