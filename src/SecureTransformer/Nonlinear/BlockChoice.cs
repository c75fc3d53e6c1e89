namespace SecureTransformer.Nonlinear;

/// <summary>Which functions a block is to have, by name; see <see cref="NonlinearFunctions"/>.</summary>
public sealed class BlockChoice
{
    /// <summary>
    /// The function of the feed-forward layer: "model" for the library's fit of what the model's configuration says, "puma" for PUMA's where that is GELU, or the name of a function:
    /// gelu, gelu_tanh, gelu_puma, gelu_quad, gelu_quad_benchmark, relu, silu, tanh.
    /// </summary>
    public string Activation { get; init; } = FunctionNames.Model;

    /// <summary>
    /// What makes probabilities of attention scores: "model" for what the model's configuration says, "puma" for softmax with PUMA's exp where that is softmax, or the name of a
    /// function: softmax, softmax_puma_1 to softmax_puma_12, 2quad, 2relu.
    /// </summary>
    public string Attention { get; init; } = FunctionNames.Model;

    internal void Validate(string where)
    {
        if (!FunctionNames.IsActivation(Activation))
        {
            throw Unknown(where, "activation", Activation, FunctionNames.Activations);
        }

        if (!FunctionNames.IsAttention(Attention))
        {
            throw Unknown(where, "attention", Attention, FunctionNames.Attention);
        }
    }

    internal static ArgumentException Unknown(string where, string key, string value, string known) =>
        new($"{where}{key}: there is no function '{string.Concat(value.Take(64).Select(c => c is >= ' ' and <= '~' ? c : '?'))}'; there are {known}.");
}
