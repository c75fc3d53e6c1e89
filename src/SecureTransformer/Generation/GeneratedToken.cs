using SecureTransformer.Hosting;
using SecureTransformer.Protocols;

namespace SecureTransformer.Generation;

/// <summary>A token of the answer, which the client alone sees, and what it cost. It prints nothing of itself.</summary>
public sealed class GeneratedToken
{
    internal GeneratedToken(int sequence, int index, int id, string text, bool isEnd, Cost cost, IReadOnlyList<double>? logits, IReadOnlyList<PartyFault> faults)
    {
        Sequence = sequence;
        Index = index;
        Id = id;
        Text = text;
        IsEnd = isEnd;
        Cost = cost;
        Logits = logits;
        Faults = faults;
    }

    /// <summary>Which of the prompts it continues.</summary>
    public int Sequence { get; }

    /// <summary>Its number in the answer, from 0.</summary>
    public int Index { get; }

    /// <summary>The token's id.</summary>
    public int Id { get; }

    /// <summary>The text that is complete with this token, and was not before; empty for a part of a character, a token that ends the text, or a client without a tokenizer.</summary>
    public string Text { get; }

    /// <summary>Whether the token ends the text; nothing follows in its sequence.</summary>
    public bool IsEnd { get; }

    /// <summary>What this step cost for all sequences together; that of the first token has the prompt in it.</summary>
    public Cost Cost { get; }

    /// <summary>The logits of the whole vocabulary that the token was chosen from; null unless <see cref="GenerationOptions.IncludeLogits"/> asks for them.</summary>
    public IReadOnlyList<double>? Logits { get; }

    /// <summary>The parties whose shares of this step's output were wrong or did not come, where it is certain without them; empty otherwise.</summary>
    public IReadOnlyList<PartyFault> Faults { get; }

    /// <summary>The type's name, never the token.</summary>
    public override string ToString() => nameof(GeneratedToken);
}
