namespace SecureTransformer.Models;

/// <summary>What makes probabilities of attention scores.</summary>
public enum AttentionFunction
{
    /// <summary>exp(x) over its sum.</summary>
    Softmax,
    /// <summary>(x + 5)^2 over its sum, which MPCFormer (Li et al., ICLR 2023) puts in the place of softmax.</summary>
    TwoQuad,
    /// <summary>max(x, 0) over its sum, as in SecureML (Mohassel and Zhang, 2017).</summary>
    TwoRelu,
}

internal static class AttentionFunctions
{
    private const string Supported = "softmax, 2quad, 2relu";

    /// <summary>Names as in MPCFormer's configurations; no entry is softmax, as everywhere else.</summary>
    public static AttentionFunction Read(JsonFields config, string key) => config.String(key) switch
    {
        null or "softmax" => AttentionFunction.Softmax,
        "2quad" => AttentionFunction.TwoQuad,
        "2relu" => AttentionFunction.TwoRelu,
        string name => throw config.Error(key, $"is '{Text.Printable(name)}'; supported are {Supported}"),
    };

    /// <summary>Refuses a decoder's configuration that asks for another function, which would else be left out silently.</summary>
    public static void RequireSoftmax(JsonFields config)
    {
        if (Read(config, "softmax_act") != AttentionFunction.Softmax)
        {
            throw config.Error("softmax_act", $"is '{Text.Printable(config.String("softmax_act")!)}'; of decoders' configurations only softmax is supported");
        }
    }

    /// <summary>The name under which <see cref="Read"/> finds a function.</summary>
    public static string NameOf(AttentionFunction function) => function switch
    {
        AttentionFunction.Softmax => "softmax",
        AttentionFunction.TwoQuad => "2quad",
        AttentionFunction.TwoRelu => "2relu",
        _ => throw new ArgumentOutOfRangeException(nameof(function), function, "Not a function of attention scores."),
    };
}
