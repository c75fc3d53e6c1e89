using System.Diagnostics;
using SecureTransformer.Numerics;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>
/// One party's end of one run of a protocol: the waist between protocols below and everything built on them above.
/// </summary>
/// <remarks>
/// <para>Synchronous methods are local; methods ending in <c>Async</c> may cost rounds. All parties call the same operations in the same order
/// with the same public arguments.</para>
/// <para>A session is a single flow: one interactive operation at a time. Starting a second before the first completes throws
/// <see cref="InvalidOperationException"/>. When an operation fails or is cancelled midway the session is dead: the peers are told, and every later
/// operation throws.</para>
/// <para>A protocol derives from this class, or from <see cref="RingSession"/>, and overrides the <c>...Core</c> methods. Its way to the raw shares is
/// <see cref="Shares(SecretTensor, int)"/>.</para>
/// </remarks>
public abstract partial class MpcSession : IAsyncDisposable
{
    /// <summary>The width, in bits, that comparisons assume of values nothing is known about.</summary>
    public const int DefaultWidth = 44;

    private readonly MpcSession? _parent;
    private readonly SessionScope _root;
    private readonly HashSet<SecretMatrix> _matrices = [];
    private readonly bool _ownsPool;
    private SessionScope _scope;
    private bool _disposed;
    private TaskCompletionSource? _disposal;

    /// <summary>Opens a session.</summary>
    /// <param name="partyId">This party, from 0.</param>
    /// <param name="partyCount">The number of parties.</param>
    /// <param name="options">Fixed-point format and resources.</param>
    /// <param name="parent">A session of the same party whose secrets (such as weights) this one may read; it must outlive this one.</param>
    protected MpcSession(int partyId, int partyCount, SessionOptions options, MpcSession? parent = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfNegative(partyId);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(partyId, partyCount);
        options.Validate();
        PartyId = partyId;
        PartyCount = partyCount;
        Options = options;
        _parent = parent;
        _ownsPool = parent is null;
        Pool = parent?.Pool ?? new SecretBufferPool();
        _root = _scope = new SessionScope(this, null, null);
    }

    /// <summary>This party, from 0.</summary>
    public int PartyId { get; }

    /// <summary>The number of parties.</summary>
    public int PartyCount { get; }

    /// <summary>The options the session was opened with.</summary>
    public SessionOptions Options { get; }

    /// <summary>The default number of fractional bits of values.</summary>
    public int FractionalBits => Options.FractionalBits;

    /// <summary>The name of the protocol, such as "replicated".</summary>
    public abstract string Protocol { get; }

    /// <summary>Traffic and rounds of this party in this session.</summary>
    public abstract TrafficMeter Meter { get; }

    /// <summary>The name of the innermost scope, such as "encoder.layer.0/attention"; null outside named scopes.</summary>
    public string? ScopeName => _scope.Name;

    /// <summary>The number of buffers of shares in use by this session and those that share its pool.</summary>
    public int OutstandingBuffers => Pool.OutstandingCount;

    /// <summary>The pool from which all share buffers come.</summary>
    protected SecretBufferPool Pool { get; }

    /// <summary>The number of words arrays that this party keeps of each secret: 1 for additive sharing, 2 for replicated.</summary>
    protected abstract int Components { get; }

    /// <summary>The number of 64-bit words of one element of a component.</summary>
    protected virtual int WordsPerElement => 1;

    /// <summary>The number of words arrays that this party keeps of each secret tensor of bits: as many as of numbers, unless the protocol shares bits otherwise.</summary>
    protected virtual int BitComponents => Components;

