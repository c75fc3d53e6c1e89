using System.Globalization;
using System.Text;

namespace SecureTransformer.Models;

/// <summary>
/// Byte-pair encoding whose smallest symbols are characters, as of SentencePiece (Kudo and Richardson, 2018); a character that the vocabulary
/// lacks becomes its UTF-8 bytes, "&lt;0xE2&gt;" and so on, or else unknown.
/// </summary>
internal sealed class CharacterModel : BytePairModel
{
    private const int Absent = -1;

    private readonly Dictionary<Rune, int> _characters = [];
    private readonly int[] _bytes = new int[256];

    public CharacterModel(MergeTable merges, Vocabulary vocabulary, BytePairOptions options)
        : base(merges, vocabulary, options)
    {
        foreach ((string token, int id) in vocabulary.Entries)
        {
            if (token.Length <= 2 && !vocabulary.IsOutside(id)
                && Rune.DecodeFromUtf16(token, out Rune rune, out int length) == System.Buffers.OperationStatus.Done && length == token.Length)
            {
                _characters.Add(rune, id);
            }
        }

        for (int b = 0; b < _bytes.Length; b++)
        {
            string token = string.Create(CultureInfo.InvariantCulture, $"<0x{b:X2}>");
            _bytes[b] = options.ByteFallback && vocabulary.TryGetId(token, out int id) && !vocabulary.IsOutside(id) ? id : Absent;
        }
    }

    private protected override int MaxSymbols(ReadOnlySpan<char> word) => Encoding.UTF8.GetByteCount(word);

    private protected override int Split(ReadOnlySpan<char> word, Span<int> symbols)
    {
        int count = 0;
        bool unknown = false;
        Span<byte> bytes = stackalloc byte[4];
        foreach (Rune rune in word.EnumerateRunes())
        {
            if (_characters.TryGetValue(rune, out int id))
            {
                symbols[count++] = id;
                unknown = false;
                continue;
            }

            Span<byte> utf8 = bytes[..rune.EncodeToUtf8(bytes)];
            if (HasAll(utf8))
            {
                foreach (byte b in utf8)
                {
                    symbols[count++] = _bytes[b];
                }

                unknown = false;
            }
            else
            {
                count = AppendUnknown(symbols, count, unknown);
                unknown = true;
            }
        }

        return count;
    }

    private protected override ReadOnlySpan<char> Spell(ReadOnlySpan<char> word) => word;

    private bool HasAll(ReadOnlySpan<byte> utf8)
    {
        foreach (byte b in utf8)
        {
            if (_bytes[b] == Absent)
            {
                return false;
            }
        }

        return true;
    }
}
