using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>How the parties of a local cluster talk.</summary>
public enum ClusterTransport
{
    /// <summary>All parties in this process. For tries and tests: there is no privacy within a process.</summary>
    Memory,

    /// <summary>Each party a process of its own, over TLS on the loopback interface.</summary>
    Tcp,
}

/// <summary>How a local cluster is set up.</summary>
public sealed class LocalClusterOptions
{
    /// <summary>The protocol. The default is replicated sharing between three parties.</summary>
    public MpcProtocol Protocol { get; init; } = MpcProtocol.Replicated3;

    /// <summary>The number of parties, where the protocol does not fix it; the protocol's smallest by default.</summary>
    public int? Parties { get; init; }

    /// <summary>
    /// How many parties may collude, where the protocol lets one choose it. Null, the default: the largest number that the protocol allows; see
    /// <see cref="MpcProtocols.ThresholdOf"/>.
    /// </summary>
    public int? Threshold { get; init; }

    /// <summary>The fractional bits of values, from 8 to 24. The default is 18.</summary>
    public int FractionalBits { get; init; } = 18;

    /// <summary>The functions that the model is computed with. By default those that its configuration says.</summary>
    public NonlinearFunctions Nonlinear { get; init; } = NonlinearFunctions.Exact;

    /// <summary>How the parties talk. The default is memory.</summary>
    public ClusterTransport Transport { get; init; } = ClusterTransport.Memory;

    /// <summary>Time-outs, bounds and emulated network conditions of the client, and of parties in memory; processes take the conditions and the time-outs for connecting and receiving.</summary>
    public TransportOptions TransportOptions { get; init; } = new();

    /// <summary>The largest number of requests computed at once; one beyond it is refused. The default is 4.</summary>
    public int MaxConcurrentRequests { get; init; } = 4;

    /// <summary>
    /// A folder where each party keeps its shares of a decoder in a file, in a folder of its own there, and reads them as it computes; see
    /// <see cref="PartyHostOptions.ShareDirectory"/>. The files go when the cluster is disposed. Null, the default: shares stay in memory.
    /// </summary>
    public string? ShareDirectory { get; init; }

    /// <summary>
    /// The folder of material that a dealer made ahead of time, with a folder for each party, as <see cref="Preprocessing"/> writes it; see
    /// <see cref="PartyHostOptions.MaterialDirectory"/>. The cluster then has no dealer, and its clients pad texts to the tokens that the material is for. Null, the default: a
    /// dealer, where the protocol has one.
    /// </summary>
    public string? MaterialDirectory { get; init; }

    /// <summary>
    /// A folder where each party writes a profile of each request, in a folder of its own there, "party-0" and so on; see <see cref="PartyHostOptions.ProfileDirectory"/>. A
    /// profile is there soon after the answer, at the latest when the cluster is disposed. Null, the default: none.
    /// </summary>
    public string? ProfileDirectory { get; init; }

    /// <summary>
    /// How some parties misbehave, by party, in tests and examples; for parties in memory. The first session of a party, number 0, is that in which it takes its shares of the
    /// model. Empty by default.
    /// </summary>
    public IReadOnlyDictionary<int, ChannelFaults> Faults { get; init; } = new Dictionary<int, ChannelFaults>();

    /// <summary>Where the parties' messages go, each with the party's name.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>The folder of one party's share file.</summary>
    internal string? ShareDirectoryOf(int party) => FolderOf(ShareDirectory, party);

    /// <summary>The folder of one party's profiles.</summary>
    internal string? ProfileDirectoryOf(int party) => FolderOf(ProfileDirectory, party);

    /// <summary>The folder of one party's material.</summary>
    internal string? MaterialDirectoryOf(int party) => MaterialDirectory is null ? null : MaterialStore.PathOf(Path.GetFullPath(MaterialDirectory), party);

    private static string? FolderOf(string? folder, int party) =>
        folder is null ? null : Path.Combine(Path.GetFullPath(folder), string.Create(CultureInfo.InvariantCulture, $"party-{party}"));

    /// <summary>Whether the cluster runs a dealer.</summary>
    internal bool HasDealer => MpcProtocols.HasDealer(Protocol) && MaterialDirectory is null;

    /// <summary>The number of parties, without a dealer.</summary>
    internal int PartyCount => MpcProtocols.PartyCountOf(Protocol, Parties);

    /// <exception cref="InvalidDataException">The material's description is missing or damaged.</exception>
    internal InferenceOptions Inference => new()
    {
        Protocol = Protocol,
        Parties = PartyCount,
        Threshold = Threshold,
        FractionalBits = FractionalBits,
        Nonlinear = Nonlinear,
        Logger = Logger,
        PadTo = MaterialDirectoryOf(0) is { } material && PreprocessedProgram.Parse(MaterialStore.Describe(material).Program) is { NewTokens: 0 } program ? program.Length : null,
    };

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentException">A property is out of its range; the exception names it.</exception>
    public void Validate()
    {
        Inference.Validate();
        TransportOptions.Validate();
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConcurrentRequests, 1);
        if (ShareDirectory is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(ShareDirectory);
            if (MaterialDirectory is not null)
            {
                throw new ArgumentException("Stored material is for weights in memory; weights are streamed with a dealer.", nameof(ShareDirectory));
            }
        }

        if (MaterialDirectory is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(MaterialDirectory);
            int dealt = MaterialStore.Describe(MaterialDirectoryOf(0)!).PartyCount;
            if (!MpcProtocols.HasDealer(Protocol) || dealt != PartyCount)
            {
                throw new ArgumentException($"The material is for additive sharing between {dealt} parties, not for {ProtocolNames.NameOf(Protocol)} sharing between {PartyCount}.", nameof(MaterialDirectory));
            }
        }

        if (ProfileDirectory is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(ProfileDirectory);
        }

        if (!Enum.IsDefined(Transport))
        {
            throw new ArgumentOutOfRangeException(nameof(Transport), Transport, "Not a transport.");
        }

        ArgumentNullException.ThrowIfNull(Faults);
        foreach ((int party, ChannelFaults faults) in Faults)
        {
            if ((uint)party >= (uint)PartyCount || Transport != ClusterTransport.Memory)
            {
                throw new ArgumentException($"Party {party} cannot have faults: there are {PartyCount} parties, and those that are processes are honest.", nameof(Faults));
            }

            faults.Validate();
        }
    }
}
