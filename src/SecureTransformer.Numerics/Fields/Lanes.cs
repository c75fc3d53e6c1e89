using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace SecureTransformer.Numerics;

/// <summary>Words side by side, of one of several widths.</summary>
internal unsafe interface ILanes<TSelf>
    where TSelf : struct, ILanes<TSelf>
{
    static abstract bool IsSupported { get; }

    static abstract int Count { get; }

    static abstract TSelf Load(ulong* from);

    void Store(ulong* to);

    static abstract TSelf operator ^(TSelf left, TSelf right);

    static abstract TSelf operator &(TSelf left, TSelf right);
}

/// <summary>Eight words.</summary>
internal readonly unsafe struct WideLanes(Vector512<ulong> words) : ILanes<WideLanes>
{
    private readonly Vector512<ulong> _words = words;

    public static bool IsSupported => Vector512.IsHardwareAccelerated;

    public static int Count => Vector512<ulong>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes Load(ulong* from) => new(Vector512.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ulong* to) => _words.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes operator ^(WideLanes left, WideLanes right) => new(left._words ^ right._words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static WideLanes operator &(WideLanes left, WideLanes right) => new(left._words & right._words);
}

/// <summary>Four words.</summary>
internal readonly unsafe struct NarrowLanes(Vector256<ulong> words) : ILanes<NarrowLanes>
{
    private readonly Vector256<ulong> _words = words;

    public static bool IsSupported => Vector256.IsHardwareAccelerated;

    public static int Count => Vector256<ulong>.Count;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NarrowLanes Load(ulong* from) => new(Vector256.Load(from));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ulong* to) => _words.Store(to);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NarrowLanes operator ^(NarrowLanes left, NarrowLanes right) => new(left._words ^ right._words);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static NarrowLanes operator &(NarrowLanes left, NarrowLanes right) => new(left._words & right._words);
}

/// <summary>One word.</summary>
internal readonly unsafe struct SingleLane(ulong word) : ILanes<SingleLane>
{
    private readonly ulong _word = word;

    public static bool IsSupported => true;

    public static int Count => 1;

    public static SingleLane Load(ulong* from) => new(*from);

    public void Store(ulong* to) => *to = _word;

    public static SingleLane operator ^(SingleLane left, SingleLane right) => new(left._word ^ right._word);

    public static SingleLane operator &(SingleLane left, SingleLane right) => new(left._word & right._word);
}
