namespace SecureTransformer.Models;

/// <summary>Takes all of the text as one word.</summary>
internal sealed class WholeTextPreTokenizer : PreTokenizer
{
    public override void Append(ReadOnlySpan<char> section, bool atStart, BytePairModel model, List<int> ids) => model.Append(section, ids);
}
