using System.Runtime.ExceptionServices;
using Microsoft.Extensions.Logging;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>
/// A client's side of a request once all parties have taken it up. Where an answer can be put together without some of them, these hold nobody up: what each sends is taken in
/// its order, as it comes, and a step is over when enough have taken it. Where all are needed, each step waits for all.
/// </summary>
internal sealed partial class PartyLines
{
    private readonly IReadOnlyList<IChannel> _parties;
    private readonly ShareCodec _codec;
    private readonly InferenceOptions _options;
    private readonly Task[] _last;
    private readonly Task[] _shares;

    public PartyLines(IReadOnlyList<IChannel> parties, ShareCodec codec, InferenceOptions options)
    {
        _parties = parties;
        _codec = codec;
        _options = options;
        _last = [.. parties.Select(_ => Task.CompletedTask)];
        _shares = [.. parties.Select(_ => Task.CompletedTask)];
    }

    private bool NeedsAll => _codec.SharesNeeded == _parties.Count;

    /// <summary>Sends the same to all parties, and to those that are left where some are lost and not needed.</summary>
    public void Send(ushort operation, ReadOnlySpan<byte> message)
    {
        int sent = 0;
        Exception? failure = null;
        foreach (IChannel party in _parties)
        {
            try
            {
                ControlChannel.Send(party, operation, message);
                sent++;
            }
            catch (Exception error) when (!NeedsAll && error is IOException or ProtocolException)
            {
                failure ??= error;
            }
        }

        if (failure is not null && sent < _codec.SharesNeeded)
        {
            ExceptionDispatchInfo.Throw(failure);
        }
    }

    /// <summary>Waits until enough parties have come one step further.</summary>
    public async ValueTask ProgressAsync(CancellationToken cancellationToken)
    {
        if (NeedsAll)
        {
            await PartyRequests.ProgressAsync(_parties, cancellationToken).ConfigureAwait(false);
            return;
        }

        await FromEnoughAsync(
            async (party, ct) =>
            {
                await ControlChannel.AwaitSignalAsync(party, HostOperations.Progress, ct).ConfigureAwait(false);
                return party;
            },
            TimeSpan.Zero,
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The parties' reports; null for one that sends none soon enough, where it is not needed.</summary>
    public async ValueTask<PartyReport?[]> ReportsAsync(CancellationToken cancellationToken) =>
        NeedsAll
            ? await PartyRequests.FromAllAsync(_parties, PartyReport.ReceiveAsync, cancellationToken).ConfigureAwait(false)
            : await FromEnoughAsync(PartyReport.ReceiveAsync, _options.SilenceGrace, cancellationToken).ConfigureAwait(false);

    /// <summary>The values of an output, and whoever they were put together without, whom the log has too.</summary>
    public async ValueTask<ReceivedValues> CollectAsync(int count, int fractionalBits, CancellationToken cancellationToken)
    {
        ReceivedValues received = await _codec.CollectAsync(
            _parties,
            count,
            fractionalBits,
            new CollectionOptions { Grace = _options.SilenceGrace, After = NeedsAll ? null : [.. _last], GivenUp = [.. Behind()] },
            cancellationToken).ConfigureAwait(false);
        for (int party = 0; party < _parties.Count; party++)
        {
            _last[party] = _shares[party] = received.Receiving[party];
        }

        foreach (PartyFault fault in received.Faults)
        {
            LogFault(_options.Logger, fault.What);
        }

        return received;
    }

    /// <summary>The parties whose share of an earlier output has not come yet.</summary>
    private IEnumerable<int> Behind() => Enumerable.Range(0, _parties.Count).Where(party => !_shares[party].IsCompletedSuccessfully);

    /// <summary>Receives from all parties, each after what came from it before; over when enough have sent it, and the others have had a grace. Null for those.</summary>
    private async ValueTask<T?[]> FromEnoughAsync<T>(Func<IChannel, CancellationToken, ValueTask<T>> receive, TimeSpan grace, CancellationToken cancellationToken)
        where T : class
    {
        HashSet<int> behind = [.. Behind()];
        Task<T>[] receiving = [.. _parties.Select((party, i) => NextAsync(_last[i], party, receive, cancellationToken))];
        receiving.CopyTo(_last, 0);
        List<Task<T>> pending = [.. receiving];
        var failures = new List<Exception>();
        Task? over = null;
        while (pending.Count > 0 && !(over is not null && (over.IsCompleted || pending.TrueForAll(task => behind.Contains(Array.IndexOf(receiving, task))))))
        {
            await Task.WhenAny([.. pending, .. over is null ? Array.Empty<Task>() : [over]]).ConfigureAwait(false);
            cancellationToken.ThrowIfCancellationRequested();
            foreach (Task<T> done in pending.Where(task => task.IsCompleted).ToArray())
            {
                pending.Remove(done);
                if (!done.IsCompletedSuccessfully)
                {
                    failures.Add(done.Exception?.InnerException ?? new OperationCanceledException());
                }
            }

            if (_parties.Count - failures.Count < _codec.SharesNeeded)
            {
                ExceptionDispatchInfo.Throw(failures.Find(f => f is IOException and not PeerTimeoutException) ?? failures[0]);
            }

            if (receiving.Count(task => task.IsCompletedSuccessfully) >= _codec.SharesNeeded)
            {
                over ??= Task.Delay(grace, cancellationToken);
            }
        }

        T?[] results = new T?[receiving.Length];
        for (int party = 0; party < results.Length; party++)
        {
            results[party] = receiving[party].IsCompletedSuccessfully ? await receiving[party].ConfigureAwait(false) : null;
        }

        return results;
    }

    private static Task<T> NextAsync<T>(Task before, IChannel party, Func<IChannel, CancellationToken, ValueTask<T>> receive, CancellationToken cancellationToken)
    {
        Task<T> next = RunAsync();

        // Who fails is seen by whoever waits for it; that nobody does is no error.
        _ = next.ContinueWith(static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return next;

        async Task<T> RunAsync()
        {
            await before.ConfigureAwait(false);
            return await receive(party, cancellationToken).ConfigureAwait(false);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The answer was put together without a party: {What}")]
    private static partial void LogFault(ILogger logger, string what);
}
