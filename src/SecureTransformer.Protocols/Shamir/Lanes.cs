namespace SecureTransformer.Protocols.Shamir;

/// <summary>
/// A run of shares in the layout of a <see cref="LaneField"/>: elements of F_p one after another, or packed bits of GF(2^d), 64 elements a lane, plane after plane.
/// </summary>
internal readonly ref struct Lanes
{
    private readonly Span<ulong> _words;

    private Lanes(Span<ulong> run, int stride, int words, int length)
    {
        _words = run;
        Stride = stride;
        Words = words;
        Length = length;
    }

    /// <summary>How far planes stand apart; 0 for elements.</summary>
    public int Stride { get; }

    /// <summary>The number of lanes.</summary>
    public int Length { get; }

    /// <summary>The words of one lane: of one element of F_p, or the planes of 64 bits.</summary>
    public int Words { get; }

    /// <summary>All planes, with what lies between the runs.</summary>
    public Span<ulong> Planes => _words;

    private bool IsPlanar => Stride > 0;

    /// <summary>Elements one after another, so many words each.</summary>
    public static Lanes Of(Span<ulong> words, int wordsOfElement) => new(words, 0, wordsOfElement, words.Length / wordsOfElement);

    /// <summary>Planes one after another.</summary>
    public static Lanes OfPlanes(Span<ulong> words, int planes) => new(words, words.Length / planes, planes, words.Length / planes);

    /// <summary>All words of elements that are not planar.</summary>
    public Span<ulong> Elements => _words[..(Length * Words)];

    /// <summary>One plane.</summary>
    public Span<ulong> Plane(int index) => _words.Slice(index * Stride, Length);

    /// <summary>A run of lanes.</summary>
    public Lanes Slice(int start, int length)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan((uint)(start + length), (uint)Length);
        return IsPlanar
            ? new Lanes(_words[start..], Stride, Words, length)
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
