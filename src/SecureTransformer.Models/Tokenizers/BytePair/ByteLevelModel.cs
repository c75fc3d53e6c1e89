using System.Text;

namespace SecureTransformer.Models;

/// <summary>Byte-pair encoding whose smallest symbols are the bytes of UTF-8 (Radford et al., 2019), so that nothing is unknown.</summary>
internal sealed class ByteLevelModel : BytePairModel
{
    private const int OnStack = 256;
    private const int Absent = -1;

    private readonly int[] _symbols = new int[256];

    public ByteLevelModel(MergeTable merges, Vocabulary vocabulary, BytePairOptions options)
        : base(merges, vocabulary, options)
    {
        for (int b = 0; b < _symbols.Length; b++)
        {
            _symbols[b] = vocabulary.TryGetId(ByteCharacters.Of((byte)b).ToString(), out int id) && !vocabulary.IsOutside(id) ? id : Absent;
        }
    }

    private protected override int MaxSymbols(ReadOnlySpan<char> word) => Encoding.UTF8.GetByteCount(word);

    private protected override int Split(ReadOnlySpan<char> word, Span<int> symbols)
    {
        Span<byte> bytes = symbols.Length <= OnStack ? stackalloc byte[symbols.Length] : new byte[symbols.Length];
        int count = 0;
        bool unknown = false;
        foreach (byte b in bytes[..Encoding.UTF8.GetBytes(word, bytes)])
        {
            if (_symbols[b] == Absent)
            {
                count = AppendUnknown(symbols, count, unknown);
                unknown = true;
            }
            else
            {
                symbols[count++] = _symbols[b];
                unknown = false;
            }
        }

        return count;
    }

    private protected override ReadOnlySpan<char> Spell(ReadOnlySpan<char> word)
    {
        byte[] bytes = new byte[Encoding.UTF8.GetByteCount(word)];
        Encoding.UTF8.GetBytes(word, bytes);
        return Array.ConvertAll(bytes, ByteCharacters.Of);
    }
}
