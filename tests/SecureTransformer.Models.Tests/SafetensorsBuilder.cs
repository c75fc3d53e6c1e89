using System.Buffers.Binary;
using System.Text;

namespace SecureTransformer.Models.Tests;

/// <summary>Writes files of exact bytes into a temporary directory that disappears with the test.</summary>
internal sealed class TemporaryDirectory : IDisposable
{
    public TemporaryDirectory() => Path = Directory.CreateTempSubdirectory("models-").FullName;

    public string Path { get; }

    public string Write(string name, byte[] bytes)
    {
        string path = System.IO.Path.Combine(Path, name);
        File.WriteAllBytes(path, bytes);
        return path;
    }

    public string Write(string name, string text) => Write(name, Encoding.UTF8.GetBytes(text));

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

internal static class SafetensorsBuilder
{
    public static byte[] File(string header, int dataLength) => File(Encoding.UTF8.GetBytes(header), new byte[dataLength]);

    public static byte[] File(byte[] header, byte[] data)
    {
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, header.Length);
        return [.. length, .. header, .. data];
    }

    /// <summary>Two tensors: "a" F32 [2, 3] holding 0 to 5, and the F16 scalar "b" holding 0.5.</summary>
    public static byte[] Small()
    {
        byte[] data = new byte[26];
        for (int i = 0; i < 6; i++)
        {
            BinaryPrimitives.WriteSingleLittleEndian(data.AsSpan(4 * i), i);
        }

        BinaryPrimitives.WriteHalfLittleEndian(data.AsSpan(24), (Half)0.5);
        const string header = """{"__metadata__":{"format":"pt"},"b":{"dtype":"F16","shape":[],"data_offsets":[24,26]},"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]}}   """;
        return File(Encoding.UTF8.GetBytes(header), data);
    }
}
