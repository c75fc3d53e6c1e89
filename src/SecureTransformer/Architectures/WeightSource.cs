using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>The owner's side of an architecture's weights: where they stand in the model files.</summary>
public static class WeightSource
{
    private static readonly string[] s_prefixes = ["bert.", "transformer.", "model."];

    /// <summary>Checks that every weight of the architecture is in the files with its shape and in a type that can be read. Tensors that are no weights of it, such as stored position ids, are ignored.</summary>
    /// <exception cref="InvalidDataException">A weight is missing, or has another shape or an unreadable type; names the file and the tensor.</exception>
    public static void Validate(ModelWeights weights, ModelArchitecture architecture)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(architecture);
        foreach (WeightSpec weight in architecture.Weights)
        {
            Find(weights, weight);
        }
    }

    /// <summary>Reads a weight block by block, multiplied by its scale, as <see cref="ShareCodec"/> takes it.</summary>
    /// <exception cref="InvalidDataException">The weight is missing, or has another shape or an unreadable type; names the file and the tensor.</exception>
    public static ValueReader Reader(ModelWeights weights, WeightSpec weight)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(weight);
        string name = Find(weights, weight).Name;
        double scale = weight.Scale;
        int columns = weight.Shape.Rank == 0 ? 1 : weight.Shape[-1];
        return (start, destination) =>
        {
            weights.Read(name, start, destination);
            for (int i = 0; scale != 1 && i < destination.Length; i++)
            {
                if ((start + i) % columns < weight.ScaledColumns)
                {
                    destination[i] *= scale;
                }
            }
        };
    }

    private static TensorInfo Find(ModelWeights weights, WeightSpec weight)
    {
        string name = Names(weight.Name).FirstOrDefault(weights.Contains) ?? MissingName(weights, weight.Name);
        TensorInfo tensor = weights.Find(name, weight.Shape.Extents);
        return tensor.IsReadable
            ? tensor
            : throw new InvalidDataException($"{tensor.File}: tensor {tensor} has a type that cannot be read; F32, F16 and BF16 can.");
    }

    /// <summary>
    /// The names under which a weight may be stored: as it is, without the prefix that a model has within one with a head, and with the names that older files
    /// have for LayerNorm. A head that is tied is no weight of its architecture and is not looked for.
    /// </summary>
    private static IEnumerable<string> Names(string name)
    {
        string bare = name[PrefixOf(name).Length..];
        yield return name;
        yield return Older(name);
        yield return bare;
        yield return Older(bare);

        static string Older(string name) => name
            .Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal)
            .Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal);
    }

    /// <summary>The name to complain about: without its prefix in files that have none, so that the names close to it are found.</summary>
    private static string MissingName(ModelWeights weights, string name)
    {
        string prefix = PrefixOf(name);
        return weights.Names.Any(n => n.StartsWith(prefix, StringComparison.Ordinal)) ? name : name[prefix.Length..];
    }

    private static string PrefixOf(string name) => s_prefixes.FirstOrDefault(p => name.StartsWith(p, StringComparison.Ordinal), "");
}
