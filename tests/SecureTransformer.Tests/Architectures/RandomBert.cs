using SecureTransformer.Models;

namespace SecureTransformer.Architectures;

/// <summary>BERT models with seeded random weights, and inputs for them.</summary>
internal static class RandomBert
{
    public static ModelArchitecture Architecture(Activation activation = Activation.GeluErf, int layers = 2, int hidden = 48, int heads = 3) => ModelArchitecture.Create(new BertConfig
    {
        VocabSize = 37,
        HiddenSize = hidden,
        NumHiddenLayers = layers,
        NumAttentionHeads = heads,
        IntermediateSize = 100,
        MaxPositionEmbeddings = 19,
        TypeVocabSize = 3,
        LayerNormEps = 1e-5,
        HiddenAct = activation,
        Labels = ["a", "b", "c"],
    });

    /// <summary>Weights as a trained model has them: narrow, LayerNorm gains around one, with outliers.</summary>
    public static Func<WeightSpec, double[]> Weights(ModelArchitecture architecture, ulong seed)
    {
        using var random = new SeededValues(seed);
        var values = new Dictionary<string, double[]>();
        foreach (WeightSpec spec in architecture.Weights)
        {
            int count = spec.Shape.Count;
            double deviation = 0.02 + (0.18 * random.Uniform());
            double[] drawn = spec.Name.EndsWith("LayerNorm.weight", StringComparison.Ordinal) ? random.Normals(count, 0.1, 1)
                : spec.Name.Contains("embeddings.weight", StringComparison.Ordinal) ? random.Normals(count, 0.3)
                : random.Normals(count, deviation);
            values.Add(spec.Name, [.. drawn.Select(v => v * spec.Scale)]);
        }

        return spec => values[spec.Name];
    }

    /// <summary>Odd lengths, length 1, padding at the end and within, three token types.</summary>
    public static IReadOnlyList<BertCase> Cases(ulong seed)
    {
        using var random = new SeededValues(seed);
        return [Case(1), Case(2), Case(7), Case(13, 11, 12), Case(9, 3, 4, 8), Case(19)];

        BertCase Case(int length, params int[] padding) => new()
        {
            Name = $"length {length} with {padding.Length} padded",
            InputIds = [.. Enumerable.Range(0, length).Select(_ => random.Below(37))],
            Mask = [.. Enumerable.Range(0, length).Select(i => !padding.Contains(i))],
            TokenTypes = [.. Enumerable.Range(0, length).Select(_ => random.Below(3))],
        };
    }
}
