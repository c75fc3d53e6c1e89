using System.Numerics.Tensors;

namespace SecureTransformer.Distillation.Differentiation;

/// <content>Functions of whole rows: LayerNorm, and what makes probabilities of attention scores.</content>
internal sealed partial class Tape<T>
{
    /// <summary>LayerNorm of each row (Ba et al., 2016), with the biased variance: x is [N, H], weight and bias [1, H].</summary>
    public Variable<T> LayerNorm(Variable<T> x, Variable<T> weight, Variable<T> bias, double epsilon)
    {
        Require(weight.Count == x.Columns && bias.Count == x.Columns, "a LayerNorm");
        int width = x.Columns;
        T count = T.CreateChecked(width);
        Variable<T> y = New(x.Rows, width, x, weight, bias);
        T[] normal = _arrays.Rent(x.Count);
        T[] deviations = _arrays.Rent(x.Rows);
        for (int i = 0; i < x.Rows; i++)
        {
            Span<T> n = normal.AsSpan(i * width, width);
            TensorPrimitives.Subtract(x.Row(i), TensorPrimitives.Sum<T>(x.Row(i)) / count, n);
            T variance = TensorPrimitives.SumOfSquares<T>(n) / count;
            deviations[i] = T.One / T.Sqrt(variance + T.CreateChecked(epsilon));
            TensorPrimitives.Multiply(n, deviations[i], n);
            TensorPrimitives.MultiplyAdd(n, weight.Values, bias.Values, y.Row(i));
        }

        return Note(y, () =>
        {
            Span<T> scaled = _arrays.Rent(width).AsSpan(0, width);
            for (int i = 0; i < x.Rows; i++)
            {
                ReadOnlySpan<T> n = normal.AsSpan(i * width, width);
                ReadOnlySpan<T> gradient = y.GradientRow(i);
                if (bias.HasGradient)
                {
                    TensorPrimitives.Add(bias.Gradient, gradient, bias.Gradient);
                }

                if (weight.HasGradient)
                {
                    TensorPrimitives.MultiplyAdd(gradient, n, weight.Gradient, weight.Gradient);
                }

                if (!x.HasGradient)
                {
                    continue;
                }

                // What is common to the row, and what goes along with the row itself, does not reach the result.
                TensorPrimitives.Multiply(gradient, weight.Values, scaled);
                T mean = TensorPrimitives.Sum<T>(scaled) / count;
                T along = TensorPrimitives.Dot(scaled, n) / count;
                Span<T> target = x.GradientRow(i);
                for (int j = 0; j < width; j++)
                {
                    target[j] += deviations[i] * (scaled[j] - mean - (n[j] * along));
                }
            }
        });
    }

    /// <summary>Softmax of each row of each text's and head's scores.</summary>
    public Variable<T> Softmax(Variable<T> scores, Segments texts)
    {
        Require(scores.Count == texts.ScoreCount, "scores");
        Variable<T> y = New(1, scores.Count, scores);
        ForEachRow(texts, (start, length) => TensorPrimitives.SoftMax<T>(scores.Values.Slice(start, length), y.Values.Slice(start, length)));
        return Note(y, () => ForEachRow(texts, (start, length) =>
        {
            ReadOnlySpan<T> p = y.Values.Slice(start, length);
            ReadOnlySpan<T> gradient = y.Gradient.Slice(start, length);
            T along = TensorPrimitives.Dot(p, gradient);
            Span<T> target = scores.Gradient.Slice(start, length);
            for (int j = 0; j < length; j++)
            {
                target[j] += p[j] * (gradient[j] - along);
            }
        }));
    }

    /// <summary>(x + c)^2 over its sum, row by row: MPCFormer's 2Quad (Li et al., arXiv 2211.01452, section 4.1).</summary>
    public Variable<T> TwoQuad(Variable<T> scores, Segments texts, double c)
    {
        T shift = T.CreateChecked(c);
        return Shares(scores, texts, x => (x + shift) * (x + shift), x => T.CreateChecked(2) * (x + shift), T.Zero);
    }

    /// <summary>max(x, 0) over its sum, row by row, where an epsilon keeps a row without a positive entry even: 2ReLU (Mohassel and Zhang, SecureML, 2017, section 4.2).</summary>
    public Variable<T> TwoRelu(Variable<T> scores, Segments texts, double epsilon) =>
        Shares(scores, texts, x => T.Max(x, T.Zero), x => x > T.Zero ? T.One : T.Zero, T.CreateChecked(epsilon));

    /// <summary>(f(x) + e / n) / (sum of f + e), row by row.</summary>
    private Variable<T> Shares(Variable<T> scores, Segments texts, Func<T, T> function, Func<T, T> derivative, T epsilon)
    {
        Require(scores.Count == texts.ScoreCount, "scores");
        Variable<T> y = New(1, scores.Count, scores);
        ForEachRow(texts, (start, length) =>
        {
            Span<T> p = y.Values.Slice(start, length);
            for (int j = 0; j < length; j++)
            {
                p[j] = function(scores.Values[start + j]);
            }

            T total = TensorPrimitives.Sum<T>(p) + epsilon;
            TensorPrimitives.Add(p, epsilon / T.CreateChecked(length), p);
            TensorPrimitives.Divide(p, total, p);
        });
        return Note(y, () => ForEachRow(texts, (start, length) =>
        {
            ReadOnlySpan<T> gradient = y.Gradient.Slice(start, length);
            T along = TensorPrimitives.Dot(y.Values.Slice(start, length), gradient);
            T total = epsilon;
            for (int j = 0; j < length; j++)
            {
                total += function(scores.Values[start + j]);
            }

            Span<T> target = scores.Gradient.Slice(start, length);
            for (int j = 0; j < length; j++)
            {
                target[j] += derivative(scores.Values[start + j]) / total * (gradient[j] - along);
            }
        }));
    }

    private static void ForEachRow(Segments texts, Action<int, int> body)
    {
        int start = 0;
        foreach (int length in texts.Lengths)
        {
            for (int row = 0; row < texts.Heads * length; row++, start += length)
            {
                body(start, length);
            }
        }
    }
}
