using SecureTransformer.Protocols.Estimates;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>What an <see cref="EstimatingSession"/> counted, operation by operation, to be played through on a network and machines.</summary>
public sealed class EstimatedRun
{
    private readonly EstimatedOperation[] _operations;
    private readonly int _parties;

    internal EstimatedRun(int parties, EstimatedOperation[] operations, long tensorBytes, long matrixBytes)
    {
        _parties = parties;
        _operations = operations;
        TensorBytes = tensorBytes;
        MatrixBytes = matrixBytes;
    }

    /// <summary>The number of operations.</summary>
    public int OperationCount => _operations.Length;

    /// <summary>The most memory at a party for tensors, and the pool that they come from, at once.</summary>
    public long TensorBytes { get; }

    /// <summary>The memory at a party for matrices arranged for many products.</summary>
    public long MatrixBytes { get; }

    /// <summary>The parts of some of the operations, after those before them: a part for each scope, in the order in which scopes first occur.</summary>
    /// <param name="first">The first operation.</param>
    /// <param name="end">The operation after the last.</param>
    /// <param name="network">Delay and bandwidth; null for neither.</param>
    /// <param name="rates">What computing takes; null for nothing.</param>
    public IReadOnlyList<PartEstimate> Parts(int first, int end, NetworkConditions? network = null, MachineRates? rates = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(first);
        ArgumentOutOfRangeException.ThrowIfLessThan(end, first);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(end, _operations.Length);
        RunTimeline[] timelines = [new(_parties, network, rates), new(_parties, network), new(_parties, null, rates)];
        var parts = new Dictionary<string, Sum>();
        var order = new List<string>();
        for (int i = 0; i < end; i++)
        {
            EstimatedOperation operation = _operations[i];
            (int rounds, double[] before) = (timelines[0].Rounds, [.. timelines.Select(t => t.Seconds)]);
            if (!operation.Messages.IsOffline || network is not null || rates is not null)
            {
                Array.ForEach(timelines, timeline => timeline.Run(operation));
            }

            if (i < first)
            {
                continue;
            }

            if (!parts.TryGetValue(operation.Scope, out Sum? sum))
            {
                parts.Add(operation.Scope, sum = new Sum());
                order.Add(operation.Scope);
            }

            long bytes = operation.Messages.IsOffline ? 0 : operation.Messages.Bytes;
            sum.Cost += new OperationCost(timelines[0].Rounds - rounds, bytes, operation.Cost.OfflineBytes);
            for (int t = 0; t < timelines.Length; t++)
            {
                sum.Seconds[t] += timelines[t].Seconds - before[t];
            }
        }

        return [.. order.Select(scope => new PartEstimate(scope, parts[scope].Cost, parts[scope].Seconds[2], parts[scope].Seconds[1], parts[scope].Seconds[0]))];
    }

    /// <summary>Seconds of machines from an operation on, on a network that takes no time.</summary>
    internal double Seconds(int first, MachineRates rates)
    {
        var timeline = new RunTimeline(_parties, null, rates);
        foreach (EstimatedOperation operation in _operations.AsSpan(first))
        {
            timeline.Run(operation);
        }

        return timeline.Seconds;
    }

    private sealed class Sum
    {
        public OperationCost Cost { get; set; }

        public double[] Seconds { get; } = new double[3];
    }
}
