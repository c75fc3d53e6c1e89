namespace SecureTransformer.Models;

/// <summary>The function between the two matrices of a feed-forward layer.</summary>
public enum Activation
{
    /// <summary>x Phi(x), with the error function.</summary>
    GeluErf,
    /// <summary>GELU by the hyperbolic tangent: x/2 (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))).</summary>
    GeluTanh,
    /// <summary>max(x, 0).</summary>
    Relu,
    /// <summary>x / (1 + exp(-x)).</summary>
    Silu,
    /// <summary>The hyperbolic tangent.</summary>
    Tanh,
    /// <summary>x^2/8 + x/4 + 1/2, which MPCFormer (Li et al., ICLR 2023) puts in the place of GELU.</summary>
    Quad,
}

internal static class Activations
{
    private const string Supported = "gelu, gelu_python, gelu_new, gelu_fast, gelu_pytorch_tanh, relu, silu, swish, tanh, quad";

    /// <summary>Names as in Hugging Face's table of activations.</summary>
    public static Activation Read(JsonFields config, string key)
    {
        string name = config.RequiredString(key);
        return name switch
        {
            "gelu" or "gelu_python" => Activation.GeluErf,
            "gelu_new" or "gelu_fast" or "gelu_pytorch_tanh" => Activation.GeluTanh,
            "relu" => Activation.Relu,
            "silu" or "swish" => Activation.Silu,
            "tanh" => Activation.Tanh,
            "quad" => Activation.Quad,
            _ => throw config.Error(key, $"is '{Text.Printable(name)}'; supported are {Supported}"),
        };
    }

    /// <summary>The name under which <see cref="Read"/> finds an activation.</summary>
    public static string NameOf(Activation activation) => activation switch
    {
        Activation.GeluErf => "gelu",
        Activation.GeluTanh => "gelu_new",
        Activation.Relu => "relu",
        Activation.Silu => "silu",
        Activation.Tanh => "tanh",
        Activation.Quad => "quad",
        _ => throw new ArgumentOutOfRangeException(nameof(activation), activation, "Not an activation."),
    };
}
