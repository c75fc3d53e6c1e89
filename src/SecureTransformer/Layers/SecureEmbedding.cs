using SecureTransformer.Protocols;

namespace SecureTransformer.Layers;

/// <summary>Rows of a secret table, chosen by secret one-hot rows: nobody learns which.</summary>
public sealed class SecureEmbedding : IDisposable
{
    private readonly SecretMatrix _table;

    /// <summary>Takes over the table, which it disposes with itself.</summary>
    /// <param name="table">The table, [V, H].</param>
    public SecureEmbedding(SecretMatrix table)
    {
        ArgumentNullException.ThrowIfNull(table);
        _table = table;
    }

    /// <summary>The number of rows of the table, V.</summary>
    public int Rows => _table.Rows;

    /// <summary>[T, V] to [T, H]. A row with several ones gives the sum of their rows.</summary>
    /// <param name="session">The session.</param>
    /// <param name="oneHot">Rows of zeros and ones without fractional bits, so that the product is exact and nothing is truncated.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>Costs one product for each element of the result.</remarks>
    /// <exception cref="ArgumentException">The one-hot rows have another length than V, or fractional bits.</exception>
    public ValueTask<SecretTensor> ForwardAsync(MpcSession session, SecretTensor oneHot, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(oneHot);
        return oneHot.FractionalBits == 0
            ? session.MatMulAsync(oneHot, _table, _table.FractionalBits, cancellationToken)
            : throw new ArgumentException($"One-hot rows have no fractional bits; these are {oneHot}.", nameof(oneHot));
    }

    /// <summary>Zeroes and frees the table.</summary>
    public void Dispose() => _table.Dispose();
}
