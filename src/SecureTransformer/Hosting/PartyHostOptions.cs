using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>What a party host may use.</summary>
public sealed class PartyHostOptions
{
    /// <summary>
    /// The largest number of requests and steps of conversations computed at once; a request beyond it is refused, a step of a conversation waits its turn. The default is 4.
    /// </summary>
    public int MaxConcurrentRequests { get; init; } = 4;

    /// <summary>The largest number of conversations open at once, computed on or not; a client beyond it is refused. The default is 16.</summary>
    public int MaxConversations { get; init; } = 16;

    /// <summary>The largest number of conversations that one client, known by its key, has open at once. The default is 4.</summary>
    public int MaxConversationsPerClient { get; init; } = 4;

    /// <summary>The largest number of texts that a conversation continues side by side. The default is 64.</summary>
    public int MaxSequences { get; init; } = 64;

    /// <summary>The most memory that one conversation's computation may take, in bytes, as reckoned from its public sizes. The default is a quarter of what the system gives this process.</summary>
    public long MaxRequestBytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;

    /// <summary>Whether a client may only have tokens chosen by the parties, and never sees logits. The default is no.</summary>
    public bool RequirePrivateSampling { get; init; }

    /// <summary>How long memory of requests is kept for the next one once nothing is computed; 10 seconds.</summary>
    public TimeSpan IdleMemoryTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Who may hand over a model, as the network names its clients (over TLS the fingerprints of their keys); null for every client.</summary>
    public IReadOnlyCollection<string>? Owners { get; init; }

    /// <summary>Who is served, named likewise; null for everyone who can connect.</summary>
    public IReadOnlyCollection<string>? Clients { get; init; }

    /// <summary>
    /// How many parties may collude, for protocols where one chooses it: this party refuses a model whose owner says otherwise. Null, the default: what the owner says.
    /// </summary>
    public int? Threshold { get; init; }

    /// <summary>How long a request waits for its turn or for the other parties' sessions; 30 s.</summary>
    public TimeSpan AdmissionTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The largest number of tokens of a request, or of all sequences of a conversation together. The default is 4,096.</summary>
    public int MaxTokens { get; init; } = 4096;

    /// <summary>How long a conversation keeps its cache while the client says nothing, between turns or between the tokens that it directs; 10 minutes.</summary>
    public TimeSpan ConversationTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The most memory that a model's shares may take, in bytes. The default is what the system gives this process.</summary>
    public long MaxModelBytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>
    /// A folder where the party keeps its shares of a decoder in a file, encrypted under a key that it never writes down, and reads them block by block as it computes;
    /// one request at a time. The file goes when the host is disposed; what an earlier party left there is removed. Null, the default: shares stay in memory.
    /// </summary>
    public string? ShareDirectory { get; init; }

    /// <summary>
    /// The most runs of stored material that one client, known by its key, is served while this party runs: a request uses up a run once it is admitted, however it ends.
    /// Null, the default: as many as there are.
    /// </summary>
    public int? MaxRunsPerClient { get; init; }

    /// <summary>
    /// This party's part of material that a dealer made ahead of time (<see cref="Preprocessing"/>), for a protocol with a dealer. The party then serves what the material is
    /// for, each request with a run of its own, on a network without a dealer. Null, the default: a dealer on the network.
    /// </summary>
    public string? MaterialDirectory { get; init; }

    /// <summary>
    /// A folder where the party writes a profile of each request once it is over: seconds, bytes and rounds by layer and operation, as a trace that ui.perfetto.dev opens and
    /// <see cref="SecureTransformer.Protocols.SessionProfile.LoadTrace"/> reads; names and public sizes only. Names of files begin with the time and end with the session's
    /// number, which the parties have in common. Nothing removes them. Null, the default: none.
    /// </summary>
    public string? ProfileDirectory { get; init; }

    /// <summary>The largest number of threads that one request's kernels use. The default is the number of processors.</summary>
    public int MaxDegreeOfParallelism { get; init; } = Environment.ProcessorCount;

    /// <summary>How this party misbehaves towards the other parties and clients, in tests and examples. Null, the default: not at all.</summary>
    public ChannelFaults? Faults { get; init; }

    /// <summary>Where connection events and errors go: names and addresses, never values.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>The same with the owners and clients of a network.</summary>
    internal PartyHostOptions For(NetworkDescription network, TransportOptions? transport) => new()
    {
        MaxConcurrentRequests = MaxConcurrentRequests,
        MaxTokens = MaxTokens,
        ConversationTimeout = ConversationTimeout,
        MaxConversations = MaxConversations,
        MaxConversationsPerClient = MaxConversationsPerClient,
        MaxSequences = MaxSequences,
        MaxRequestBytes = MaxRequestBytes,
        RequirePrivateSampling = RequirePrivateSampling,
        IdleMemoryTimeout = IdleMemoryTimeout,
        MaxModelBytes = MaxModelBytes,
        ShareDirectory = ShareDirectory,
        MaterialDirectory = MaterialDirectory,
        MaxRunsPerClient = MaxRunsPerClient,
        ProfileDirectory = ProfileDirectory,
        MaxDegreeOfParallelism = MaxDegreeOfParallelism,
        AdmissionTimeout = transport?.ConnectTimeout ?? AdmissionTimeout,
        Faults = Faults,
        Threshold = Threshold ?? network.Threshold,
        Logger = Logger,
        Owners = network.Owners ?? [],
        Clients = network.Clients,
    };

    /// <summary>How many requests are computed at once: streamed weights serve one.</summary>
    internal int Places => ShareDirectory is null ? MaxConcurrentRequests : 1;

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A property is out of its range; the exception names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConcurrentRequests, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(AdmissionTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxTokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ConversationTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConversations, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConversationsPerClient, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSequences, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRequestBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(IdleMemoryTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxModelBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDegreeOfParallelism, 1);
        if (ShareDirectory is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(ShareDirectory);
        }

        ArgumentOutOfRangeException.ThrowIfLessThan(MaxRunsPerClient ?? 1, 1, nameof(MaxRunsPerClient));
        if (MaterialDirectory is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(MaterialDirectory);
        }

        Faults?.Validate();
        ArgumentOutOfRangeException.ThrowIfNegative(Threshold ?? 0, nameof(Threshold));
        if (ProfileDirectory is not null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(ProfileDirectory);
        }
    }
}
