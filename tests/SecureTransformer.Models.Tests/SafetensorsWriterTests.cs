using SecureTransformer.Models;

namespace SecureTransformer.Models.Tests;

public sealed class SafetensorsWriterTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("writer-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void What_is_written_is_read_bit_for_bit()
    {
        string path = Path.Combine(_directory, "model.safetensors");
        float[] a = [1.5f, -0f, float.MinValue, float.Epsilon, 3e38f, MathF.PI];
        File.WriteAllText(path, "older");
        SafetensorsWriter.Write(path, [("b.weight", [2, 3], a), ("a.bias", [1], new[] { 7f }), ("empty", [0, 4], Array.Empty<float>())]);
        using SafetensorsFile file = SafetensorsFile.Open(path);
        float[] read = new float[6];
        file.Read("b.weight", 0, read);
        Assert.Equal(a.Select(BitConverter.SingleToInt32Bits), read.Select(BitConverter.SingleToInt32Bits));
        Assert.Equal([2L, 3L], file.Find("b.weight").Shape);
        Assert.Equal(TensorDType.F32, file.Find("a.bias").DType);
        Assert.Equal(["model.safetensors"], Directory.GetFiles(_directory).Select(Path.GetFileName));
    }

    [Fact]
    public void Wrong_tensors_are_refused_and_leave_what_was_there()
    {
        string path = Path.Combine(_directory, "model.safetensors");
        File.WriteAllText(path, "older");
        Assert.Contains("shape", Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, [("a", [2, 3], new float[5])])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, [("a", [1], new float[1]), ("a", [1], new float[1])]));
        Assert.Throws<ArgumentException>(() => SafetensorsWriter.Write(path, [("", [1], new float[1])]));
        Assert.Equal("older", File.ReadAllText(path));
    }
}
