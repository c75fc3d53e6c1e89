namespace SecureTransformer.Protocols;

/// <summary>Is told how large the values of each operation are; see <see cref="SessionOptions.Ranges"/>.</summary>
public interface IRangeObserver
{
    /// <summary>Is called once for each operation, in the order in which they run, by the flow of the session.</summary>
    void Observe(OperationRange range);
}
