using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace SecureTransformer.Hosting;

/// <summary>What a dealer host may use.</summary>
public sealed class DealerHostOptions
{
    /// <summary>
    /// The largest number of sessions dealt to at once: requests, conversations while they are open, and models while they are loaded. One beyond it waits until one ends,
    /// as long as its parties wait. The default is 32.
    /// </summary>
    public int MaxSessions { get; init; } = 32;

    /// <summary>
    /// The most memory that all sessions together keep for masks of weights, in bytes; beyond it masks are made again for each product. The default is a quarter of what the
    /// system gives this process.
    /// </summary>
    public long MaxMaskBytes { get; init; } = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 4;

    /// <summary>The largest number of threads that one session's kernels use. The default is the number of processors.</summary>
    public int MaxDegreeOfParallelism { get; init; } = Environment.ProcessorCount;

    /// <summary>Where the beginning and end of sessions go: names and addresses, never values.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A property is out of its range; the exception names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxSessions, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(MaxMaskBytes);
        ArgumentOutOfRangeException.ThrowIfLessThan(MaxDegreeOfParallelism, 1);
        ArgumentNullException.ThrowIfNull(Logger);
    }
}
