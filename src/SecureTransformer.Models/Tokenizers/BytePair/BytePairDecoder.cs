using System.Buffers;
using System.Text;

namespace SecureTransformer.Models;

/// <summary>Decodes byte-pair tokens. Bytes that are not UTF-8 become U+FFFD, one for each maximal part (the Unicode Standard, section 3.9).</summary>
internal sealed class BytePairDecoder : TokenDecoder
{
    private readonly TokenRendering _rendering;
    private readonly Vocabulary _vocabulary;
    private readonly IReadOnlySet<int> _added;
    private readonly IReadOnlySet<int> _skipped;
    private readonly Decoder _utf8 = new UTF8Encoding(false).GetDecoder();
    private readonly ArrayBufferWriter<byte> _bytes = new();

    private bool _atFirst = true;
    private int _toStrip;

    /// <param name="rendering">Makes bytes of tokens.</param>
    /// <param name="vocabulary">The tokens.</param>
    /// <param name="added">Tokens that stand for their own text.</param>
    /// <param name="skipped">Tokens that stand for no text.</param>
    public BytePairDecoder(TokenRendering rendering, Vocabulary vocabulary, IReadOnlySet<int> added, IReadOnlySet<int> skipped)
        : base(vocabulary)
    {
        _rendering = rendering;
        _vocabulary = vocabulary;
        _added = added;
        _skipped = skipped;
        _toStrip = rendering.Strip.Count;
    }

    private protected override void AppendCore(int id, StringBuilder text)
    {
        if (_skipped.Contains(id))
        {
            return;
        }

        _bytes.ResetWrittenCount();
        _rendering.Append(_vocabulary.TokenOf(id), _added.Contains(id), _atFirst, _bytes);
        _atFirst = false;
        Decode(_bytes.WrittenSpan, flush: false, text);
    }

    private protected override void FlushCore(StringBuilder text)
    {
        Decode([], flush: true, text);
        _atFirst = true;
        _toStrip = _rendering.Strip.Count;
    }

    private void Decode(ReadOnlySpan<byte> bytes, bool flush, StringBuilder text)
    {
        int most = Encoding.UTF8.GetMaxCharCount(bytes.Length + 4);
        Span<char> characters = most <= 256 ? stackalloc char[most] : new char[most];
        ReadOnlySpan<char> decoded = characters[.._utf8.GetChars(bytes, characters, flush)];
        while (_toStrip > 0 && !decoded.IsEmpty)
        {
            if (decoded[0] != _rendering.Strip.Character)
            {
                _toStrip = 0;
                break;
            }

            _toStrip--;
            decoded = decoded[1..];
        }

        text.Append(decoded);
    }
}
