using System.Collections.Concurrent;

namespace SecureTransformer.Transport;

/// <summary>Opening and ending several links together.</summary>
internal static class TcpLinks
{
    internal static TcpChannel Start(
        TlsConnection connection, LinkInfo info, TrafficMeter meter, FramePool pool, TransportOptions options,
        NetworkEmulator? emulator, ConcurrentDictionary<TcpChannel, byte> registered)
    {
        TcpChannel channel = new(
            connection, info, meter, pool, options, emulator?.Link(info.LocalName, info.PeerName), ended => registered.TryRemove(ended, out _));
        registered[channel] = 0;
        channel.Start();
        return channel;
    }

    /// <summary>Opens links to all peers at once, within the connect time-out. If one fails, the others are given up and its error is thrown.</summary>
    internal static async Task<IReadOnlyList<TcpChannel>> OpenAllAsync(
        int[] peers, Func<int, CancellationToken, Task<TcpChannel>> open, string failure,
        TransportOptions options, CancellationToken stopping, CancellationToken cancellationToken)
    {
        using CancellationTokenSource timer = new(options.ConnectTimeout, options.TimeProvider);
        using CancellationTokenSource all = CancellationTokenSource.CreateLinkedTokenSource(timer.Token, stopping, cancellationToken);
        Task<TcpChannel>[] opening = [.. peers.Select(peer => open(peer, all.Token))];
        List<Task<TcpChannel>> pending = [.. opening];
        while (pending.Count > 0)
        {
            Task<TcpChannel> done = await Task.WhenAny(pending).ConfigureAwait(false);
            pending.Remove(done);
            if (done.IsCompletedSuccessfully)
            {
                continue;
            }

            await all.CancelAsync().ConfigureAwait(false);
            foreach (Task<TcpChannel> task in opening)
            {
                await ((Task)task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (task.IsCompletedSuccessfully)
                {
                    TcpChannel channel = await task.ConfigureAwait(false);
                    channel.Abort(failure);
                    await channel.DisposeAsync().ConfigureAwait(false);
                }
            }

            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(stopping.IsCancellationRequested, typeof(TcpNetwork));
            await done.ConfigureAwait(false);
        }

        return await Task.WhenAll(opening).ConfigureAwait(false);
    }

    /// <summary>Gives links that are closing their time, and cuts the others.</summary>
    internal static async Task EndAllAsync(ConcurrentDictionary<TcpChannel, byte> registered, TransportOptions options)
    {
        foreach (TcpChannel channel in registered.Keys)
        {
            if (channel.Inbox.Fault?.Kind != FaultKind.Disposed)
            {
                channel.Kill();
                await channel.DisposeAsync().ConfigureAwait(false);
            }
        }

        await Task.WhenAll(registered.Keys.Select(c => c.Ended)).WaitAsync(options.CloseTimeout * 2).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
