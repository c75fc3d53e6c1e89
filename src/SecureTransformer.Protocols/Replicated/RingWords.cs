using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SecureTransformer.Protocols.Replicated;

/// <summary>A run of elements of Z_2^64 that is worked on at once. Loads and stores are not checked: callers compare lengths before their loop.</summary>
internal interface IRingWords<TSelf> :
    IAdditionOperators<TSelf, TSelf, TSelf>,
    ISubtractionOperators<TSelf, TSelf, TSelf>,
    IMultiplyOperators<TSelf, TSelf, TSelf>
    where TSelf : unmanaged, IRingWords<TSelf>
{
    /// <summary>The number of words.</summary>
    static abstract int Count { get; }

    /// <summary>One word over and over.</summary>
    static abstract TSelf Of(ulong word);

    static abstract TSelf Load(ReadOnlySpan<ulong> words, int at);

    void Store(Span<ulong> words, int at);

    static abstract TSelf operator &(TSelf left, TSelf right);

    static abstract TSelf operator ^(TSelf left, TSelf right);

    static abstract TSelf operator <<(TSelf value, int shift);

    static abstract TSelf operator >>>(TSelf value, int shift);
}

/// <summary>One word.</summary>
internal readonly struct RingWord(ulong word) : IRingWords<RingWord>
{
    private readonly ulong _word = word;

    public static int Count => 1;

    public static RingWord operator +(RingWord left, RingWord right) => new(unchecked(left._word + right._word));

    public static RingWord operator -(RingWord left, RingWord right) => new(unchecked(left._word - right._word));

    public static RingWord operator *(RingWord left, RingWord right) => new(unchecked(left._word * right._word));

    public static RingWord operator <<(RingWord value, int shift) => new(value._word << shift);

    public static RingWord operator >>>(RingWord value, int shift) => new(value._word >>> shift);

    public static RingWord operator &(RingWord left, RingWord right) => new(left._word & right._word);

    public static RingWord operator ^(RingWord left, RingWord right) => new(left._word ^ right._word);

    public static RingWord Of(ulong word) => new(word);

    public static RingWord Load(ReadOnlySpan<ulong> words, int at) => new(Unsafe.Add(ref MemoryMarshal.GetReference(words), at));

    public void Store(Span<ulong> words, int at) => Unsafe.Add(ref MemoryMarshal.GetReference(words), at) = _word;
}

/// <summary>As many words as the processor's vectors of any kind hold.</summary>
internal readonly struct NativeRingWords(Vector<ulong> words) : IRingWords<NativeRingWords>
{
    private readonly Vector<ulong> _words = words;

    public static int Count => Vector<ulong>.Count;

    public static NativeRingWords operator +(NativeRingWords left, NativeRingWords right) => new(left._words + right._words);

    public static NativeRingWords operator -(NativeRingWords left, NativeRingWords right) => new(left._words - right._words);

    public static NativeRingWords operator *(NativeRingWords left, NativeRingWords right) => new(left._words * right._words);

    public static NativeRingWords operator <<(NativeRingWords value, int shift) => new(value._words << shift);

    public static NativeRingWords operator >>>(NativeRingWords value, int shift) => new(value._words >>> shift);

    public static NativeRingWords operator &(NativeRingWords left, NativeRingWords right) => new(left._words & right._words);

    public static NativeRingWords operator ^(NativeRingWords left, NativeRingWords right) => new(left._words ^ right._words);

    public static NativeRingWords Of(ulong word) => new(new Vector<ulong>(word));

    public static NativeRingWords Load(ReadOnlySpan<ulong> words, int at) => new(Vector.LoadUnsafe(ref MemoryMarshal.GetReference(words), (nuint)at));

    public void Store(Span<ulong> words, int at) => _words.StoreUnsafe(ref MemoryMarshal.GetReference(words), (nuint)at);
}

/// <summary>Eight words.</summary>
internal readonly struct EightRingWords(Vector512<ulong> words) : IRingWords<EightRingWords>
{
    private readonly Vector512<ulong> _words = words;

    public static int Count => Vector512<ulong>.Count;

    public static EightRingWords operator +(EightRingWords left, EightRingWords right) => new(left._words + right._words);

    public static EightRingWords operator -(EightRingWords left, EightRingWords right) => new(left._words - right._words);

    public static EightRingWords operator *(EightRingWords left, EightRingWords right) => new(left._words * right._words);

    public static EightRingWords operator <<(EightRingWords value, int shift) => new(value._words << shift);

    public static EightRingWords operator >>>(EightRingWords value, int shift) => new(value._words >>> shift);

    public static EightRingWords operator &(EightRingWords left, EightRingWords right) => new(left._words & right._words);

    public static EightRingWords operator ^(EightRingWords left, EightRingWords right) => new(left._words ^ right._words);

    public static EightRingWords Of(ulong word) => new(Vector512.Create(word));

    public static EightRingWords Load(ReadOnlySpan<ulong> words, int at) => new(Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(words), (nuint)at));

    public void Store(Span<ulong> words, int at) => _words.StoreUnsafe(ref MemoryMarshal.GetReference(words), (nuint)at);
}
