using System.Numerics.Tensors;

namespace SecureTransformer.Distillation.Differentiation;

/// <content>Rows of tables, sums and products.</content>
internal sealed partial class Tape<T>
{
    /// <summary>Rows of a table, [N, H].</summary>
    public Variable<T> Rows(Variable<T> table, ReadOnlyMemory<int> rows)
    {
        Variable<T> y = New(rows.Length, table.Columns, table);
        for (int i = 0; i < rows.Length; i++)
        {
            table.Row(rows.Span[i]).CopyTo(y.Row(i));
        }

        return Note(y, () =>
        {
            for (int i = 0; i < rows.Length; i++)
            {
                Span<T> target = table.GradientRow(rows.Span[i]);
                TensorPrimitives.Add<T>(target, y.GradientRow(i), target);
            }
        });
    }

    /// <summary>a + b, of one shape.</summary>
    public Variable<T> Add(Variable<T> a, Variable<T> b)
    {
        Require(a.Rows == b.Rows && a.Columns == b.Columns, "a sum");
        Variable<T> y = New(a.Rows, a.Columns, a, b);
        TensorPrimitives.Add<T>(a.Values, b.Values, y.Values);
        return Note(y, () =>
        {
            Back(a);
            Back(b);
        });

        void Back(Variable<T> x)
        {
            if (x.HasGradient)
            {
                TensorPrimitives.Add<T>(x.Gradient, y.Gradient, x.Gradient);
            }
        }
    }

    /// <summary>x w^T + b: x is [N, in], w [out, in] as PyTorch stores it, b [1, out].</summary>
    public Variable<T> Linear(Variable<T> x, Variable<T> w, Variable<T> b)
    {
        Require(x.Columns == w.Columns && b.Count == w.Rows, "a linear layer");
        Variable<T> y = New(x.Rows, w.Rows, x, w, b);
        for (int i = 0; i < y.Rows; i++)
        {
            b.Values.CopyTo(y.Row(i));
        }

        T[] transposed = _arrays.Rent(w.Count);
        MatrixProduct.Transpose(w.Values, w.Columns, transposed, w.Rows, w.Columns);
        MatrixProduct.AddProduct<T>(x.Values, x.Columns, transposed, w.Rows, y.Values, y.Columns, x.Rows, x.Columns, w.Rows);
        return Note(y, () =>
        {
            if (x.HasGradient)
            {
                MatrixProduct.AddProduct<T>(y.Gradient, y.Columns, w.Values, w.Columns, x.Gradient, x.Columns, x.Rows, y.Columns, x.Columns);
            }

            if (w.HasGradient)
            {
                T[] flipped = _arrays.Rent(y.Count);
                MatrixProduct.Transpose<T>(y.Gradient, y.Columns, flipped, y.Rows, y.Columns);
                MatrixProduct.AddProduct<T>(flipped, y.Rows, x.Values, x.Columns, w.Gradient, w.Columns, w.Rows, x.Rows, w.Columns);
            }

            for (int i = 0; b.HasGradient && i < y.Rows; i++)
            {
                TensorPrimitives.Add<T>(b.Gradient, y.GradientRow(i), b.Gradient);
            }
        });
    }
}
