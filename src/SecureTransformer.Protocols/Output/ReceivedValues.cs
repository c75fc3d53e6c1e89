namespace SecureTransformer.Protocols;

/// <summary>What somebody who is no party put together from the parties' shares, and the parties that they did it without.</summary>
public sealed class ReceivedValues
{
    internal ReceivedValues(double[] values, IReadOnlyList<PartyFault> faults, IReadOnlyList<Task> receiving)
    {
        Values = values;
        Faults = faults;
        Receiving = receiving;
    }

    /// <summary>The values.</summary>
    public double[] Values { get; }

    /// <summary>The parties that were wrong, silent or lost, in order; empty where all shares came and agree, and always where a protocol needs all of them.</summary>
    public IReadOnlyList<PartyFault> Faults { get; }

    /// <summary>
    /// The receipt of each party's share, which for a party named as silent goes on: only once its task has ended, however, may something else be received from it. The tasks
    /// end with the channels at the latest.
    /// </summary>
    public IReadOnlyList<Task> Receiving { get; }

    /// <summary>The number of values, never the values.</summary>
    public override string ToString() => $"{Values.Length} values";
}
