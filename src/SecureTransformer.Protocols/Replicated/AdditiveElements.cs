namespace SecureTransformer.Protocols.Replicated;

/// <summary>
/// How the elements of an additive sharing are computed right before they are masked and sent, so that computing and sending overlap and work on what the caches hold. Each is
/// given the first element and their number; none where all elements are there already.
/// </summary>
internal readonly struct AdditiveElements
{
    private readonly Action<int, int>? _frame;
    private readonly Action<int, int>? _run;

    private AdditiveElements(Action<int, int>? frame, Action<int, int>? run) => (_frame, _run) = (frame, run);

    /// <summary>Computed a frame at a time, one after the other, by what uses several threads itself: products of matrices.</summary>
    public static AdditiveElements ByFrame(Action<int, int> compute) => new(compute, null);

    /// <summary>Computed in any order, by several threads at once, a block at a time: what goes element by element.</summary>
    public static AdditiveElements ByRun(Action<int, int> compute) => new(null, compute);

    public void ComputeFrame(int start, int length) => _frame?.Invoke(start, length);

    public void ComputeRun(int start, int length) => _run?.Invoke(start, length);
}
