using System.Text.Json;
using System.Text.Unicode;

namespace SecureTransformer.Models;

/// <summary>Reads the JSON header of a safetensors file. Everything in it is taken for hostile until checked.</summary>
internal static class SafetensorsHeader
{
    /// <summary>The limit of the format's reference implementation.</summary>
    public const long MaxLength = 100_000_000;

    private const int MaxRank = 32;
    private const int MaxTensors = 200_000;

    /// <param name="json">The header without its length.</param>
    /// <param name="file">Path, for messages.</param>
    /// <param name="dataLength">Bytes in the file after the header.</param>
    /// <returns>The tensors in the order of their data.</returns>
    public static List<TensorInfo> Parse(ReadOnlySpan<byte> json, string file, long dataLength)
    {
        if (json.IsEmpty || json[0] != (byte)'{')
        {
            throw Error(file, "the header does not start with '{'", 8);
        }

        if (!Utf8.IsValid(json))
        {
            throw Error(file, "the header is not valid UTF-8", 8);
        }

        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = 16 });
        List<TensorInfo> tensors;
        try
        {
            tensors = ReadTensors(ref reader, file, 8L + json.Length, dataLength);
            reader.Read();
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file}: the header is not valid JSON at offset {8 + reader.BytesConsumed}: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            // Utf8JsonReader reports an escaped lone surrogate in this way.
            throw new InvalidDataException($"{file}: the header holds an invalid string at offset {8 + reader.TokenStartIndex}.", e);
        }

        CheckCoverage(tensors, file, 8L + json.Length, dataLength);
        return tensors;
    }

    private static List<TensorInfo> ReadTensors(ref Utf8JsonReader reader, string file, long dataStart, long dataLength)
    {
        var tensors = new List<TensorInfo>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (!names.Add(name))
            {
                throw Error(file, name, "appears twice", 8 + reader.TokenStartIndex);
            }

            reader.Read();
            if (reader.TokenType != JsonTokenType.StartObject)
            {
                throw Error(file, name, "is not described by an object", 8 + reader.TokenStartIndex);
            }

            if (name == "__metadata__")
            {
                reader.Skip();
                continue;
            }

            if (tensors.Count == MaxTensors)
            {
                throw Error(file, $"there are more than {MaxTensors} tensors", 8 + reader.TokenStartIndex);
            }

            tensors.Add(ReadTensor(ref reader, name, file, dataStart, dataLength));
        }

        return tensors;
    }

    private static TensorInfo ReadTensor(ref Utf8JsonReader reader, string name, string file, long dataStart, long dataLength)
    {
        long position = 8 + reader.TokenStartIndex;
        TensorDType? dtype = null;
        List<long>? shape = null;
        List<long>? offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            long at = 8 + reader.TokenStartIndex;
            switch (key)
            {
                case "dtype" when dtype is null:
                    string typeName = reader.TokenType == JsonTokenType.String ? reader.GetString()! : "";
                    dtype = TensorDTypes.TryParse(typeName, out TensorDType parsed)
                        ? parsed
                        : throw Error(file, name, $"has the unknown dtype '{Text.Printable(typeName)}'", at);
                    break;
                case "shape" when shape is null:
                    shape = ReadCounts(ref reader, name, "shape", MaxRank, file);
                    break;
                case "data_offsets" when offsets is null:
                    offsets = ReadCounts(ref reader, name, "data_offsets", 2, file);
                    break;
                case "dtype" or "shape" or "data_offsets":
                    throw Error(file, name, $"has {key} twice", at);
                default:
                    reader.Skip();
                    break;
            }
        }

        if (dtype is null || shape is null || offsets is null)
        {
            throw Error(file, name, $"has no {(dtype is null ? "dtype" : shape is null ? "shape" : "data_offsets")}", position);
        }

        if (offsets.Count != 2 || offsets[0] > offsets[1] || offsets[1] > dataLength)
        {
            throw Error(file, name, $"has data_offsets {Text.Shape(offsets)}; two rising numbers up to {dataLength} are needed", position);
        }

        long elements = 1;
        long bits;
        try
        {
            foreach (long dimension in shape)
            {
                elements = checked(elements * dimension);
            }

            bits = checked(elements * TensorDTypes.Bits(dtype.Value));
        }
        catch (OverflowException e)
        {
            throw new InvalidDataException($"{file}: tensor '{Text.Printable(name)}' at offset {position}: its shape {Text.Shape(shape)} overflows 64 bits.", e);
        }

        long bytes = offsets[1] - offsets[0];
        if (bits % 8 != 0 || bits / 8 != bytes)
        {
            throw Error(file, name, $"has {bytes} bytes of data, but its dtype {dtype} and shape {Text.Shape(shape)} need {bits} bits", position);
        }

        return new TensorInfo(name, [.. shape], elements, dtype.Value, file, dataStart + offsets[0], bytes);
    }

    private static List<long> ReadCounts(ref Utf8JsonReader reader, string name, string key, int limit, string file)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw Error(file, name, $"has a {key} that is not an array", 8 + reader.TokenStartIndex);
        }

        var values = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (reader.TokenType != JsonTokenType.Number || !reader.TryGetInt64(out long value) || value < 0)
            {
                throw Error(file, name, $"has a {key} that holds something other than non-negative 64-bit integers", 8 + reader.TokenStartIndex);
            }

            if (values.Count == limit)
            {
                throw Error(file, name, $"has more than {limit} numbers in {key}", 8 + reader.TokenStartIndex);
            }

            values.Add(value);
        }

        return values;
    }

    /// <summary>The tensors must cover the data exactly: no overlap, no hole, nothing left over.</summary>
    private static void CheckCoverage(List<TensorInfo> tensors, string file, long dataStart, long dataLength)
    {
        tensors.Sort(static (a, b) => a.Offset != b.Offset ? a.Offset.CompareTo(b.Offset) : a.ByteLength.CompareTo(b.ByteLength));
        long end = dataStart;
        foreach (TensorInfo tensor in tensors)
        {
            if (tensor.Offset != end)
            {
                string problem = tensor.Offset < end ? "overlaps the tensor before it" : $"leaves a hole of {tensor.Offset - end} bytes before it";
                throw Error(file, tensor.Name, problem, tensor.Offset);
            }

            end += tensor.ByteLength;
        }

        if (end != dataStart + dataLength)
        {
            throw Error(file, $"the last {dataStart + dataLength - end} bytes belong to no tensor", end);
        }
    }

    private static InvalidDataException Error(string file, string problem, long offset) =>
        new($"{file}: {problem} (offset {offset}).");

    private static InvalidDataException Error(string file, string tensor, string problem, long offset) =>
        new($"{file}: tensor '{Text.Printable(tensor)}' {problem} (offset {offset}).");
}
