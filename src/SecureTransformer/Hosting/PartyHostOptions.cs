using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>What a party host may use.</summary>
public sealed class PartyHostOptions
{
    /// <summary>The largest number of requests computed at once; a client beyond it is refused. The default is 4.</summary>
    public int MaxConcurrentRequests { get; init; } = 4;

    /// <summary>Who may hand over a model, as the network names its clients (over TLS the fingerprints of their keys); null for every client.</summary>
    public IReadOnlyCollection<string>? Owners { get; init; }

    /// <summary>Who is served, named likewise; null for everyone who can connect.</summary>
    public IReadOnlyCollection<string>? Clients { get; init; }

    /// <summary>How long a request waits for its turn or for the other parties' sessions; 30 s.</summary>
    public TimeSpan AdmissionTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>The largest number of tokens of a request, or of all sequences of a conversation together. The default is 4,096.</summary>
    public int MaxTokens { get; init; } = 4096;

    /// <summary>How long a conversation keeps its place and its cache while the client says nothing; 10 minutes.</summary>
    public TimeSpan ConversationTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>The most memory that a model's shares may take, in bytes. The default is what the system gives this process.</summary>
    public long MaxModelBytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes;

    /// <summary>The largest number of threads that one request's kernels use. The default is the number of processors.</summary>
    public int MaxDegreeOfParallelism { get; init; } = Environment.ProcessorCount;

    /// <summary>Where connection events and errors go: names and addresses, never values.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>The same with the owners and clients of a network.</summary>
    internal PartyHostOptions For(NetworkDescription network, TransportOptions? transport) => new()
    {
        MaxConcurrentRequests = MaxConcurrentRequests,
        MaxTokens = MaxTokens,
        ConversationTimeout = ConversationTimeout,
        MaxModelBytes = MaxModelBytes,
        MaxDegreeOfParallelism = MaxDegreeOfParallelism,
        AdmissionTimeout = transport?.ConnectTimeout ?? AdmissionTimeout,
        Logger = Logger,
        Owners = network.Owners ?? [],
        Clients = network.Clients,
    };

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A property is out of its range; the exception names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConcurrentRequests, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(AdmissionTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxTokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(ConversationTimeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxModelBytes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDegreeOfParallelism, 1);
    }
}
