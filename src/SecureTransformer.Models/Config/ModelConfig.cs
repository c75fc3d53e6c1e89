using System.Text.Json;

namespace SecureTransformer.Models;

/// <summary>What <c>config.json</c> says of a model. Each architecture has a subclass of its own.</summary>
public abstract class ModelConfig
{
    private const string FileName = "config.json";
    private const long MaxBytes = 16_000_000;
    private const string Supported = "bert, gpt2, llama";

    private protected ModelConfig()
    {
    }

    /// <summary>The architecture family as Hugging Face names it, such as "bert".</summary>
    public abstract string ModelType { get; }

    /// <summary>The classes that can load the model, such as "BertForSequenceClassification"; may be empty.</summary>
    public IReadOnlyList<string> Architectures { get; init; } = [];

    /// <summary>Path of the file, or the name of the class where there is none; for messages.</summary>
    public string Source { get; private protected init; } = "";

    /// <summary>Reads and validates the <c>config.json</c> of a model directory.</summary>
    /// <param name="directory">The model directory.</param>
    /// <exception cref="InvalidDataException">The file is damaged, or describes something that is not supported; names the file and the key.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static ModelConfig FromDirectory(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        string path = Path.Combine(directory, FileName);
        return File.Exists(path) ? FromFile(path) : throw new FileNotFoundException($"'{directory}' holds no {FileName}.", path);
    }

    /// <summary>Reads and validates a configuration file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <inheritdoc cref="FromDirectory" path="/exception"/>
    public static ModelConfig FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using JsonFile json = JsonFile.Open(path, MaxBytes);
        return Read(json);
    }

    /// <summary>Reads and validates a configuration that came by other ways than a file, such as what <see cref="ToJson"/> wrote at the model's owner.</summary>
    /// <param name="utf8Json">The configuration, at most 16 MB.</param>
    /// <param name="source">Where it came from, for messages.</param>
    /// <exception cref="InvalidDataException">The text is damaged or too long, or describes something that is not supported; names the source and the key.</exception>
    public static ModelConfig Parse(ReadOnlySpan<byte> utf8Json, string source)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        if (utf8Json.Length > MaxBytes)
        {
            throw new InvalidDataException($"{source}: the configuration has {utf8Json.Length} bytes; the limit is {MaxBytes}.");
        }

        using JsonFile json = JsonFile.Parse(utf8Json.ToArray(), source);
        return Read(json);
    }

    /// <summary>The configuration as UTF-8 JSON with the keys that matter to the computation alone, as <see cref="Parse"/> reads it. Equal configurations give equal bytes.</summary>
    public byte[] ToJson()
    {
        using var stream = new MemoryStream();
        using (var writer = new Utf8JsonWriter(stream))
        {
            writer.WriteStartObject();
            writer.WriteString("model_type", ModelType);
            writer.WriteStartArray("architectures");
            foreach (string architecture in Architectures)
            {
                writer.WriteStringValue(architecture);
            }

            writer.WriteEndArray();
            Write(writer);
            writer.WriteEndObject();
        }

        return stream.ToArray();
    }

    /// <summary>Checks each value and how they fit together.</summary>
    /// <exception cref="InvalidDataException">A value is out of bounds or contradicts another; names the source and the key.</exception>
    public abstract void Validate();

    /// <summary>Writes the keys of the architecture.</summary>
    private protected abstract void Write(Utf8JsonWriter writer);

    private static ModelConfig Read(JsonFile json)
    {
        string type = json.Root.RequiredString("model_type");
        ModelConfig config = type switch
        {
            "bert" => BertConfig.Read(json.Root),
            "gpt2" => Gpt2Config.Read(json.Root),
            "llama" => LlamaConfig.Read(json.Root),
            _ => throw json.Root.Error("model_type", $"is '{Text.Printable(type)}'; supported are {Supported}"),
        };
        config.Validate();
        return config;
    }

    private protected void Require(bool holds, string key, string problem)
    {
        if (!holds)
        {
            throw new InvalidDataException($"{Source}: '{key}' {problem}.");
        }
    }

    private protected void RequireCount(int value, string key, int max) =>
        Require(value >= 1 && value <= max, key, $"must be a whole number from 1 to {max}, and is {value}");
}
