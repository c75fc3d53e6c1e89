using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace SecureTransformer.Models;

/// <summary>Writes <c>.safetensors</c> files of F32 tensors.</summary>
public static class SafetensorsWriter
{
    private const int Alignment = 8;

    /// <summary>Writes tensors, in the order given, to a file that appears whole or not at all: it is written beside and then renamed.</summary>
    /// <param name="path">Path of the file, which is replaced if there is one.</param>
    /// <param name="tensors">Names, shapes and elements, row by row.</param>
    /// <exception cref="ArgumentException">A name is empty or appears twice, or a tensor's elements do not fill its shape.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyList<(string Name, IReadOnlyList<int> Shape, ReadOnlyMemory<float> Values)> tensors)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        ArgumentNullException.ThrowIfNull(tensors);
        byte[] header = Header(tensors);
        string partial = path + ".partial";
        using (FileStream file = new(partial, FileMode.Create, FileAccess.Write, FileShare.None))
        {
            Span<byte> length = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
            file.Write(length);
            file.Write(header);
            foreach ((_, _, ReadOnlyMemory<float> values) in tensors)
            {
                WriteValues(file, values.Span);
            }

            file.Flush(flushToDisk: true);
        }

        File.Move(partial, path, overwrite: true);
    }

    private static void WriteValues(FileStream file, ReadOnlySpan<float> values)
    {
        if (BitConverter.IsLittleEndian)
        {
            file.Write(MemoryMarshal.AsBytes(values));
            return;
        }

        Span<byte> bytes = stackalloc byte[sizeof(float)];
        foreach (float value in values)
        {
            BinaryPrimitives.WriteSingleLittleEndian(bytes, value);
            file.Write(bytes);
        }
    }

    private static byte[] Header(IReadOnlyList<(string Name, IReadOnlyList<int> Shape, ReadOnlyMemory<float> Values)> tensors)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            var names = new HashSet<string>(StringComparer.Ordinal);
            long offset = 0;
            json.WriteStartObject();
            foreach ((string name, IReadOnlyList<int> shape, ReadOnlyMemory<float> values) in tensors)
            {
                if (string.IsNullOrEmpty(name) || !names.Add(name))
                {
                    throw new ArgumentException($"The tensor name '{Text.Printable(name ?? "")}' is empty or appears twice.", nameof(tensors));
                }

                long count = shape.Aggregate(1L, (product, extent) => checked(product * extent));
                if (count != values.Length)
                {
                    throw new ArgumentException($"Tensor '{Text.Printable(name)}' has {values.Length} elements; its shape {Text.Shape([.. shape.Select(e => (long)e)])} takes {count}.", nameof(tensors));
                }

                json.WriteStartObject(name);
                json.WriteString("dtype", "F32");
                json.WriteStartArray("shape");
                foreach (int extent in shape)
                {
                    json.WriteNumberValue(extent);
                }

                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += count * sizeof(float));
                json.WriteEndArray();
                json.WriteEndObject();
            }

            json.WriteEndObject();
        }

        // Padded with spaces, so that the data begins at a multiple of 8 bytes.
        while (buffer.Length % Alignment != 0)
        {
            buffer.WriteByte((byte)' ');
        }

        return buffer.ToArray();
    }
}
