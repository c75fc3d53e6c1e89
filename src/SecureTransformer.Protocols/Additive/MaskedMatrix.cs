using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols.Additive;

/// <summary>
/// A packed matrix W of a session: its number there, by which all parties and the dealer know its mask B, and this party's share of it, at first as it came and then, once
/// F = W - B is open, arranged as [share of W; F].
/// </summary>
internal sealed class MaskedMatrix(AdditiveSession owner, int number, int rows, int columns, bool transposed, SecretTensor share, IDisposable holder) : IDisposable
{
    private IDisposable? _holder = holder;

    public AdditiveSession Owner { get; } = owner;

    public int Number { get; } = number;

    /// <summary>The rows of the matrix as it is multiplied with.</summary>
    public int Rows { get; } = rows;

    public int Columns { get; } = columns;

    /// <summary>Whether the share, and so the mask, stands transposed in memory.</summary>
    public bool Transposed { get; } = transposed;

    /// <summary>This party's share, until the matrix is open.</summary>
    public SecretTensor Share => _holder is null ? throw new ObjectDisposedException(nameof(SecretMatrix)) : share;

    /// <summary>
    /// Whether a mask from a store had been used when the matrix was first bound to it; null before. The same in all sessions that open the matrix, however far each has come.
    /// </summary>
    public bool? WasMasked { get; set; }

    /// <summary>[share of W; F], once open.</summary>
    public PackedMatrix? Opened { get; private set; }

    /// <summary>Is raised when the matrix is disposed, for what sessions under its own keep of it.</summary>
    public event Action? Disposed;

    /// <summary>Keeps the arrangement in place of the share.</summary>
    public void Keep(PackedMatrix opened)
    {
        Opened = opened;
        Free();
    }

    public void Dispose()
    {
        Disposed?.Invoke();
        Opened?.Dispose();
        Free();
    }

    /// <summary>Another session may be reading the share, under the same lock: memory that is somebody else's by then must not be sent under the mask.</summary>
    private void Free()
    {
        lock (this)
        {
            _holder?.Dispose();
            _holder = null;
        }
    }
}
