using System.Diagnostics;

namespace SecureTransformer.Protocols;

/// <summary>
/// A value that no party sees: a public shape and a handle to this party's shares. It cannot be printed, compared, indexed or serialised;
/// only the session that made it, or one opened under that session, can use it.
/// </summary>
/// <remarks>The memory is pooled, and zeroed when the last secret that shares it is disposed.</remarks>
[DebuggerDisplay("{ToString(),nq}")]
public abstract class Secret : IDisposable
{
    private readonly ShareStorage _storage;
    private readonly int _offset;
    private readonly int _length;
    private bool _disposed;

    private protected Secret(MpcSession session, TensorShape shape, ShareStorage storage, int offset, int length)
    {
        Session = session;
        Shape = shape;
        _storage = storage;
        _offset = offset;
        _length = length;
        Scope = session.Adopt(this);
    }

    /// <summary>The public shape.</summary>
    public TensorShape Shape { get; }

    /// <summary>The session whose shares these are.</summary>
    public MpcSession Session { get; }

    /// <summary>The scope that disposes this secret when it ends.</summary>
    internal SessionScope Scope { get; set; }

    /// <summary>Whether the shares have been given back.</summary>
    public bool IsDisposed => _disposed;

    /// <summary>Gives the shares back; memory that no other secret uses is zeroed. A second call does nothing.</summary>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            Scope.Forget(this);
            Session.Release(_storage);
        }

        GC.SuppressFinalize(this);
    }

    /// <summary>The number of words of each component.</summary>
    internal int WordCount => _length;

    /// <summary>The words of one component of the sharing.</summary>
    internal Span<ulong> Words(int component)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _storage.Component(component).Slice(_offset, _length);
    }

    /// <summary>A second reference to a run of the same words.</summary>
    internal (ShareStorage Storage, int Offset) Share(int offset)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _storage.AddReference();
        return (_storage, _offset + offset);
    }

    /// <summary>The kind and shape of the secret, never its value.</summary>
    public override string ToString() => $"{GetType().Name} {Shape}";
}
