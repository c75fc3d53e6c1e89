using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>The functions that a model is computed with, block by block: <see cref="NonlinearFunctions.For"/>.</summary>
public sealed class ModelFunctions
{
    private const int MaxDescription = 512;

    internal ModelFunctions(IReadOnlyList<BlockFunctions> blocks, SecretFunction? pooler)
    {
        Blocks = blocks;
        Pooler = pooler;
        Runs = [.. RunsOf(blocks)];
        string text = string.Join(
            "; ",
            [
                .. Runs.Select(run => string.Create(CultureInfo.InvariantCulture, $"{run.Blocks}: {run.Functions.Activation.Name} and {run.Functions.Attention.Name}")),
                .. pooler is null ? (string[])[] : [$"pooler: {pooler.Name}"],
            ]);
        Description = text.Length <= MaxDescription
            ? text
            : $"{text.AsSpan(0, MaxDescription - 80)}... {Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";
    }

    /// <summary>The functions of each block, in order.</summary>
    public IReadOnlyList<BlockFunctions> Blocks { get; }

    /// <summary>The function of a classifier's pooler; null where there is none.</summary>
    public SecretFunction? Pooler { get; }

    /// <summary>The same, with blocks that have the same functions together: "blocks 0 to 11", "block 3".</summary>
    public IReadOnlyList<(string Blocks, BlockFunctions Functions)> Runs { get; }

    /// <summary>All of it in a line, the same for the same functions and different for others. The parties compare it at their handshake, and with their clients.</summary>
    public string Description { get; }

    /// <summary>The <see cref="Description"/>.</summary>
    public override string ToString() => Description;

    private static IEnumerable<(string Blocks, BlockFunctions Functions)> RunsOf(IReadOnlyList<BlockFunctions> blocks)
    {
        for (int start = 0; start < blocks.Count;)
        {
            int end = start + 1;
            while (end < blocks.Count && blocks[end].IsSame(blocks[start]))
            {
                end++;
            }

            yield return (end == start + 1 ? $"block {start}" : $"blocks {start} to {end - 1}", blocks[start]);
            start = end;
        }
    }
}

/// <summary>The functions of one block.</summary>
public sealed class BlockFunctions
{
    internal BlockFunctions(SecretFunction activation, RowFunction attention)
    {
        Activation = activation;
        Attention = attention;
    }

    /// <summary>The function of the feed-forward layer.</summary>
    public SecretFunction Activation { get; }

    /// <summary>What makes probabilities of attention scores.</summary>
    public RowFunction Attention { get; }

    internal bool IsSame(BlockFunctions other) => Activation.Name == other.Activation.Name && Attention.Name == other.Attention.Name;
}
