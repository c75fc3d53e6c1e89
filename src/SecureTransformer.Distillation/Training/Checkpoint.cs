using System.Text.Json;
using System.Text.Json.Nodes;
using SecureTransformer.Architectures;
using SecureTransformer.Distillation.Differentiation;
using SecureTransformer.Distillation.Networks;
using SecureTransformer.Models;

namespace SecureTransformer.Distillation.Training;

/// <summary>
/// Where an interrupted training goes on: a file of parameters and AdamW's means, and a small one that names it and says what it is of. The small one is replaced when the large
/// one is whole, so that a stop at any moment leaves one good pair.
/// </summary>
internal sealed class Checkpoint
{
    private const string State = "state.json";
    private const int MaxStateBytes = 1 << 16;

    private readonly string _directory;
    private readonly string _digest;
    private readonly BertArchitecture _architecture;

    /// <param name="directory">The folder of the checkpoint, made when there is something to write.</param>
    /// <param name="digest">What the training is of: shapes, data, options. A checkpoint of another is refused.</param>
    /// <param name="architecture">Names and shapes.</param>
    public Checkpoint(string directory, string digest, BertArchitecture architecture)
    {
        _directory = directory;
        _digest = digest;
        _architecture = architecture;
    }

    /// <summary>Reads parameters and optimizer as they were; the stage they are in, or null if there is no checkpoint.</summary>
    /// <exception cref="InvalidDataException">The checkpoint is damaged, or of another training.</exception>
    public int? Read(ParameterSet<float> parameters, Func<int, AdamW> optimizerOf)
    {
        string path = Path.Combine(_directory, State);
        if (!File.Exists(path))
        {
            return null;
        }

        (string digest, string file, int stage, int steps) = ReadState(path);
        if (digest != _digest)
        {
            throw new InvalidDataException($"{path}: the checkpoint is of another training: of other data, options or shapes. Remove the folder to begin anew.");
        }

        AdamW optimizer = optimizerOf(stage);
        using SafetensorsFile tensors = SafetensorsFile.Open(Path.Combine(_directory, file));
        for (int i = 0; i < parameters.Names.Count; i++)
        {
            Load("parameter.", parameters.Values[i].Values);
            Load("mean.", optimizer.Means[i]);
            Load("square.", optimizer.Squares[i]);

            void Load(string prefix, Span<float> target)
            {
                TensorInfo tensor = tensors.Find(prefix + parameters.Names[i]);
                if (tensor.ElementCount != target.Length)
                {
                    throw new InvalidDataException($"{tensors.Path}: tensor '{tensor.Name}' has {tensor.ElementCount} elements; {target.Length} are needed.");
                }

                tensors.Read(tensor.Name, 0, target);
            }
        }

        optimizer.Steps = steps;
        return stage;
    }

    /// <summary>Writes parameters and optimizer.</summary>
    public void Write(ParameterSet<float> parameters, AdamW optimizer, int stage)
    {
        Directory.CreateDirectory(_directory);
        string file = $"stage-{stage}-step-{optimizer.Steps}.safetensors";
        ModelFiles.WriteTensors(
            Path.Combine(_directory, file), _architecture, [("parameter.", parameters.Values), ("mean.", Variables(optimizer.Means)), ("square.", Variables(optimizer.Squares))]);
        string state = Path.Combine(_directory, State);
        var content = new JsonObject { ["digest"] = _digest, ["file"] = file, ["stage"] = stage, ["steps"] = optimizer.Steps };
        using (FileStream stream = new(state + ".partial", FileMode.Create, FileAccess.Write, FileShare.None))
        {
            stream.Write(System.Text.Encoding.UTF8.GetBytes(content.ToJsonString()));
            stream.Flush(flushToDisk: true);
        }

        File.Move(state + ".partial", state, overwrite: true);
        foreach (string old in Directory.EnumerateFiles(_directory, "stage-*.safetensors*").Where(path => Path.GetFileName(path) != file))
        {
            File.Delete(old);
        }

        IReadOnlyList<Variable<float>> Variables(IReadOnlyList<float[]> arrays) =>
            [.. parameters.Values.Zip(arrays, (value, array) => new Variable<float>(value.Rows, value.Columns, array, null))];
    }

    /// <summary>Removes the checkpoint of a training that is complete.</summary>
    public void Remove()
    {
        if (Directory.Exists(_directory))
        {
            Directory.Delete(_directory, recursive: true);
        }
    }

    private static (string Digest, string File, int Stage, int Steps) ReadState(string path)
    {
        if (new FileInfo(path).Length > MaxStateBytes)
        {
            throw new InvalidDataException($"{path}: the file is longer than {MaxStateBytes} bytes.");
        }

        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(path));
            JsonElement root = json.RootElement;
            string file = root.GetProperty("file").GetString() ?? "";
            int stage = root.GetProperty("stage").GetInt32();
            int steps = root.GetProperty("steps").GetInt32();
            return file.Length > 0 && file == Path.GetFileName(file) && stage >= 0 && steps >= 0
                ? (root.GetProperty("digest").GetString() ?? "", file, stage, steps)
                : throw new InvalidDataException($"{path}: the checkpoint is damaged.");
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{path}: the checkpoint is damaged: {error.Message}", error);
        }
    }
}
