namespace SecureTransformer.Distillation.Differentiation;

/// <content>Attention between the tokens of each text, head by head (Vaswani et al., 2017, section 3.2).</content>
internal sealed partial class Tape<T>
{
    /// <summary>The scores q k^T / sqrt(d) of each text and head, as <see cref="Segments"/> lays them out: 1 x their number.</summary>
    public Variable<T> Scores(Variable<T> q, Variable<T> k, Segments texts)
    {
        Require(q.Rows == texts.RowCount && k.Rows == q.Rows && q.Columns == k.Columns && q.Columns % texts.Heads == 0, "queries and keys");
        int width = q.Columns;
        int d = width / texts.Heads;
        T scale = T.One / T.Sqrt(T.CreateChecked(d));
        Variable<T> y = New(1, texts.ScoreCount, q, k);
        ForEachHead(texts, d, (row, column, score, length) =>
        {
            // q and k of a head lie in rows of all heads; k is turned over and scaled on the way.
            T[] keys = Turned(k.Values, row, column, length, d, width, scale);
            MatrixProduct.AddProduct<T>(q.Values[((row * width) + column)..], width, keys, length, y.Values[score..], length, length, d, length);
        });
        return Note(y, () => ForEachHead(texts, d, (row, column, score, length) =>
        {
            Span<T> gradient = y.Gradient.Slice(score, length * length);
            if (q.HasGradient)
            {
                T[] keys = Scaled(k.Values, row, column, length, d, width, scale);
                MatrixProduct.AddProduct<T>(gradient, length, keys, d, q.Gradient[((row * width) + column)..], width, length, length, d);
            }

            if (k.HasGradient)
            {
                T[] flipped = _arrays.Rent(gradient.Length);
                MatrixProduct.Transpose<T>(gradient, length, flipped, length, length);
                T[] queries = Scaled(q.Values, row, column, length, d, width, scale);
                MatrixProduct.AddProduct<T>(flipped, length, queries, d, k.Gradient[((row * width) + column)..], width, length, length, d);
            }
        }));
    }

    /// <summary>What each token gathers: the probabilities, laid out as the scores, times v.</summary>
    public Variable<T> Context(Variable<T> probabilities, Variable<T> v, Segments texts)
    {
        Require(probabilities.Count == texts.ScoreCount && v.Rows == texts.RowCount && v.Columns % texts.Heads == 0, "probabilities and values");
        int width = v.Columns;
        int d = width / texts.Heads;
        Variable<T> y = New(v.Rows, width, probabilities, v);
        ForEachHead(texts, d, (row, column, score, length) =>
            MatrixProduct.AddProduct<T>(probabilities.Values[score..], length, v.Values[((row * width) + column)..], width, y.Values[((row * width) + column)..], width, length, length, d));
        return Note(y, () => ForEachHead(texts, d, (row, column, score, length) =>
        {
            if (probabilities.HasGradient)
            {
                T[] values = Turned(v.Values, row, column, length, d, width, T.One);
                MatrixProduct.AddProduct<T>(y.Gradient[((row * width) + column)..], width, values, length, probabilities.Gradient[score..], length, length, d, length);
            }

            if (v.HasGradient)
            {
                T[] flipped = _arrays.Rent(length * length);
                MatrixProduct.Transpose<T>(probabilities.Values[score..], length, flipped, length, length);
                MatrixProduct.AddProduct<T>(flipped, length, y.Gradient[((row * width) + column)..], width, v.Gradient[((row * width) + column)..], width, length, length, d);
            }
        }));
    }

    private static void ForEachHead(Segments texts, int d, Action<int, int, int, int> body)
    {
        for (int text = 0; text < texts.Lengths.Count; text++)
        {
            for (int head = 0; head < texts.Heads; head++)
            {
                body(texts.FirstRow(text), head * d, texts.FirstScore(text, head), texts.Lengths[text]);
            }
        }
    }

    /// <summary>A head's [length, d] of a matrix, times a factor.</summary>
    private T[] Scaled(ReadOnlySpan<T> x, int row, int column, int length, int d, int width, T scale)
    {
        T[] copy = _arrays.Rent(length * d);
        for (int i = 0; i < length; i++)
        {
            System.Numerics.Tensors.TensorPrimitives.Multiply(x.Slice(((row + i) * width) + column, d), scale, copy.AsSpan(i * d, d));
        }

        return copy;
    }

    /// <summary>Its transpose, [d, length].</summary>
    private T[] Turned(ReadOnlySpan<T> x, int row, int column, int length, int d, int width, T scale)
    {
        T[] turned = _arrays.Rent(length * d);
        for (int i = 0; i < length; i++)
        {
            for (int j = 0; j < d; j++)
            {
                turned[(j * length) + i] = x[((row + i) * width) + column + j] * scale;
            }
        }

        return turned;
    }
}
