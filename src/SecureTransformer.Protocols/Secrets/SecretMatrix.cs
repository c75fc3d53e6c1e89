namespace SecureTransformer.Protocols;

/// <summary>A secret right-hand matrix [K, N], arranged once for many products, such as the weights of a linear layer.</summary>
public sealed class SecretMatrix : IDisposable
{
    private IDisposable? _payload;

    internal SecretMatrix(MpcSession session, int rows, int columns, int fractionalBits, IDisposable payload)
    {
        Session = session;
        Rows = rows;
        Columns = columns;
        FractionalBits = fractionalBits;
        _payload = payload;
    }

    /// <summary>The number of rows, K.</summary>
    public int Rows { get; }

    /// <summary>The number of columns, N.</summary>
    public int Columns { get; }

    /// <summary>The number of fractional bits of the encoding.</summary>
    public int FractionalBits { get; }

    /// <summary>The session whose shares these are.</summary>
    public MpcSession Session { get; }

    internal IDisposable Payload => _payload ?? throw new ObjectDisposedException(nameof(SecretMatrix));

    /// <summary>Zeroes and frees the arranged shares.</summary>
    public void Dispose()
    {
        _payload?.Dispose();
        _payload = null;
        Session.Forget(this);
    }

    /// <summary>The shape, never the values.</summary>
    public override string ToString() => $"{nameof(SecretMatrix)} [{Rows}, {Columns}], {FractionalBits} fractional bits";
}
