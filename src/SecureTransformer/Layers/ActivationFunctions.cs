using SecureTransformer.Models;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;

namespace SecureTransformer.Layers;

/// <summary>The functions behind the names of activations.</summary>
internal static class ActivationFunctions
{
    public static SecretFunction Of(Activation activation) => activation switch
    {
        Activation.GeluErf => Gelu.Erf,
        Activation.GeluTanh => Gelu.Tanh,
        Activation.Relu => Relu.Default,
        Activation.Silu => Silu.Default,
        Activation.Tanh => Tanh.Default,
        Activation.Quad => Gelu.Quad,
        _ => throw new NotSupportedException($"The activation {activation} is not supported."),
    };
}
