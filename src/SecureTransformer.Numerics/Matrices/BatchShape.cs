namespace SecureTransformer.Numerics;

/// <summary>The shape of many products side by side: <paramref name="Count"/> times m x k by k x n.</summary>
/// <param name="Count">The number of products.</param>
/// <param name="Rows">The number of rows of each left-hand side.</param>
/// <param name="Inner">The number of columns of each left-hand side, which each right-hand side has as rows.</param>
/// <param name="Columns">The number of columns of each right-hand side.</param>
/// <param name="TransposeRight">Whether the right-hand sides are stored as their transposes, n x k.</param>
public readonly record struct BatchShape(int Count, int Rows, int Inner, int Columns, bool TransposeRight = false)
{
    /// <summary>Throws unless the shape is one and operands have it.</summary>
    /// <param name="a0">The first left-hand sides.</param>
    /// <param name="b0">The first right-hand sides.</param>
    /// <param name="a1">The second left-hand sides, or nothing.</param>
    /// <param name="b1">The second right-hand sides, or nothing.</param>
    /// <exception cref="ArgumentOutOfRangeException">A dimension is negative, or the operands or the product together have more than 2^31 - 1 rows or elements.</exception>
    /// <exception cref="ArgumentException">A span has another length.</exception>
    public void Check(ReadOnlySpan<ulong> a0, ReadOnlySpan<ulong> b0, ReadOnlySpan<ulong> a1, ReadOnlySpan<ulong> b1)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(Count);
        ArgumentOutOfRangeException.ThrowIfNegative(Rows);
        ArgumentOutOfRangeException.ThrowIfNegative(Inner);
        ArgumentOutOfRangeException.ThrowIfNegative(Columns);
        Int128 left = (Int128)Count * Rows * Inner;
        Int128 right = (Int128)Count * Inner * Columns;
        ArgumentOutOfRangeException.ThrowIfGreaterThan((Int128)Count * Rows * Math.Max(1, Columns), int.MaxValue, nameof(Count));
        ArgumentOutOfRangeException.ThrowIfGreaterThan((Int128)Count * Math.Max(Inner, Columns), int.MaxValue, nameof(Count));
        bool two = !a1.IsEmpty || !b1.IsEmpty;
        CheckLength(a0.Length, left, nameof(a0));
        CheckLength(b0.Length, right, nameof(b0));
        CheckLength(a1.Length, two ? left : 0, nameof(a1));
        CheckLength(b1.Length, two ? right : 0, nameof(b1));
    }

    private void CheckLength(int length, Int128 expected, string name)
    {
        if (length != expected)
        {
            throw new ArgumentException($"{Count} products of {Rows} x {Inner} by {Inner} x {Columns} need {expected} elements, not {length}.", name);
        }
    }
}
