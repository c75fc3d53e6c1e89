using System.Globalization;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>The functions that can be chosen for a model, by their own names, as runs and profiles report them.</summary>
internal static class FunctionNames
{
    /// <summary>The choice of what the model's configuration says.</summary>
    public const string Model = "model";

    /// <summary>The choice of PUMA's approximations where there is one of what the model's configuration says, and else of that.</summary>
    public const string Puma = "puma";

    private const string SoftmaxPuma = "softmax_puma_";

    private const int PumaSquarings = 5;

    private static readonly SecretFunction[] s_activations =
        [Gelu.Erf, Gelu.Tanh, Gelu.Puma, Gelu.Quad, Gelu.QuadOfBenchmark, Relu.Default, Silu.Default, Tanh.Default];

    private static readonly RowFunction[] s_attention = [Softmax.Default, TwoQuad.Default, TwoRelu.Default];

    /// <summary>What an activation may be, for messages.</summary>
    public static string Activations => string.Join(", ", [Model, Puma, .. s_activations.Select(f => f.Name)]);

    /// <summary>What may make probabilities of scores, for messages.</summary>
    public static string Attention => string.Join(", ", [Model, Puma, .. s_attention.Select(f => f.Name), SoftmaxPuma + "1 to 12"]);

    public static bool IsActivation(string name) => name is Model or Puma || FindActivation(name) is not null;

    public static bool IsAttention(string name) => name is Model or Puma || FindAttention(name) is not null;

    public static SecretFunction ActivationOf(string choice, Activation model)
    {
        SecretFunction own = Of(model);
        return choice switch
        {
            Model => own,
            Puma => own == Gelu.Erf || own == Gelu.Tanh ? Gelu.Puma : own,
            _ => FindActivation(choice)!,
        };
    }

    public static RowFunction AttentionOf(string choice, AttentionFunction model)
    {
        RowFunction own = Of(model);
        return choice switch
        {
            Model => own,
            Puma => own == Softmax.Default ? Softmax.Puma(PumaSquarings) : own,
            _ => FindAttention(choice)!,
        };
    }

    private static SecretFunction? FindActivation(string name) => Array.Find(s_activations, f => f.Name == name);

    private static RowFunction? FindAttention(string name) =>
        name.StartsWith(SoftmaxPuma, StringComparison.Ordinal)
        && int.TryParse(name.AsSpan(SoftmaxPuma.Length), NumberStyles.None, CultureInfo.InvariantCulture, out int squarings) && squarings is >= 1 and <= 12
            ? Softmax.Puma(squarings)
            : Array.Find(s_attention, f => f.Name == name);

    private static SecretFunction Of(Activation activation) => activation switch
    {
        Activation.GeluErf => Gelu.Erf,
        Activation.GeluTanh => Gelu.Tanh,
        Activation.Relu => Relu.Default,
        Activation.Silu => Silu.Default,
        Activation.Tanh => Tanh.Default,
        Activation.Quad => Gelu.Quad,
        _ => throw new NotSupportedException($"The activation {activation} is not supported."),
    };

    private static RowFunction Of(AttentionFunction function) => function switch
    {
        AttentionFunction.Softmax => Softmax.Default,
        AttentionFunction.TwoQuad => TwoQuad.Default,
        AttentionFunction.TwoRelu => TwoRelu.Default,
        _ => throw new NotSupportedException($"The function {function} of attention scores is not supported."),
    };
}
