namespace SecureTransformer.Models;

/// <summary>What <c>config.json</c> says of a model. Each architecture has a subclass of its own.</summary>
public abstract class ModelConfig
{
    private const string FileName = "config.json";
    private const long MaxBytes = 16_000_000;
    private const string Supported = "bert";

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
        string type = json.Root.RequiredString("model_type");
        ModelConfig config = type switch
        {
            "bert" => BertConfig.Read(json.Root),
            _ => throw json.Root.Error("model_type", $"is '{Text.Printable(type)}'; supported are {Supported}"),
        };
        config.Validate();
        return config;
    }

    /// <summary>Checks each value and how they fit together.</summary>
    /// <exception cref="InvalidDataException">A value is out of bounds or contradicts another; names the source and the key.</exception>
    public abstract void Validate();

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
