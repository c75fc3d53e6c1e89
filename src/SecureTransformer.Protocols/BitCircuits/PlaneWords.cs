using System.Numerics;
using System.Runtime.Intrinsics;

namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>A run of words of a bit plane that is worked on at once.</summary>
internal interface IPlaneWords<TSelf> : IBitwiseOperators<TSelf, TSelf, TSelf>
    where TSelf : unmanaged, IPlaneWords<TSelf>
{
    /// <summary>The number of words.</summary>
    static abstract int Count { get; }

    /// <summary>One word over and over.</summary>
    static abstract TSelf Of(ulong word);

    static abstract TSelf Load(ReadOnlySpan<ulong> plane, int at);

    void Store(Span<ulong> plane, int at);

    /// <summary>Bit by bit x where the mask has a one, else y.</summary>
    static virtual TSelf Select(TSelf mask, TSelf x, TSelf y) => y ^ ((x ^ y) & mask);
}

/// <summary>One word.</summary>
internal readonly struct PlaneWord(ulong word) : IPlaneWords<PlaneWord>
{
    private readonly ulong _word = word;

    public static int Count => 1;

    public static PlaneWord operator &(PlaneWord left, PlaneWord right) => new(left._word & right._word);

    public static PlaneWord operator |(PlaneWord left, PlaneWord right) => new(left._word | right._word);

    public static PlaneWord operator ^(PlaneWord left, PlaneWord right) => new(left._word ^ right._word);

    public static PlaneWord operator ~(PlaneWord value) => new(~value._word);

    public static PlaneWord Of(ulong word) => new(word);

    public static PlaneWord Load(ReadOnlySpan<ulong> plane, int at) => new(plane[at]);

    public void Store(Span<ulong> plane, int at) => plane[at] = _word;
}

/// <summary>Eight words.</summary>
internal readonly struct EightPlaneWords(Vector512<ulong> words) : IPlaneWords<EightPlaneWords>
{
    private readonly Vector512<ulong> _words = words;

    public static int Count => Vector512<ulong>.Count;

    public static EightPlaneWords operator &(EightPlaneWords left, EightPlaneWords right) => new(left._words & right._words);

    public static EightPlaneWords operator |(EightPlaneWords left, EightPlaneWords right) => new(left._words | right._words);

    public static EightPlaneWords operator ^(EightPlaneWords left, EightPlaneWords right) => new(left._words ^ right._words);

    public static EightPlaneWords operator ~(EightPlaneWords value) => new(~value._words);

    public static EightPlaneWords Of(ulong word) => new(Vector512.Create(word));

    public static EightPlaneWords Load(ReadOnlySpan<ulong> plane, int at) => new(Vector512.Create(plane.Slice(at, Vector512<ulong>.Count)));

    public static EightPlaneWords Select(EightPlaneWords mask, EightPlaneWords x, EightPlaneWords y) =>
        new(Vector512.ConditionalSelect(mask._words, x._words, y._words));

    public void Store(Span<ulong> plane, int at) => _words.CopyTo(plane.Slice(at, Vector512<ulong>.Count));
}
