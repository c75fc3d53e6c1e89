using SecureTransformer.Protocols;

namespace SecureTransformer.Bench;

/// <summary>The operations of a forward pass, from the profile of a run.</summary>
internal static class Budget
{
    /// <summary>Operations whose products are of matrices.</summary>
    private static readonly HashSet<string> s_matrices = ["query, key, value", "scores", "context", "output projection", "expand", "contract", "embedding", "pooler and classifier", "head"];

    /// <summary>Sums over the blocks and over what is alike in them, in the order of the run; of several runs the average.</summary>
    public static IReadOnlyList<BudgetRow> RowsOf(ProfileReport report) =>
        [.. report.Group(entry => ("", NameOf(entry.Layer, entry.Operation))).Select(sum =>
            new BudgetRow(
                sum.Operation, sum.Products / report.Runs, s_matrices.Contains(sum.Operation), sum.Elements / report.Runs, sum.BytesSent / report.Runs, sum.Rounds / report.Runs, sum.Seconds / report.Runs))];

    /// <summary>The budget's name for an operation of a layer.</summary>
    /// <param name="layer">Such as "encoder.layer.0/attention".</param>
    /// <param name="operation">Such as "softmax/exp/multiply".</param>
    public static string NameOf(string layer, string operation)
    {
        string[] parts = operation.Split('/');
        return (layer, parts) switch
        {
            ("", ["input" or "import" or "agree", ..]) => "input",
            (_, ["layer norm" or "rms norm", ..]) => "LayerNorm",
            ("embeddings", _) => "embedding",
            ("pooler" or "classifier", _) => "pooler and classifier",
            (_, ["softmax", "maximum", ..]) => "softmax: maximum",
            (_, ["softmax", "exp", ..]) => "softmax: exp",
            (_, ["softmax", ..]) => "softmax: sum and division",
            (_, ["local"]) => "between operations",
            _ => parts[0],
        };
    }
}
