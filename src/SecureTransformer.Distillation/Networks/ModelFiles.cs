using SecureTransformer.Architectures;
using SecureTransformer.Distillation.Differentiation;
using SecureTransformer.Models;

namespace SecureTransformer.Distillation.Networks;

/// <summary>Parameters from and to a model directory, in Hugging Face's form.</summary>
internal static class ModelFiles
{
    private const string Weights = "model.safetensors";
    private const string Config = "config.json";

    private static readonly string[] s_tokenizerFiles = ["tokenizer.json", "vocab.txt", "tokenizer_config.json", "special_tokens_map.json"];

    /// <summary>Reads a BERT classifier.</summary>
    /// <exception cref="InvalidDataException">A file is damaged, or the model is no BERT classifier.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static (BertConfig Config, ParameterSet<float> Parameters) Read(string directory)
    {
        BertConfig config = ModelConfig.FromDirectory(directory) as BertConfig
            ?? throw new InvalidDataException($"{directory}: only BERT classifiers can be distilled.");
        var architecture = new BertArchitecture(config);
        ParameterSet<float> parameters = ParameterSet<float>.Create(architecture, differentiated: false);
        using ModelWeights weights = ModelWeights.Open(directory);
        for (int i = 0; i < parameters.Names.Count; i++)
        {
            WeightSpec weight = architecture.Weights[i];
            weights.Find(weight.Name, [.. Enumerable.Range(0, weight.Shape.Rank).Select(axis => (long)weight.Shape[axis])]);
            weights.Read(weight.Name, 0, parameters.Values[i].Values);
        }

        return (config, parameters);
    }

    /// <summary>Writes a model: configuration and weights, and the tokenizer of another directory, if any. The weights appear whole or not at all.</summary>
    public static void Write(string directory, BertConfig config, ParameterSet<float> parameters, string? tokenizerOf)
    {
        Directory.CreateDirectory(directory);
        File.WriteAllBytes(Path.Combine(directory, Config), config.ToJson());
        WriteTensors(Path.Combine(directory, Weights), new BertArchitecture(config), [("", parameters.Values)]);
        foreach (string name in tokenizerOf is null ? [] : s_tokenizerFiles)
        {
            string from = Path.Combine(tokenizerOf!, name);
            string to = Path.Combine(directory, name);
            if (File.Exists(from) && !Path.GetFullPath(from).Equals(Path.GetFullPath(to), StringComparison.Ordinal))
            {
                File.Copy(from, to, overwrite: true);
            }
        }
    }

    /// <summary>Writes sets of an architecture's tensors, each under a prefix.</summary>
    public static void WriteTensors(string path, BertArchitecture architecture, IReadOnlyList<(string Prefix, IReadOnlyList<Variable<float>> Values)> sets) =>
        SafetensorsWriter.Write(
            path,
            [.. sets.SelectMany(set => architecture.Weights.Zip(set.Values, (weight, value) => (
                set.Prefix + weight.Name,
                (IReadOnlyList<int>)[.. Enumerable.Range(0, weight.Shape.Rank).Select(axis => weight.Shape[axis])],
                (ReadOnlyMemory<float>)value.Array.AsMemory(0, value.Count))))]);
}
