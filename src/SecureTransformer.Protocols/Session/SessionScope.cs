namespace SecureTransformer.Protocols;

/// <summary>
/// Owns every secret that its session makes until the scope ends, except those kept for the scope around it.
/// Scopes of one session nest; they end in the reverse order of their beginning.
/// </summary>
public sealed class SessionScope : IDisposable
{
    private readonly MpcSession _session;
    private readonly HashSet<Secret> _secrets = [];
    private readonly ProfileMark _mark;
    private bool _disposed;

    internal SessionScope(MpcSession session, SessionScope? parent, string? name, ProfileMark mark = default)
    {
        _mark = mark;
        _session = session;
        Parent = parent;
        Name = parent?.Name is null ? name : name is null ? parent.Name : $"{parent.Name}/{name}";
    }

    /// <summary>The path of the scope's name, such as "encoder.layer.0/attention"; null where no scope around it has one.</summary>
    public string? Name { get; }

    internal SessionScope? Parent { get; }

    /// <summary>Hands a secret to the scope around this one and returns it.</summary>
    /// <exception cref="ArgumentException">The secret does not belong to this scope.</exception>
    public T Keep<T>(T secret)
        where T : Secret
    {
        ArgumentNullException.ThrowIfNull(secret);
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (ReferenceEquals(secret.Scope, this) && Parent is not null)
        {
            Forget(secret);
            secret.Scope = Parent;
            Parent.Add(secret);
        }

        return secret;
    }

    /// <summary>Ends the scope and disposes every secret it still owns.</summary>
    public void Dispose()
    {
        if (_disposed)
        {
            return;
        }

        _session.EndScope(this);
        Clear();
        _mark.End();
    }

    // Local operations may go on beside a pending interactive one, whose continuation frees its temporaries on another thread.
    internal void Add(Secret secret)
    {
        lock (_secrets)
        {
            _secrets.Add(secret);
        }
    }

    internal void Forget(Secret secret)
    {
        lock (_secrets)
        {
            if (!_disposed)
            {
                _secrets.Remove(secret);
            }
        }
    }

    internal void Clear()
    {
        lock (_secrets)
        {
            _disposed = true;
            foreach (Secret secret in _secrets)
            {
                secret.Dispose();
            }

            _secrets.Clear();
        }
    }
}
