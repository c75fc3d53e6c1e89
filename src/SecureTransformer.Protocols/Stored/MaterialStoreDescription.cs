using System.Text.Json;
using System.Text.Json.Serialization;

namespace SecureTransformer.Protocols;

/// <summary>What a store of material is for: the public file store.json in it.</summary>
public sealed class MaterialStoreDescription
{
    private const int MaxFileLength = 1 << 20;

    /// <summary>The format of the store; 1.</summary>
    [JsonRequired]
    public int Version { get; init; } = 1;

    /// <summary>A random name that the parts of all parties have in common: 32 hexadecimal digits.</summary>
    public required string Identity { get; init; }

    /// <summary>Whose part this is, from 0.</summary>
    public required int Party { get; init; }

    /// <summary>The number of parties.</summary>
    public required int PartyCount { get; init; }

    /// <summary>Of Shamir's sharing, whose parties make their material themselves: how many of them may collude. Null for additive sharing, whose dealer makes it.</summary>
    public int? Threshold { get; init; }

    /// <summary>The protocol that uses the material.</summary>
    [JsonIgnore]
    public MpcProtocol Protocol => HasDealer ? MpcProtocol.Additive : MpcProtocol.Shamir;

    internal bool HasDealer => Threshold is null;

    /// <summary>What to do when all runs are used.</summary>
    internal string HowToGoOn => HasDealer
        ? "Have the dealer make more with 'secure-transformer preprocess', or run with a dealer."
        : "Have the parties make more, or run without: they then make what they need as they go.";

    /// <summary>The fractional bits of values.</summary>
    public required int FractionalBits { get; init; }

    /// <summary>What the runs compute, in words that the parties compare: for example a model's digest and a length.</summary>
    public required string Program { get; init; }

    /// <summary>The number of runs that were written.</summary>
    public required int Count { get; init; }

    /// <exception cref="InvalidDataException">The file is missing or not as expected.</exception>
    internal static MaterialStoreDescription Load(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (file.Length > MaxFileLength)
            {
                throw new InvalidDataException($"{path}: a description of material has at most {MaxFileLength} bytes.");
            }

            MaterialStoreDescription description = JsonSerializer.Deserialize(File.ReadAllBytes(path), MaterialStoreJson.Default.MaterialStoreDescription)
                ?? throw new InvalidDataException($"{path}: the file is empty.");
            return description.IsValid ? description : throw new InvalidDataException($"{path}: the description is not as expected.");
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidDataException($"{path}: the file is missing; give the folder of one party's material, as 'preprocess' wrote it.", error);
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path}: the description is not as expected: {error.Message}", error);
        }
    }

    internal void Save(string path)
    {
        using FileStream stream = Stored.PrivateFile.Create(path);
        JsonSerializer.Serialize(stream, this, MaterialStoreJson.Default.MaterialStoreDescription);
        stream.Flush(flushToDisk: true);
    }

    private bool IsValid => Version == 1
        && Identity is { Length: 32 } && Identity.All(char.IsAsciiHexDigitLower)
        && MpcProtocols.PartyRangeOf(Protocol) is var (least, most) && PartyCount >= least && PartyCount <= most
        && (Threshold is not { } threshold || (threshold >= 1 && 2 * threshold < PartyCount))
        && Party >= 0 && Party < PartyCount
        && FractionalBits is >= 8 and <= 24
        && Program is { Length: <= 1024 }
        && Count is >= 1 and < 1_000_000;
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(MaterialStoreDescription))]
internal sealed partial class MaterialStoreJson : JsonSerializerContext;
