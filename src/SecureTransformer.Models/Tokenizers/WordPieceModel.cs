using System.Text;

namespace SecureTransformer.Models;

/// <summary>Greedy longest-match-first segmentation of a word (Wu et al., 2016; Devlin et al., 2019).</summary>
internal sealed class WordPieceModel
{
    private readonly Dictionary<string, int> _first = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _following = new(StringComparer.Ordinal);
    private readonly int _unknown;
    private readonly int _maxWordLength;
    private readonly int _longest;

    /// <param name="vocabulary">The tokens.</param>
    /// <param name="prefix">Marks a piece that continues a word.</param>
    /// <param name="unknown">The id of a word that cannot be segmented.</param>
    /// <param name="maxWordLength">Longer words, in code points, are unknown.</param>
    public WordPieceModel(Vocabulary vocabulary, string prefix, int unknown, int maxWordLength)
    {
        _unknown = unknown;
        _maxWordLength = maxWordLength;
        foreach ((string token, int id) in vocabulary.Entries)
        {
            _first.Add(token, id);
            if (token.Length > prefix.Length && token.StartsWith(prefix, StringComparison.Ordinal))
            {
                _following.Add(token[prefix.Length..], id);
            }

            _longest = Math.Max(_longest, token.Length);
        }
    }

    public void Append(ReadOnlySpan<char> word, List<int> ids)
    {
        int length = 0;
        foreach (Rune _ in word.EnumerateRunes())
        {
            length++;
        }

        if (length > _maxWordLength)
        {
            ids.Add(_unknown);
            return;
        }

        int before = ids.Count;
        var pieces = _first.GetAlternateLookup<ReadOnlySpan<char>>();
        while (!word.IsEmpty)
        {
            int end = Math.Min(word.Length, _longest);
            int id;
            while (!pieces.TryGetValue(word[..end], out id))
            {
                if (--end == 0)
                {
                    ids.RemoveRange(before, ids.Count - before);
                    ids.Add(_unknown);
                    return;
                }
            }

            ids.Add(id);
            word = word[end..];
            pieces = _following.GetAlternateLookup<ReadOnlySpan<char>>();
        }
    }
}
