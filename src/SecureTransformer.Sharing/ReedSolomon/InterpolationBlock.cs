using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SecureTransformer.Numerics;

namespace SecureTransformer.Sharing;

/// <summary>From t + 1 shares of a run of values: the values at the targets, and what the other shares should be.</summary>
internal sealed class InterpolationBlock<T>
    where T : struct, IField<T>
{
    private readonly int _known;
    private readonly T[] _targets;
    private readonly T[] _shares;
    private readonly T[] _results;
    private T[] _matrix = [];
    private int _length;

    public InterpolationBlock(int length, int parties, int threshold, T[] targets)
    {
        _known = threshold + 1;
        _targets = targets;
        _shares = new T[_known * length];
        _results = new T[(targets.Length + parties - _known) * length];
    }

    /// <summary>The first t + 1 points are those to interpolate from.</summary>
    public void Choose(T[] points) => _matrix = Lagrange.Matrix<T>(points.AsSpan(0, _known), [.. _targets, .. points.AsSpan(_known)]);

    public void Interpolate(ReadOnlySpan<T> shares, int count, int at, int length, List<int> active)
    {
        _length = length;
        for (int i = 0; i < _known; i++)
        {
            shares.Slice((active[i] * count) + at, length).CopyTo(_shares.AsSpan(i * length));
        }

        int rows = _targets.Length + active.Count - _known;
        if (typeof(T) == typeof(Mersenne127))
        {
            FieldMatrix.Multiply(
                new FieldMatrixView(Words(_matrix), rows, _known), new FieldMatrixView(Words(_shares), _known, length), Words(_results), length);
            return;
        }

        for (int row = 0; row < rows; row++)
        {
            Span<T> result = _results.AsSpan(row * length, length);
            result.Clear();
            for (int i = 0; i < _known; i++)
            {
                T coefficient = _matrix[(row * _known) + i];
                ReadOnlySpan<T> share = _shares.AsSpan(i * length, length);
                for (int v = 0; v < length; v++)
                {
                    result[v] += coefficient * share[v];
                }
            }
        }
    }

    /// <summary>The number of values, from the first on, about which nobody differs.</summary>
    public int Agreed(ReadOnlySpan<T> shares, int count, int at, int length, List<int> active)
    {
        int agreed = length;
        for (int i = _known; i < active.Count; i++)
        {
            ReadOnlySpan<T> share = shares.Slice((active[i] * count) + at, agreed);
            ReadOnlySpan<T> expected = _results.AsSpan((_targets.Length + i - _known) * length, agreed);
            agreed = MemoryExtensions.CommonPrefixLength(MemoryMarshal.AsBytes(share), MemoryMarshal.AsBytes(expected)) / Unsafe.SizeOf<T>();
        }

        return agreed;
    }

    public void Take(Span<T> values, int count, int at, int agreed)
    {
        for (int r = 0; r < _targets.Length; r++)
        {
            _results.AsSpan(r * _length, agreed).CopyTo(values[((r * count) + at)..]);
        }
    }

    private static Span<ulong> Words(T[] elements) => MemoryMarshal.Cast<T, ulong>(elements.AsSpan());
}
