using System.Globalization;

namespace SecureTransformer.Bench;

/// <summary>
/// All workloads by a name that a process can tell another: an operation and its size, <c>exp/100000</c>; <c>matmul/128x768x768</c>, with both operands as secrets, or
/// <c>packed/128x768x768</c>, with the right one packed before; <c>layer/TOKENS/SCALE/NONLINEAR</c>, <c>bert-base/BLOCKS/TOKENS/SCALE</c>, <c>gpt2/BLOCKS/TOKENS/SCALE</c> for a prompt
/// and its first token, <c>gpt2-next/BLOCKS/TOKENS/SCALE</c> for one more behind a cache.
/// </summary>
internal static class Workloads
{
    public static Workload Create(string name) => name.Split('/') switch
    {
        ["matmul", var shape] => Primitives.MatMul(Extents(shape), packed: false),
        ["packed", var shape] => Primitives.MatMul(Extents(shape), packed: true),
        ["layer", var tokens, var scale, var nonlinear] => BertBase.Layer(Number(tokens), Scale(scale), nonlinear),
        ["bert-base", var blocks, var tokens, var scale] => BertBase.Model(Number(blocks), Number(tokens), Scale(scale)),
        ["gpt2", var blocks, var tokens, var scale] => Decoders.FirstToken(Decoders.Gpt2Small(Number(blocks)), Number(tokens), Scale(scale)),
        ["gpt2-next", var blocks, var cached, var scale] => Decoders.NextToken(Decoders.Gpt2Small(Number(blocks)), Number(cached), Scale(scale)),
        [var operation, var size] when Primitives.Names.Contains(operation) => Primitives.Create(operation, Number(size)),
        _ => throw new ArgumentException($"'{name}' is no workload.", nameof(name)),
    };

    public static string Layer(int tokens, double scale, string nonlinear = "exact") => Name($"layer/{tokens}/{scale}/{nonlinear}");

    public static string Bert(int blocks, int tokens, double scale) => Name($"bert-base/{blocks}/{tokens}/{scale}");

    public static string FirstToken(int blocks, int tokens, double scale) => Name($"gpt2/{blocks}/{tokens}/{scale}");

    public static string NextToken(int blocks, int cached, double scale) => Name($"gpt2-next/{blocks}/{cached}/{scale}");

    private static string Name(FormattableString name) => name.ToString(CultureInfo.InvariantCulture);

    private static (int M, int K, int N) Extents(string shape) => shape.Split('x') is [var m, var k, var n]
        ? (Number(m), Number(k), Number(n))
        : throw new ArgumentException($"'{shape}' is no shape of a product; one is MxKxN.", nameof(shape));

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

    private static double Scale(string text) => double.Parse(text, CultureInfo.InvariantCulture);
}
