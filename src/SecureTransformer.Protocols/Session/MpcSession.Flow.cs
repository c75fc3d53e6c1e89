using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// The single flow: one interactive operation at a time, either a primitive or an operation composed of several. What is disposed beside it, by another flow
/// or after a time-out, goes back to the pool only when it has ended, so that no buffer is rented to somebody else while a kernel works on it.
/// </content>
public abstract partial class MpcSession
{
    private static readonly AsyncLocal<MpcSession?> s_composite = new();

    private readonly Lock _flow = new();
    private readonly List<ShareStorage> _released = [];
    private TaskCompletionSource? _ended;
    private bool _primitive;
    private bool _composite;
    private string? _fault;

    /// <summary>Whether this code runs inside the composed operation that is under way.</summary>
    private bool InComposite => _composite && ReferenceEquals(s_composite.Value, this);

    /// <summary>Gives shares back: at once, or after the operation under way when that may still use them.</summary>
    internal void Release(ShareStorage storage)
    {
        lock (_flow)
        {
            if (_primitive || (_composite && !InComposite))
            {
                _released.Add(storage);
                return;
            }
        }

        storage.Release();
    }

    /// <summary>
    /// Refuses to make a secret once the session is disposed, or beside a composed operation of another flow, whose scope would own and free it.
    /// Called before anything is rented, so that a refusal leaves nothing behind.
    /// </summary>
    private void RequireFlow()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        lock (_flow)
        {
            if (_composite && !InComposite)
            {
                throw new InvalidOperationException("A secret was made while a composed operation of this session had not completed. Await each operation before the next.");
            }
        }
    }

    /// <summary>Runs one interactive primitive: refuses a second at the same time, and ends the session when it fails midway.</summary>
    /// <param name="operation">Its public name.</param>
    /// <param name="core">The primitive.</param>
    /// <param name="cancellationToken">Cancels; midway that ends the session.</param>
    private protected ValueTask<T> RunAsync<T>(string operation, Func<CancellationToken, ValueTask<T>> core, CancellationToken cancellationToken) =>
        RunAsync(operation, 0, 0, core, cancellationToken);

    /// <inheritdoc cref="RunAsync{T}(string, Func{CancellationToken, ValueTask{T}}, CancellationToken)"/>
    /// <param name="operation">Its public name.</param>
    /// <param name="elements">The elements that it works on: of the result, or where there is none of what is revealed or sent.</param>
    /// <param name="products">The products that are summed for each element; 0 where it is no product.</param>
    /// <param name="core">The primitive.</param>
    /// <param name="cancellationToken">Cancels; midway that ends the session.</param>
    private protected async ValueTask<T> RunAsync<T>(
        string operation, long elements, long products, Func<CancellationToken, ValueTask<T>> core, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        bool outermost = Enter(operation, composite: false);
        ProfileMark mark = ProfileMark.Begin(_recording, ProfileKind.Primitive, operation, elements, products);
        try
        {
            return await core(cancellationToken).ConfigureAwait(false);
        }
        catch (Exception error)
        {
            _fault = error switch
            {
                OperationCanceledException => $"'{operation}' was cancelled.",

                // These name peers, operations and public sizes; what a peer says in them is short and clean (see IChannel.Abort).
                PeerTimeoutException or PeerLostException or ProtocolException => $"'{operation}' failed: {error.Message}",
                _ => $"'{operation}' failed with {error.GetType().Name}.",
            };
            AbortCore(_fault);
            throw;
        }
        finally
        {
            mark.End();
            Leave(outermost);
        }
    }

    /// <summary>Runs an operation made of several primitives, so that no other flow may interleave with it. Its secrets live in a scope of their own.</summary>
    private protected ValueTask<SecretTensor> ComposeAsync(string operation, Func<ValueTask<SecretTensor>> body) =>
        ComposeAsync(operation, async scope => scope.Keep(await body().ConfigureAwait(false)));

    /// <summary>As above; the body keeps its results for the scope around its own.</summary>
    private protected async ValueTask<T> ComposeAsync<T>(string operation, Func<SessionScope, ValueTask<T>> body)
    {
        bool outermost = Enter(operation, composite: true);
        ProfileMark mark = ProfileMark.Begin(_recording, ProfileKind.Operation, operation);
        try
        {
            s_composite.Value = this;
            using SessionScope scope = BeginScope();
            return await body(scope).ConfigureAwait(false);
        }
        finally
        {
            mark.End();
            if (outermost)
            {
                Leave(outermost);
            }
        }
    }

    /// <summary>Takes the flow, or refuses. True when nothing was under way.</summary>
    private bool Enter(string operation, bool composite)
    {
        lock (_flow)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            if (_fault is { } fault)
            {
                throw new InvalidOperationException($"The session has ended: {fault}");
            }

            bool nested = InComposite;
            if (_primitive || (_composite && !nested))
            {
                throw new InvalidOperationException(
                    $"'{operation}' was started while another interactive operation of this session had not completed. Await each operation before the next.");
            }

            _primitive = !composite;
            _composite |= composite;
            return !nested;
        }
    }

    /// <summary>Gives the flow up; the outermost operation also gives back what was released beside it.</summary>
    private void Leave(bool outermost)
    {
        ShareStorage[] released;
        TaskCompletionSource? ended;
        lock (_flow)
        {
            _primitive = false;
            if (!outermost)
            {
                return;
            }

            _composite = false;
            released = [.. _released];
            _released.Clear();
            (ended, _ended) = (_ended, null);
        }

        foreach (ShareStorage storage in released)
        {
            storage.Release();
        }

        ended?.SetResult();
    }

    /// <summary>Ends an operation that is under way and waits until nothing of it runs.</summary>
    private async ValueTask EndFlowAsync()
    {
        Task ended;
        lock (_flow)
        {
            if (!_primitive && !_composite)
            {
                return;
            }

            _ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            ended = _ended.Task;
        }

        AbortCore("the session was disposed while an operation was under way");
        await ended.ConfigureAwait(false);
    }
}
