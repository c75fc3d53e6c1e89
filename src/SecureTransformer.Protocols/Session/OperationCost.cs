namespace SecureTransformer.Protocols;

/// <summary>What an operation costs: rounds, and payload bytes sent by all parties together. Costs of operations one after another are added.</summary>
/// <param name="rounds">The longest chain of messages that depend on one another, from a common start.</param>
/// <param name="bytes">Payload bytes over all parties, without what a dealer sends and is sent.</param>
/// <param name="offlineBytes">Payload bytes between the parties and a dealer, which do not depend on the input.</param>
public readonly struct OperationCost(int rounds, long bytes, long offlineBytes = 0) : IEquatable<OperationCost>
{
    /// <summary>The longest chain of messages that depend on one another, from a common start.</summary>
    public int Rounds { get; } = rounds;

    /// <summary>Payload bytes sent by all parties together.</summary>
    public long Bytes { get; } = bytes;

    /// <summary>Payload bytes between the parties and a dealer, which do not depend on the input.</summary>
    public long OfflineBytes { get; } = offlineBytes;

    /// <summary>One operation after another.</summary>
    public static OperationCost Add(OperationCost left, OperationCost right) => left + right;

    /// <summary>An operation several times in sequence.</summary>
    public static OperationCost Multiply(OperationCost cost, int times) => cost * times;

    /// <summary>One operation after another.</summary>
    public static OperationCost operator +(OperationCost left, OperationCost right) =>
        new(checked(left.Rounds + right.Rounds), checked(left.Bytes + right.Bytes), checked(left.OfflineBytes + right.OfflineBytes));

    /// <summary>An operation several times in sequence.</summary>
    public static OperationCost operator *(OperationCost cost, int times) =>
        new(checked(cost.Rounds * times), checked(cost.Bytes * times), checked(cost.OfflineBytes * times));

    /// <summary>Whether two costs are the same.</summary>
    public static bool operator ==(OperationCost left, OperationCost right) => left.Equals(right);

    /// <summary>Whether two costs differ.</summary>
    public static bool operator !=(OperationCost left, OperationCost right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(OperationCost other) => Rounds == other.Rounds && Bytes == other.Bytes && OfflineBytes == other.OfflineBytes;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is OperationCost other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Rounds, Bytes, OfflineBytes);

    /// <inheritdoc/>
    public override string ToString() =>
        string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Rounds} rounds, {Bytes} bytes{(OfflineBytes == 0 ? "" : $", {OfflineBytes} offline")}");
}
