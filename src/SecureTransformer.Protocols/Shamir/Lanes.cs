namespace SecureTransformer.Protocols.Shamir;

/// <summary>
/// A run of shares in the layout of a <see cref="LaneField"/>: elements of F_p one after another, or packed bits of GF(2^d), 64 elements a lane, plane after plane.
/// </summary>
internal readonly ref struct Lanes
{
    private readonly Span<ulong> _words;
    private readonly int _stride;

    private Lanes(Span<ulong> words, int stride, int words1, int length)
    {
        _words = words;
        _stride = stride;
        Words = words1;
        Length = length;
    }

    /// <summary>The number of lanes.</summary>
    public int Length { get; }

    /// <summary>The words of one lane: of one element of F_p, or the planes of 64 bits.</summary>
    public int Words { get; }

    /// <summary>Whether the words of a lane stand apart, as planes.</summary>
    public bool IsPlanar => _stride > 0;

    /// <summary>Elements one after another, so many words each.</summary>
    public static Lanes Of(Span<ulong> words, int wordsOfElement) => new(words, 0, wordsOfElement, words.Length / wordsOfElement);

    /// <summary>Planes one after another.</summary>
    public static Lanes OfPlanes(Span<ulong> words, int planes) => new(words, words.Length / planes, planes, words.Length / planes);

    /// <summary>All words of elements that are not planar.</summary>
    public Span<ulong> Elements => _words[..(Length * Words)];

    /// <summary>One plane.</summary>
    public Span<ulong> Plane(int index) => _words.Slice(index * _stride, Length);

    /// <summary>A run of lanes.</summary>
    public Lanes Slice(int start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)(start + length), (uint)Length);
        return IsPlanar
            ? new Lanes(_words[start..], _stride, Words, length)
            : new Lanes(_words.Slice(start * Words, length * Words), 0, Words, length);
    }

    /// <summary>Sets all to zero.</summary>
    public void Clear()
    {
        for (int p = 0; p < Rows; p++)
        {
            Row(p).Clear();
        }
    }

    /// <summary>Copies to as many lanes.</summary>
    public void CopyTo(Lanes target)
    {
        for (int p = 0; p < Rows; p++)
        {
            Row(p).CopyTo(target.Row(p));
        }
    }

    /// <summary>The number of rows that stand apart: planes, or one.</summary>
    public int Rows => IsPlanar ? Words : 1;

    /// <summary>A row that stands in one piece.</summary>
    public Span<ulong> Row(int index) => IsPlanar ? Plane(index) : Elements;
}
