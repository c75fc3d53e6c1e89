using System.Buffers.Binary;
using SecureTransformer.Models;

namespace SecureTransformer.Calibration;

/// <summary>A copy of a model directory in which one float32 tensor is multiplied by a factor; it disappears with the test.</summary>
internal sealed class ScaledModel : IDisposable
{
    public ScaledModel(string source, string tensor, float factor)
    {
        foreach (string file in Directory.GetFiles(source))
        {
            File.Copy(file, System.IO.Path.Combine(Path, System.IO.Path.GetFileName(file)));
        }

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

    public string Path { get; } = Directory.CreateTempSubdirectory("calibration-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
