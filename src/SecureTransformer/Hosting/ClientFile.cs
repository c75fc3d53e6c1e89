using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SecureTransformer.Models;
using SecureTransformer.Nonlinear;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>What a client needs to reach parties elsewhere, in one JSON file. Relative paths are relative to the file.</summary>
public sealed class ClientFile
{
    /// <summary>The network file: parties, addresses, key fingerprints.</summary>
    public required string Network { get; init; }

    /// <summary>The client's key file, as <c>secure-transformer keys</c> makes it.</summary>
    public required string Identity { get; init; }

    /// <summary>A directory with the model's public files: config.json and, for texts, the tokenizer's. Weights are not needed.</summary>
    public required string Model { get; init; }

    // Properties with defaults have setters: the generated reader would null those with initialisers that the file leaves out.

    /// <summary>The protocol's name.</summary>
    public string Protocol { get; set; } = "replicated";

    /// <summary>The number of parties; null for all of the network file's.</summary>
    public int? Parties { get; set; }

    /// <summary>How many parties may collude, where the protocol lets one choose it; null for what the network file says, or else the largest number that the protocol allows.</summary>
    public int? Threshold { get; set; }

    /// <summary>The fractional bits of values.</summary>
    public int FractionalBits { get; set; } = 18;

    /// <summary>The tokens that shorter texts are padded to, where the parties have stored material for so many; null for none.</summary>
    public int? PadTo { get; set; }

    /// <summary>The functions that the model's owner had the parties compute with: exact, puma, mpcformer or a file; null for exact. See <see cref="NonlinearFunctions.Load"/>.</summary>
    public string? Nonlinear { get; set; }

    /// <summary>Reads a client file.</summary>
    /// <exception cref="InvalidDataException">The file is not of the expected form; the message names it.</exception>
    public static ClientFile Load(string path)
    {
        string full = Path.GetFullPath(path);
        string folder = Path.GetDirectoryName(full)!;
        if (new FileInfo(full).Length > 1 << 20)
        {
            throw new InvalidDataException($"{path} is too large for a client file.");
        }

        try
        {
            ClientFile file = JsonSerializer.Deserialize(File.ReadAllBytes(full), ClientFileJson.Default.ClientFile)
                ?? throw new InvalidDataException($"{path} is empty.");
            return new ClientFile
            {
                Network = Path.Combine(folder, file.Network),
                Identity = Path.Combine(folder, file.Identity),
                Model = Path.Combine(folder, file.Model),
                Protocol = file.Protocol,
                Parties = file.Parties,
                Threshold = file.Threshold,
                FractionalBits = file.FractionalBits,
                PadTo = file.PadTo,
                Nonlinear = file.Nonlinear is null || NonlinearFunctions.Presets.Contains(file.Nonlinear) ? file.Nonlinear : Path.Combine(folder, file.Nonlinear),
            };
        }
        catch (JsonException error)
        {
            throw new InvalidDataException($"{path}: {error.Message}");
        }
    }

    /// <summary>Makes the client that the file describes.</summary>
    public InferenceClient CreateClient(TransportOptions? transport = null)
    {
        var network = NetworkDescription.Load(Network);
        var config = ModelConfig.FromDirectory(Model);
        Tokenizer? tokenizer = LocalCluster.TokenizerOf(Model);
        var identity = PartyIdentity.Load(Identity);
        return new InferenceClient(TcpNetwork.CreateClient(network, identity, transport), config, tokenizer, OptionsWith(Threshold ?? network.ThresholdFor(ProtocolNames.Parse(Protocol)), transport?.Logger), identity);
    }

    /// <summary>Protocol, parties, precision and functions.</summary>
    /// <exception cref="IOException">The file of functions is missing or cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file of functions is not of the expected form.</exception>
    [JsonIgnore]
    public InferenceOptions Options => OptionsWith(Threshold, null);

    private InferenceOptions OptionsWith(int? threshold, ILogger? logger) => new()
    {
        Protocol = ProtocolNames.Parse(Protocol),
        Parties = Parties,
        Threshold = threshold,
        Logger = logger ?? NullLogger.Instance,
        FractionalBits = FractionalBits,
        PadTo = PadTo,
        Nonlinear = Nonlinear is null ? NonlinearFunctions.Exact : NonlinearFunctions.Load(Nonlinear),
    };
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, MaxDepth = 4, RespectNullableAnnotations = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(ClientFile))]
internal sealed partial class ClientFileJson : JsonSerializerContext;
