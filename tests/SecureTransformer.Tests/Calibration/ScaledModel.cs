using System.Buffers.Binary;
using SecureTransformer.Models;

namespace SecureTransformer.Calibration;

/// <summary>A copy of a model directory in which float32 tensors are multiplied by factors; it disappears with the test.</summary>
internal sealed class ScaledModel : IDisposable
{
    public ScaledModel(string source, string tensor, float factor)
    {
        foreach (string file in Directory.GetFiles(source))
        {
            File.Copy(file, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)));
        }

        Scale(tensor, factor);
    }

    public string Path { get; } = Directory.CreateTempSubdirectory("calibration-").FullName;

    public void Scale(string tensor, float factor)
    {
        string path = System.IO.Path.Combine(Path, "model.safetensors");
        TensorInfo info;
        using (var opened = SafetensorsFile.Open(path))
        {
            info = opened.Find(tensor);
            Assert.Equal(TensorDType.F32, info.DType);
        }

        byte[] bytes = File.ReadAllBytes(path);
        for (long i = info.Offset; i < info.Offset + info.ByteLength; i += 4)
        {
            Span<byte> value = bytes.AsSpan((int)i, 4);
            BinaryPrimitives.WriteSingleLittleEndian(value, factor * BinaryPrimitives.ReadSingleLittleEndian(value));
        }

        File.WriteAllBytes(path, bytes);
    }

    /// <summary>Replaces a text in config.json.</summary>
    public void Configure(string old, string replacement)
    {
        string path = System.IO.Path.Combine(Path, "config.json");
        string json = File.ReadAllText(path);
        Assert.Contains(old, json, StringComparison.Ordinal);
        File.WriteAllText(path, json.Replace(old, replacement, StringComparison.Ordinal));
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
