using System.Numerics;

namespace SecureTransformer.Distillation.Differentiation;

/// <summary>A matrix in a computation, row by row, and the gradient of what is differentiated by it.</summary>
/// <typeparam name="T">float for training, double where gradients are checked.</typeparam>
internal sealed class Variable<T>
    where T : struct, IBinaryFloatingPointIeee754<T>
{
    /// <param name="rows">The number of rows.</param>
    /// <param name="columns">The number of columns.</param>
    /// <param name="values">The elements; the array may be longer.</param>
    /// <param name="gradient">The gradient, to which backward passes add; null where none is wanted.</param>
    public Variable(int rows, int columns, T[] values, T[]? gradient)
    {
        Rows = rows;
        Columns = columns;
        Array = values;
        GradientArray = gradient;
    }

    public int Rows { get; }

    public int Columns { get; }

    public int Count => Rows * Columns;

    public Span<T> Values => Array.AsSpan(0, Count);

    /// <summary>Whether a gradient is wanted.</summary>
    public bool HasGradient => GradientArray is not null;

    public Span<T> Gradient => GradientArray.AsSpan(0, Count);

    internal T[] Array { get; }

    internal T[]? GradientArray { get; }

    public Span<T> Row(int row) => Array.AsSpan(row * Columns, Columns);

    public Span<T> GradientRow(int row) => GradientArray.AsSpan(row * Columns, Columns);
}
