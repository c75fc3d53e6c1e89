namespace SecureTransformer.Models;

/// <summary>
/// The weights of a model directory, by tensor name: <c>model.safetensors</c>, or the shards that <c>model.safetensors.index.json</c> names.
/// Reading is safe from several threads at once.
/// </summary>
public sealed class ModelWeights : IDisposable
{
    private const string SingleFile = "model.safetensors";
    private const string IndexFile = "model.safetensors.index.json";

    private readonly IReadOnlyList<SafetensorsFile> _files;
    private readonly Dictionary<string, SafetensorsFile> _fileOf;

    private ModelWeights(string source, IReadOnlyList<SafetensorsFile> files, Dictionary<string, SafetensorsFile> fileOf)
    {
        Source = source;
        _files = files;
        _fileOf = fileOf;
        Names = fileOf.Keys.Order(StringComparer.Ordinal).ToList().AsReadOnly();
    }

    /// <summary>Path of the file, or of the index.</summary>
    public string Source { get; }

    /// <summary>The names of all tensors, in ordinal order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Opens the weights of a model directory and checks every header.</summary>
    /// <param name="directory">The model directory; where it holds both a single file and an index, the single file is read.</param>
    /// <exception cref="InvalidDataException">A file or the index is damaged, the index names a shard outside the directory, a missing shard, or a tensor that is not in its shard.</exception>
    /// <exception cref="FileNotFoundException">The directory holds neither a single file nor an index.</exception>
    /// <exception cref="IOException">Reading failed.</exception>
    public static ModelWeights Open(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string single = Path.Combine(directory, SingleFile);
        if (File.Exists(single))
        {
            var file = SafetensorsFile.Open(single);
            return new ModelWeights(single, [file], file.Names.ToDictionary(n => n, _ => file, StringComparer.Ordinal));
        }

        string index = Path.Combine(directory, IndexFile);
        if (File.Exists(index))
        {
            return OpenShards(directory, index);
        }

        string hint = File.Exists(Path.Combine(directory, "pytorch_model.bin"))
            ? " A pytorch_model.bin is a pickle, which can run code, and is not read: convert it to safetensors."
            : "";
        throw new FileNotFoundException($"'{directory}' holds neither {SingleFile} nor {IndexFile}.{hint}", single);
    }

    /// <summary>Whether there is a tensor of this name.</summary>
    /// <param name="name">The tensor's name.</param>
    public bool Contains(string name) => _fileOf.ContainsKey(name);

    /// <summary>Finds a tensor.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <exception cref="InvalidDataException">There is no such tensor; the message lists names close to it.</exception>
    public TensorInfo Find(string name) => FileOf(name).Find(name);

    /// <summary>Finds a tensor that must have a given shape.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="shape">The shape it must have.</param>
    /// <exception cref="InvalidDataException">There is no such tensor, or it has another shape.</exception>
    public TensorInfo Find(string name, ReadOnlySpan<long> shape)
    {
        TensorInfo tensor = Find(name);
        if (!tensor.Shape.ToArray().AsSpan().SequenceEqual(shape))
        {
            throw new InvalidDataException(
                $"{tensor.File}: tensor '{Text.Printable(name)}' at offset {tensor.Offset} has shape {Text.Shape(tensor.Shape)}; {Text.Shape(shape)} is needed.");
        }

        return tensor;
    }

    /// <inheritdoc cref="SafetensorsFile.Read(string, long, Span{double})"/>
    public void Read(string name, long start, Span<double> destination) => FileOf(name).Read(name, start, destination);

    /// <inheritdoc cref="SafetensorsFile.Read(string, long, Span{float})"/>
    public void Read(string name, long start, Span<float> destination) => FileOf(name).Read(name, start, destination);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SafetensorsFile file in _files)
        {
            file.Dispose();
        }
    }

    internal static InvalidDataException Missing(string name, string source, IEnumerable<string> names)
    {
        IReadOnlyList<string> near = Text.Near(name, names);
        string hint = near.Count > 0 ? $" Names close to it: {string.Join(", ", near)}." : "";
        return new InvalidDataException($"Tensor '{Text.Printable(name)}' is missing in {source}.{hint}");
    }

    private static ModelWeights OpenShards(string directory, string index)
    {
        var files = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        var fileOf = new Dictionary<string, SafetensorsFile>(StringComparer.Ordinal);
        try
        {
            foreach ((string tensor, string shard) in ShardIndex.Read(index))
            {
                if (!files.TryGetValue(shard, out SafetensorsFile? file))
                {
                    string path = Path.Combine(directory, shard);
                    if (!File.Exists(path))
                    {
                        throw new InvalidDataException($"{index}: shard '{Text.Printable(shard)}' of tensor '{Text.Printable(tensor)}' is missing.");
                    }

                    file = SafetensorsFile.Open(path);
                    files.Add(shard, file);
                }

                if (!file.Contains(tensor))
                {
                    throw new InvalidDataException($"{index}: tensor '{Text.Printable(tensor)}' is not in its shard '{Text.Printable(shard)}'.");
                }

                fileOf.Add(tensor, file);
            }

            return new ModelWeights(index, [.. files.Values], fileOf);
        }
        catch
        {
            foreach (SafetensorsFile file in files.Values)
            {
                file.Dispose();
            }

            throw;
        }
    }

    private SafetensorsFile FileOf(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _fileOf.TryGetValue(name, out SafetensorsFile? file) ? file : throw Missing(name, Source, Names);
    }
}
