using SecureTransformer.Distillation.Networks;

namespace SecureTransformer.Distillation.Training;

/// <summary>AdamW: Adam (Kingma and Ba, 2015) with decoupled weight decay (Loshchilov and Hutter, 2019, algorithm 2). Biases and LayerNorms do not decay.</summary>
internal sealed class AdamW
{
    private const float Beta1 = 0.9f;
    private const float Beta2 = 0.999f;
    private const float Epsilon = 1e-8f;

    private readonly ParameterSet<float> _parameters;
    private readonly bool[] _decays;

    public AdamW(ParameterSet<float> parameters)
    {
        _parameters = parameters;
        _decays = [.. parameters.Names.Select(n => !n.EndsWith(".bias", StringComparison.Ordinal) && !n.Contains("LayerNorm", StringComparison.Ordinal))];
        Means = [.. parameters.Values.Select(v => new float[v.Count])];
        Squares = [.. parameters.Values.Select(v => new float[v.Count])];
    }

    /// <summary>Running means of the gradients, by parameter.</summary>
    public IReadOnlyList<float[]> Means { get; }

    /// <summary>Running means of their squares.</summary>
    public IReadOnlyList<float[]> Squares { get; }

    /// <summary>The number of steps taken.</summary>
    public int Steps { get; set; }

    /// <summary>One step along the parameters' gradients.</summary>
    public void Step(float learningRate, float weightDecay)
    {
        Steps++;
        float correction1 = 1 - MathF.Pow(Beta1, Steps);
        float correction2 = 1 - MathF.Pow(Beta2, Steps);
        for (int i = 0; i < _parameters.Values.Count; i++)
        {
            Span<float> values = _parameters.Values[i].Values;
            ReadOnlySpan<float> gradient = _parameters.Values[i].Gradient;
            Span<float> mean = Means[i];
            Span<float> square = Squares[i];
            float decay = _decays[i] ? 1 - (learningRate * weightDecay) : 1;
            for (int j = 0; j < values.Length; j++)
            {
                float g = gradient[j];
                mean[j] = (Beta1 * mean[j]) + ((1 - Beta1) * g);
                square[j] = (Beta2 * square[j]) + ((1 - Beta2) * g * g);
                values[j] = (values[j] * decay) - (learningRate * (mean[j] / correction1) / (MathF.Sqrt(square[j] / correction2) + Epsilon));
            }
        }
    }
}
