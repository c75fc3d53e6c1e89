using System.Buffers;

namespace SecureTransformer.Models;

/// <summary>Finds tokens that are written out in a text, before it is normalized: the leftmost, and of several there the longest.</summary>
internal sealed class SpecialTokens
{
    public const int MaxCount = 10_000;

    private readonly (string Token, int Id)[] _longestFirst;
    private readonly SearchValues<string> _search;
    private readonly HashSet<int> _ids;

    public SpecialTokens(IReadOnlyCollection<(string Token, int Id)> tokens)
    {
        _longestFirst = [.. tokens.DistinctBy(t => t.Token).OrderByDescending(t => t.Token.Length)];
        _search = SearchValues.Create([.. _longestFirst.Select(t => t.Token)], StringComparison.Ordinal);
        _ids = [.. _longestFirst.Select(t => t.Id)];
    }

    public bool Contains(int id) => _ids.Contains(id);

    /// <returns>The start of the first special token, or -1.</returns>
    public int Find(ReadOnlySpan<char> text, out int length, out int id)
    {
        int start = text.IndexOfAny(_search);
        length = 0;
        id = 0;
        if (start >= 0)
        {
            foreach ((string token, int tokenId) in _longestFirst)
            {
                if (text[start..].StartsWith(token, StringComparison.Ordinal))
                {
                    length = token.Length;
                    id = tokenId;
                    break;
                }
            }
        }

        return start;
    }
}
