using System.Globalization;
using System.Text.Json;

namespace SecureTransformer.Nonlinear;

/// <summary>Reads and writes <see cref="NonlinearFunctions"/>. A key that is not known, given twice or of another kind is an error that names it.</summary>
internal static class NonlinearJson
{
    private const int MaxBytes = 1 << 20;

    public static NonlinearFunctions Read(string path)
    {
        long length = new FileInfo(path).Length;
        return length <= MaxBytes
            ? Parse(File.ReadAllBytes(path), path)
            : throw new InvalidDataException($"{path}: the file has {length} bytes; the limit is {MaxBytes}.");
    }

    public static NonlinearFunctions Parse(ReadOnlyMemory<byte> utf8Json, string source)
    {
        if (utf8Json.Length > MaxBytes)
        {
            throw new InvalidDataException($"{source}: the text has {utf8Json.Length} bytes; the limit is {MaxBytes}.");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(utf8Json, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            var functions = new NonlinearFunctions();
            BlockChoice general = functions.Default;
            var layers = new Dictionary<int, BlockChoice>();
            string pooler = functions.Pooler;
            foreach (JsonProperty property in Properties(document.RootElement, source, ""))
            {
                switch (property.Name)
                {
                    case "default":
                        general = ReadChoice(property.Value, source, "default.", general);
                        break;
                    case "layers":
                        foreach (JsonProperty layer in Properties(property.Value, source, "layers"))
                        {
                            if (!int.TryParse(layer.Name, NumberStyles.None, CultureInfo.InvariantCulture, out int number) || !layers.TryAdd(number, ReadLater(layer)))
                            {
                                throw Error(source, $"layers.{Printable(layer.Name)}", "is not the number of a block, or is given twice");
                            }
                        }

                        break;
                    case "pooler":
                        pooler = ReadName(property.Value, source, "pooler");
                        break;
                    default:
                        throw Error(source, Printable(property.Name), "is not known; there are default, layers, pooler");
                }
            }

            // What a block leaves out is as the default says, wherever that stands in the text.
            var result = new NonlinearFunctions
            {
                Default = general,
                Layers = layers.ToDictionary(l => l.Key, l => new BlockChoice
                {
                    Activation = l.Value.Activation.Length > 0 ? l.Value.Activation : general.Activation,
                    Attention = l.Value.Attention.Length > 0 ? l.Value.Attention : general.Attention,
                }),
                Pooler = pooler,
            };
            result.Validate();
            return result;

            BlockChoice ReadLater(JsonProperty layer) =>
                ReadChoice(layer.Value, source, $"layers.{layer.Name}.", new BlockChoice { Activation = "", Attention = "" });
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{source}: the text is not valid JSON: {Printable(error.Message)}", error);
        }
        catch (InvalidOperationException error)
        {
            // What JsonDocument throws of half of a surrogate pair.
            throw new InvalidDataException($"{source}: a key or a name holds half of a surrogate pair.", error);
        }
        catch (ArgumentException error)
        {
            throw new InvalidDataException($"{source}: {error.Message}", error);
        }
    }

    public static byte[] Write(NonlinearFunctions functions)
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            WriteChoice("default", functions.Default);
            writer.WriteStartObject("layers");
            foreach ((int layer, BlockChoice choice) in functions.Layers.OrderBy(l => l.Key))
            {
                WriteChoice(layer.ToString(CultureInfo.InvariantCulture), choice);
            }

            writer.WriteEndObject();
            writer.WriteString("pooler", functions.Pooler);
            writer.WriteEndObject();

            void WriteChoice(string name, BlockChoice choice)
            {
                writer.WriteStartObject(name);
                writer.WriteString("activation", choice.Activation);
                writer.WriteString("attention", choice.Attention);
                writer.WriteEndObject();
            }
        }

        return stream.ToArray();
    }

    private static BlockChoice ReadChoice(JsonElement element, string source, string path, BlockChoice otherwise)
    {
        (string activation, string attention) = (otherwise.Activation, otherwise.Attention);
        foreach (JsonProperty property in Properties(element, source, path.TrimEnd('.')))
        {
            switch (property.Name)
            {
                case "activation":
                    activation = ReadName(property.Value, source, path + property.Name);
                    break;
                case "attention":
                    attention = ReadName(property.Value, source, path + property.Name);
                    break;
                default:
                    throw Error(source, path + Printable(property.Name), "is not known; there are activation, attention");
            }
        }

        return new BlockChoice { Activation = activation, Attention = attention };
    }

    private static JsonElement.ObjectEnumerator Properties(JsonElement element, string source, string path) => element.ValueKind == JsonValueKind.Object
        ? element.EnumerateObject()
        : throw Error(source, path.Length == 0 ? "the text" : path, "must be an object");

    private static string ReadName(JsonElement element, string source, string path) =>
        element.ValueKind == JsonValueKind.String && element.GetString() is { Length: > 0 } name ? name : throw Error(source, path, "must be the name of a function");

    private static InvalidDataException Error(string source, string path, string problem) => new($"{source}: '{path}' {problem}.");

    private static string Printable(string text) => string.Concat(text.Take(100).Select(c => c is >= ' ' and <= '~' ? c : '?'));
}
