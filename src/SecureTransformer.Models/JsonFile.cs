using System.Text.Json;
using System.Text.Unicode;

namespace SecureTransformer.Models;

/// <summary>A JSON file of bounded size whose top is an object. Duplicate keys, comments and trailing commas are errors.</summary>
internal sealed class JsonFile : IDisposable
{
    private readonly JsonDocument _document;

    private JsonFile(JsonDocument document, string path)
    {
        _document = document;
        Root = new JsonFields(document.RootElement, path, "");
    }

    public JsonFields Root { get; }

    public static JsonFile Open(string path, long maxBytes) => Parse(ReadBounded(path, maxBytes), path);

    /// <summary>Reads bytes that did not come from a file; <paramref name="path"/> says where from.</summary>
    public static JsonFile Parse(byte[] bytes, string path)
    {
        ReadOnlyMemory<byte> json = bytes.AsSpan().StartsWith("\uFEFF"u8) ? bytes.AsMemory(3) : bytes;
        if (!Utf8.IsValid(json.Span))
        {
            throw new InvalidDataException($"{path}: the file is not valid UTF-8.");
        }

        JsonDocument? document = null;
        try
        {
            document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 64, AllowDuplicateProperties = false });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidDataException($"{path}: the file holds no JSON object.");
            }

            return new JsonFile(document, path);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            document?.Dispose();
            throw new InvalidDataException($"{path}: the file is not valid JSON: {Text.Printable(e.Message)}", e);
        }
        catch
        {
            document?.Dispose();
            throw;
        }
    }

    public static byte[] ReadBounded(string path, long maxBytes)
    {
        using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(path);
        long length = RandomAccess.GetLength(handle);
        if (length > maxBytes)
        {
            throw new InvalidDataException($"{path}: the file has {length} bytes; the limit is {maxBytes}.");
        }

        byte[] bytes = new byte[(int)length];
        TensorReader.Fill(handle, bytes, 0, path, "the text");
        return bytes;
    }

    public void Dispose() => _document.Dispose();
}
