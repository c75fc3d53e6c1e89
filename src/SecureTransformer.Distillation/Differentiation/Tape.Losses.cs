using System.Numerics.Tensors;

namespace SecureTransformer.Distillation.Differentiation;

/// <content>Losses: one number each.</content>
internal sealed partial class Tape<T>
{
    /// <summary>The mean over the rows of -log softmax(logits)[label].</summary>
    public Variable<T> CrossEntropy(Variable<T> logits, ReadOnlyMemory<int> labels)
    {
        Require(labels.Length == logits.Rows, "logits and labels");
        T[] targets = _arrays.Rent(logits.Count);
        for (int i = 0; i < labels.Length; i++)
        {
            targets[(i * logits.Columns) + labels.Span[i]] = T.One;
        }

        return SoftCrossEntropy(logits, targets);
    }

    /// <summary>The mean over the rows of -sum of p log softmax(logits), for probabilities p of a teacher, row by row.</summary>
    public Variable<T> SoftCrossEntropy(Variable<T> logits, ReadOnlyMemory<T> probabilities)
    {
        Require(probabilities.Length >= logits.Count, "logits and probabilities");
        Variable<T> y = New(1, 1, logits);
        T[] own = _arrays.Rent(logits.Count);
        T rows = T.CreateChecked(logits.Rows);
        int width = logits.Columns;
        T sum = T.Zero;
        for (int i = 0; i < logits.Rows; i++)
        {
            Span<T> p = own.AsSpan(i * width, width);
            T largest = TensorPrimitives.Max<T>(logits.Row(i));
            TensorPrimitives.Subtract(logits.Row(i), largest, p);
            TensorPrimitives.Exp<T>(p, p);
            T total = TensorPrimitives.Sum<T>(p);
            TensorPrimitives.Divide(p, total, p);
            T log = largest + T.Log(total);
            for (int j = 0; j < width; j++)
            {
                sum += probabilities.Span[(i * width) + j] * (log - logits.Row(i)[j]);
            }
        }

        y.Values[0] = sum / rows;
        return Note(y, () =>
        {
            for (int i = 0; i < logits.Rows; i++)
            {
                ReadOnlySpan<T> wanted = probabilities.Span.Slice(i * width, width);
                T whole = TensorPrimitives.Sum(wanted);
                for (int j = 0; j < width; j++)
                {
                    logits.GradientRow(i)[j] += y.Gradient[0] / rows * ((whole * own[(i * width) + j]) - wanted[j]);
                }
            }
        });
    }

    /// <summary>The mean of the squares of x - target.</summary>
    public Variable<T> MeanSquaredError(Variable<T> x, ReadOnlyMemory<T> target)
    {
        Require(target.Length >= x.Count, "a value and its target");
        Variable<T> y = New(1, 1, x);
        T[] difference = _arrays.Rent(x.Count);
        Span<T> d = difference.AsSpan(0, x.Count);
        TensorPrimitives.Subtract(x.Values, target.Span[..x.Count], d);
        T count = T.CreateChecked(x.Count);
        y.Values[0] = TensorPrimitives.SumOfSquares<T>(d) / count;
        return Note(y, () =>
            TensorPrimitives.MultiplyAdd(difference.AsSpan(0, x.Count), T.CreateChecked(2) * y.Gradient[0] / count, x.Gradient, x.Gradient));
    }

    /// <summary>The sum of numbers, each times a weight.</summary>
    public Variable<T> WeightedSum(params ReadOnlySpan<(Variable<T> Number, double Weight)> terms)
    {
        (Variable<T> Number, double Weight)[] all = terms.ToArray();
        Variable<T> y = New(1, 1, [.. all.Select(term => term.Number)]);
        foreach ((Variable<T> number, double weight) in all)
        {
            Require(number.Count == 1, "a sum of numbers");
            y.Values[0] += number.Values[0] * T.CreateChecked(weight);
        }

        return Note(y, () =>
        {
            foreach ((Variable<T> number, double weight) in all)
            {
                if (number.HasGradient)
                {
                    number.Gradient[0] += y.Gradient[0] * T.CreateChecked(weight);
                }
            }
        });
    }
}
