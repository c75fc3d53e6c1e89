using System.Numerics.Tensors;

namespace SecureTransformer.Distillation.Differentiation;

/// <content>Functions of single elements.</content>
internal sealed partial class Tape<T>
{
    private static readonly double s_tanhScale = Math.Sqrt(2 / Math.PI);

    /// <summary>x Phi(x), with the error function.</summary>
    public Variable<T> Gelu(Variable<T> x) => Map(
        x,
        value =>
        {
            double v = double.CreateChecked(value);
            return T.CreateChecked(v * NormalDistribution.Cumulative(v));
        },
        value =>
        {
            double v = double.CreateChecked(value);
            return T.CreateChecked(NormalDistribution.Cumulative(v) + (v * NormalDistribution.Density(v)));
        });

    /// <summary>x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2.</summary>
    public Variable<T> GeluTanh(Variable<T> x)
    {
        T half = T.CreateChecked(0.5), scale = T.CreateChecked(s_tanhScale), cubic = T.CreateChecked(0.044715), three = T.CreateChecked(3);
        Variable<T> y = New(x.Rows, x.Columns, x);
        T[] tanh = _arrays.Rent(x.Count);
        Span<T> inner = tanh.AsSpan(0, x.Count);
        for (int i = 0; i < inner.Length; i++)
        {
            T v = x.Values[i];
            inner[i] = scale * (v + (cubic * v * v * v));
        }

        TensorPrimitives.Tanh(inner, inner);
        for (int i = 0; i < inner.Length; i++)
        {
            y.Values[i] = half * x.Values[i] * (T.One + inner[i]);
        }

        return Note(y, () =>
        {
            for (int i = 0; i < x.Count; i++)
            {
                T v = x.Values[i], t = tanh[i];
                T slope = (half * (T.One + t)) + (half * v * (T.One - (t * t)) * scale * (T.One + (three * cubic * v * v)));
                x.Gradient[i] += slope * y.Gradient[i];
            }
        });
    }

    /// <summary>a x^2 + b x + c: MPCFormer's Quad (Li et al., arXiv 2211.01452, section 4.1).</summary>
    public Variable<T> Quadratic(Variable<T> x, double a, double b, double c)
    {
        (T square, T linear, T constant, T twice) = (T.CreateChecked(a), T.CreateChecked(b), T.CreateChecked(c), T.CreateChecked(2 * a));
        return Map(x, v => (((square * v) + linear) * v) + constant, v => (twice * v) + linear);
    }

    /// <summary>max(x, 0).</summary>
    public Variable<T> Relu(Variable<T> x) => Map(x, v => T.Max(v, T.Zero), v => v > T.Zero ? T.One : T.Zero);

    /// <summary>tanh(x).</summary>
    public Variable<T> Tanh(Variable<T> x)
    {
        Variable<T> y = New(x.Rows, x.Columns, x);
        TensorPrimitives.Tanh<T>(x.Values, y.Values);
        return Note(y, () =>
        {
            for (int i = 0; i < x.Count; i++)
            {
                x.Gradient[i] += (T.One - (y.Values[i] * y.Values[i])) * y.Gradient[i];
            }
        });
    }

    private Variable<T> Map(Variable<T> x, Func<T, T> function, Func<T, T> derivative)
    {
        Variable<T> y = New(x.Rows, x.Columns, x);
        for (int i = 0; i < x.Count; i++)
        {
            y.Values[i] = function(x.Values[i]);
        }

        return Note(y, () =>
        {
            for (int i = 0; i < x.Count; i++)
            {
                x.Gradient[i] += derivative(x.Values[i]) * y.Gradient[i];
            }
        });
    }
}
