using SecureTransformer.Protocols;

namespace SecureTransformer.Layers;

/// <summary>Rows of a secret table, chosen by secret one-hot rows: nobody learns which. As the tied head of a language model, the scores of all rows.</summary>
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
            ? session.MatMulAsync(oneHot, _table, fractionalBits: _table.FractionalBits, cancellationToken: cancellationToken)
            : throw new ArgumentException($"One-hot rows have no fractional bits; these are {oneHot}.", nameof(oneHot));
    }

    /// <summary>[..., H] to [..., V]: the inner products with all rows of the table, which is the head of a language model whose weights are tied.</summary>
    /// <param name="session">The session.</param>
    /// <param name="x">The rows to be scored.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>Costs one product and one truncation for each element of the result. The table stands in memory once for this and the embedding.</remarks>
    /// <exception cref="ArgumentException">The last extent of <paramref name="x"/> is not H.</exception>
    public ValueTask<SecretTensor> LogitsAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        return session.MatMulAsync(x, _table, transposeRight: true, _table.FractionalBits, cancellationToken);
    }

    /// <summary>Zeroes and frees the table.</summary>
    public void Dispose() => _table.Dispose();
}