    /// <summary>Begins a scope that owns every secret made until it ends.</summary>
    /// <param name="name">A public name for messages, traces and calibration; nested names are joined by '/'.</param>
    public SessionScope BeginScope(string? name = null)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _scope = new SessionScope(this, _scope, name, name is null ? default : ProfileMark.Begin(_recording, ProfileKind.Scope, name));
    }

    /// <summary>Begins a scope for an operation that is made of others, such as softmax: profiles show it under its name, and what it costs by what it is made of.</summary>
    /// <param name="operation">A public name. It is no part of <see cref="ScopeName"/>.</param>
    public SessionScope BeginOperation(string operation)
    {
        ArgumentException.ThrowIfNullOrEmpty(operation);
        ObjectDisposedException.ThrowIf(_disposed, this);
        return _scope = new SessionScope(this, _scope, null, ProfileMark.Begin(_recording, ProfileKind.Operation, operation));
    }

    /// <summary>
    /// Takes a secret out of every scope: it lives until it is disposed or the session ends. For what outlasts the operation that made it, such as a cache.
    /// </summary>
    public T Retain<T>(T secret)
        where T : Secret
    {
        Require(secret);
        if (!ReferenceEquals(secret.Session, this))
        {
            throw new ArgumentException("The secret belongs to another session.", nameof(secret));
        }

        secret.Scope.Forget(secret);
        secret.Scope = _root;
        _root.Add(secret);
        return secret;
    }

    /// <summary>Gives memory that this session and those that share its pool do not use at present back to the system: after a model is loaded, for example.</summary>
    public void Trim() => Pool.Trim();

    /// <summary>
    /// Frees and zeroes every secret that is alive and ends the session. An operation under way is ended first, and the peers are told: its memory goes back
    /// only when nothing computes on it any more.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        var ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (Interlocked.CompareExchange(ref _disposal, ended, null) is { } begun)
        {
            // Whoever disposes it again, and then what it stands on, must not be done before the first.
            await begun.Task.ConfigureAwait(false);
            return;
        }

        try
        {
            _disposed = true;
            await EndFlowAsync().ConfigureAwait(false);
            for (SessionScope? scope = _scope; scope is not null; scope = scope.Parent)
            {
                scope.Clear();
            }

            foreach (SecretMatrix matrix in _matrices.ToArray())
            {
                matrix.Dispose();
            }

            _recording?.Dispose();
            await DisposeCoreAsync().ConfigureAwait(false);
        }
        finally
        {
            if (_ownsPool)
            {
                Pool.Dispose();
            }

            ended.SetResult();
        }
    }

    /// <summary>Frees what the protocol holds: channels, keys, generators.</summary>
    protected virtual ValueTask DisposeCoreAsync() => ValueTask.CompletedTask;

    /// <summary>Tells the peers that this party ends the session. The reason is public and names no value.</summary>
    protected virtual void AbortCore(string reason)
    {
    }

    internal SessionScope Adopt(Secret secret)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _scope.Add(secret);
        return _scope;
    }

    internal void EndScope(SessionScope scope)
    {
        for (SessionScope? open = _scope; open is not null && open != _root; open = open.Parent)
        {
            if (open == scope)
            {
                while (_scope != scope)
                {
                    SessionScope inner = _scope;
                    _scope = inner.Parent!;
                    inner.Clear();
                }

                _scope = scope.Parent!;
                return;
            }
        }
    }

    internal void Forget(SecretMatrix matrix)
    {
        lock (_matrices)
        {
            _matrices.Remove(matrix);
        }
    }

    private protected void Remember(SecretMatrix matrix)
    {
        lock (_matrices)
        {
            _matrices.Add(matrix);
        }
    }

    /// <summary>Refuses a secret that neither this session nor one it was opened under made.</summary>
    private protected void Require(Secret secret, [System.Runtime.CompilerServices.CallerArgumentExpression(nameof(secret))] string? name = null)
    {
        ArgumentNullException.ThrowIfNull(secret, name);
        ObjectDisposedException.ThrowIf(secret.IsDisposed, secret);
        RequireOwner(secret.Session, name);
    }

    /// <summary>The sessions that this one may read: itself, and those it was opened under.</summary>
    private protected int Levels => 1 + (_parent?.Levels ?? 0);

    /// <summary>How many sessions up the one that owns something stands.</summary>
    private protected int LevelOf(MpcSession owner) => ReferenceEquals(this, owner) ? 0 : 1 + _parent!.LevelOf(owner);

    private protected void RequireOwner(MpcSession owner, string? name)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        for (MpcSession? session = this; session is not null; session = session._parent)
        {
            if (ReferenceEquals(session, owner))
            {
                return;
            }
        }

        throw new ArgumentException("The secret belongs to another session.", name);
    }
}
