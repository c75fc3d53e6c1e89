using System.CommandLine;
using System.Text.Json.Serialization;
using SecureTransformer.Nonlinear;

namespace SecureTransformer.Cli;

/// <summary>The option <c>--nonlinear</c>: which functions a model is computed with.</summary>
internal static class NonlinearOption
{
    public static Option<string> Create() => new("--nonlinear")
    {
        Description = "Functions of activations and attention. exact: accurate fits of what the model's configuration says. puma: PUMA's GELU and exp. mpcformer: Quad and 2Quad, for models distilled for them. Or a JSON file, which chooses by block.",
        DefaultValueFactory = _ => NonlinearFunctions.Presets[0],
    };

    public static NonlinearFunctions ValueOf(ParseResult parsed, Option<string> option) => NonlinearFunctions.Load(parsed.GetValue(option)!);
}

/// <summary>Which function served each operation, as reports have it.</summary>
internal sealed class FunctionsData
{
    public required IReadOnlyList<BlockFunctionsData> Blocks { get; init; }

    /// <summary>Of a classifier; not written for others.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Pooler { get; init; }

    public static FunctionsData Of(ModelFunctions functions) => new()
    {
        Blocks = [.. functions.Runs.Select(run => new BlockFunctionsData { Blocks = run.Blocks, Activation = run.Functions.Activation.Name, Attention = run.Functions.Attention.Name })],
        Pooler = functions.Pooler?.Name,
    };
}

/// <summary>Blocks that have the same functions.</summary>
internal sealed class BlockFunctionsData
{
    public required string Blocks { get; init; }

    public required string Activation { get; init; }

    public required string Attention { get; init; }
}
