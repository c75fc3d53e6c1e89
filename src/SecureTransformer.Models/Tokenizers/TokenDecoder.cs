using System.Text;

namespace SecureTransformer.Models;

/// <summary>
/// Turns token ids into text as they come, from <see cref="Tokenizer.CreateDecoder"/>. What <see cref="Append"/> and then <see cref="Flush"/> return
/// is, put together, what <see cref="Tokenizer.Decode"/> makes of all the ids. Holds text that may be secret, and prints none. Not for several threads at once.
/// </summary>
/// <remarks>
/// Some tokenizers drop the space that starts a text. To continue a prompt, append the prompt's ids first and leave what they return aside.
/// </remarks>
public abstract class TokenDecoder
{
    private readonly Vocabulary _vocabulary;
    private readonly StringBuilder _text = new();

    private protected TokenDecoder(Vocabulary vocabulary) => _vocabulary = vocabulary;

    /// <summary>Takes the next id.</summary>
    /// <param name="id">A token id.</param>
    /// <returns>The text that is complete with it and was not returned before; perhaps empty. A character whose bytes have not all come yet waits.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The id is not in the vocabulary; the decoder goes on as if it had not been given.</exception>
    public string Append(int id)
    {
        if (!_vocabulary.Contains(id))
        {
            throw new ArgumentOutOfRangeException(nameof(id), $"The id is not in the vocabulary of {_vocabulary.Size} tokens.");
        }

        AppendCore(id, _text);
        return Take();
    }

    /// <summary>Ends the text; the next id starts another.</summary>
    /// <returns>What waited: of an incomplete character, U+FFFD.</returns>
    public string Flush()
    {
        FlushCore(_text);
        return Take();
    }

    /// <summary>Decodes a whole text of known ids.</summary>
    internal string Decode(ReadOnlySpan<int> ids)
    {
        foreach (int id in ids)
        {
            AppendCore(id, _text);
        }

        return Flush();
    }

    private protected abstract void AppendCore(int id, StringBuilder text);

    private protected abstract void FlushCore(StringBuilder text);

    private string Take()
    {
        string text = _text.ToString();
        _text.Clear();
        return text;
    }
}
