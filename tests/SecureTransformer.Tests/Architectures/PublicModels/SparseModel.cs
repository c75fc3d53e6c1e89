using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using SecureTransformer.Models;

namespace SecureTransformer.Architectures;

/// <summary>
/// A model directory whose safetensors files are holes but for the headers and the first and last element of each tensor, so that models of any size take no
/// room. The first element of the tensor with number i is <see cref="First"/>(i), the last is <see cref="Last"/>(i); numbers count over all files in order of the data.
/// </summary>
internal sealed class SparseModel : IDisposable
{
    private const int Numbers = 100;
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);

    public string Path { get; } = Directory.CreateTempSubdirectory("public-models-").FullName;

    public static double First(int number) => 1 + (number % Numbers);

    public static double Last(int number) => -0.5 - (number % Numbers);

    /// <summary>The number of a tensor, by its name in the file.</summary>
    public int NumberOf(string name) => _numbers[name];

    public void WriteConfig(string json) => File.WriteAllText(System.IO.Path.Combine(Path, "config.json"), json);

    public ModelArchitecture Architecture() => ModelArchitecture.Create(ModelConfig.FromDirectory(Path));

    public ModelWeights Open() => ModelWeights.Open(Path);

    public void WriteSingle(IEnumerable<PublicTensor> tensors) => WriteFile("model.safetensors", tensors);

    /// <summary>Two shards and their index; the shard boundary lies within a block.</summary>
    public void WriteShards(IReadOnlyList<PublicTensor> tensors, int firstShard)
    {
        string[] names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
        WriteFile(names[0], tensors.Take(firstShard));
        WriteFile(names[1], tensors.Skip(firstShard));
        var index = new
        {
            metadata = new { total_size = tensors.Sum(t => t.ByteLength) },
            weight_map = tensors.Select((t, i) => (t.Name, Shard: names[i < firstShard ? 0 : 1])).ToDictionary(p => p.Name, p => p.Shard),
        };
        File.WriteAllText(System.IO.Path.Combine(Path, "model.safetensors.index.json"), JsonSerializer.Serialize(index));
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private void WriteFile(string file, IEnumerable<PublicTensor> tensors)
    {
        PublicTensor[] all = [.. tensors];
        var header = new Dictionary<string, object> { ["__metadata__"] = new Dictionary<string, string> { ["format"] = "pt" } };
        long length = 0;
        foreach (PublicTensor tensor in all)
        {
            header.Add(tensor.Name, new Dictionary<string, object> { ["dtype"] = tensor.Type, ["shape"] = tensor.Shape, ["data_offsets"] = new[] { length, length + tensor.ByteLength } });
            length += tensor.ByteLength;
        }

        byte[] json = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(header));
        byte[] prefix = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(prefix, json.Length);
        using FileStream stream = File.Create(System.IO.Path.Combine(Path, file));
        stream.Write(prefix);
        stream.Write(json);
        long offset = stream.Position;
        stream.SetLength(offset + length);
        foreach (PublicTensor tensor in all)
        {
            int number = _numbers.Count;
            _numbers.Add(tensor.Name, number);
            stream.Position = offset;
            stream.Write(Encode(First(number), tensor.ElementSize));
            offset += tensor.ByteLength;
            stream.Position = offset - tensor.ElementSize;
            stream.Write(Encode(Last(number), tensor.ElementSize));
        }
    }

    /// <summary>A float32, or its upper half: bfloat16, exact for the few bits of these values.</summary>
    private static byte[] Encode(double value, int size)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, (float)value);
        return bytes[(4 - size)..];
    }
}

/// <summary>A tensor as the header of a public file has it.</summary>
internal sealed record PublicTensor(string Name, string Type, params long[] Shape)
{
    public int ElementSize => Type == "F32" ? 4 : 2;

    public long ByteLength => ElementSize * Shape.Aggregate(1L, (a, b) => a * b);
}
