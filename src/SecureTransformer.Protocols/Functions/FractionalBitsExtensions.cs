namespace SecureTransformer.Protocols;

/// <summary>Bringing a tensor to another number of fractional bits.</summary>
public static class FractionalBitsExtensions
{
    /// <summary>The same values with another number of fractional bits: more are appended as zeros locally, fewer cost a truncation.</summary>
    /// <param name="session">The session.</param>
    /// <param name="x">The tensor; returned itself when it has the wanted number already.</param>
    /// <param name="fractionalBits">The wanted number of fractional bits.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    public static ValueTask<SecretTensor> WithFractionalBitsAsync(
        this MpcSession session, SecretTensor x, int fractionalBits, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        int missing = fractionalBits - x.FractionalBits;
        return missing switch
        {
            0 => ValueTask.FromResult(x),
            > 0 => ValueTask.FromResult(session.MultiplyPublic(x, 1, missing)),
            _ => session.TruncateAsync(x, fractionalBits, cancellationToken),
        };
    }
}
