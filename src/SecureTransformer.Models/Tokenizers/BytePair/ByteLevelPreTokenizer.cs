namespace SecureTransformer.Models;

/// <summary>Splits by patterns one after the other, perhaps puts a space before each piece, and perhaps splits by GPT-2's pattern.</summary>
internal sealed class ByteLevelPreTokenizer(SplitPattern[] splits, bool addPrefixSpace, bool useRegex) : PreTokenizer
{
    public override bool IsByteLevel => true;

    public override void Append(ReadOnlySpan<char> section, bool atStart, BytePairModel model, List<int> ids) => Append(section, 0, model, ids);

    private void Append(ReadOnlySpan<char> text, int step, BytePairModel model, List<int> ids)
    {
        if (step < splits.Length)
        {
            while (!text.IsEmpty)
            {
                int length = splits[step].FirstLength(text);
                Append(text[..length], step + 1, model, ids);
                text = text[length..];
            }

            return;
        }

        if (addPrefixSpace && !text.IsEmpty && text[0] != ' ')
        {
            text = string.Concat(" ", text);
        }

        if (!useRegex)
        {
            model.Append(text, ids);
            return;
        }

        while (!text.IsEmpty)
        {
            int length = SplitPattern.Gpt2.FirstLength(text);
            model.Append(text[..length], ids);
            text = text[length..];
        }
    }
}
