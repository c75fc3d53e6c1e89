using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>A model directory with one safetensors file, which disappears with the test.</summary>
internal sealed class ModelFiles : IDisposable
{
    private readonly string _path = Directory.CreateTempSubdirectory("architectures-").FullName;

    public ModelFiles(IEnumerable<(string Name, string Type, long[] Shape, float[] Values)> tensors)
    {
        using var data = new MemoryStream();
        var header = new Dictionary<string, object>();
        foreach ((string name, string type, long[] shape, float[] values) in tensors)
        {
            long start = data.Length;
            byte[] bytes = new byte[values.Length * (type == "I64" ? 8 : 4)];
            for (int i = 0; i < values.Length && type == "F32"; i++)
            {
                BinaryPrimitives.WriteSingleLittleEndian(bytes.AsSpan(4 * i), values[i]);
            }

            data.Write(bytes);
            header.Add(name, new Dictionary<string, object> { ["dtype"] = type, ["shape"] = shape, ["data_offsets"] = new[] { start, data.Length } });
        }

        byte[] json = Encoding.UTF8.GetBytes(JsonSerializer.Serialize(header));
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        File.WriteAllBytes(Path.Combine(_path, "model.safetensors"), [.. length, .. json, .. data.ToArray()]);
    }

    public ModelWeights Open() => ModelWeights.Open(_path);

    public void Dispose() => Directory.Delete(_path, recursive: true);

    /// <summary>Every weight of an architecture, its values 0, 1, 2 and so on.</summary>
    public static List<(string Name, string Type, long[] Shape, float[] Values)> All(ModelArchitecture architecture) =>
        [.. architecture.Weights.Select(w => (w.Name, "F32", w.Shape.Extents.ToArray(), Count(w.Shape)))];

    private static float[] Count(TensorShape shape) => [.. Enumerable.Range(0, shape.Count).Select(i => (float)i)];
}
