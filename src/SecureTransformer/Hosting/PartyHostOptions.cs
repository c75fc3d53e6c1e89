using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SecureTransformer.Hosting;

/// <summary>What a party host may use.</summary>
public sealed class PartyHostOptions
{
    /// <summary>The largest number of requests computed at once; a client beyond it is refused. The default is 4.</summary>
    public int MaxConcurrentRequests { get; init; } = 4;

    /// <summary>The largest number of tokens of a request. The default is 4,096.</summary>
    public int MaxTokens { get; init; } = 4096;

    /// <summary>The largest number of threads that one request's kernels use. The default is the number of processors.</summary>
    public int MaxDegreeOfParallelism { get; init; } = Environment.ProcessorCount;

    /// <summary>Where connection events and errors go: names and addresses, never values.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A property is out of its range; the exception names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxConcurrentRequests, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxTokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDegreeOfParallelism, 1);
    }
}
