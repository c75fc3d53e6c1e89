using System.Runtime.ExceptionServices;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>The client's side of a request at every party.</summary>
internal static class PartyRequests
{
    private static readonly TimeSpan s_grace = TimeSpan.FromMilliseconds(300);

    /// <summary>Sends the same request to all parties.</summary>
    public static void Send(IReadOnlyList<IChannel> parties, PartyRequest request)
    {
        byte[] message = ControlChannel.Encode(request, ControlJson.Default.PartyRequest);
        foreach (IChannel party in parties)
        {
            ControlChannel.Send(party, HostOperations.Request, message);
        }
    }

    /// <summary>Waits until each party says what it knows of itself.</summary>
    public static ValueTask<PartyReady[]> ReadyAsync(IReadOnlyList<IChannel> parties, CancellationToken cancellationToken) =>
        FromAllAsync(parties, (party, ct) => ControlChannel.ReceiveAsync(party, HostOperations.Ready, ControlJson.Default.PartyReady, ct), cancellationToken);

    /// <summary>Waits until each party has come one step further.</summary>
    public static async ValueTask ProgressAsync(IReadOnlyList<IChannel> parties, CancellationToken cancellationToken) => await FromAllAsync(
        parties,
        async (party, ct) =>
        {
            await ControlChannel.AwaitSignalAsync(party, HostOperations.Progress, ct).ConfigureAwait(false);
            return true;
        },
        cancellationToken).ConfigureAwait(false);

    /// <summary>
    /// Receives from all parties at once. When one refuses, the others may wait for it: they are given up soon after the first failure.
    /// Of several failures a connection that broke comes before what parties say of one another, and the earlier before the later.
    /// </summary>
    public static async ValueTask<T[]> FromAllAsync<T>(
        IReadOnlyList<IChannel> parties, Func<IChannel, CancellationToken, ValueTask<T>> receive, CancellationToken cancellationToken)
    {
        using var failed = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var failures = new List<Exception>();
        try
        {
            return await Task.WhenAll(parties.Select(ReceiveAsync)).ConfigureAwait(false);
        }
        catch when (failures.Count > 0)
        {
            Exception cause = failures.Find(f => f is IOException and not PeerTimeoutException) ?? failures[0];
            ExceptionDispatchInfo.Throw(cause);
            throw;
        }

        async Task<T> ReceiveAsync(IChannel party)
        {
            try
            {
                return await receive(party, failed.Token).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                lock (failures)
                {
                    failures.Add(error);
                }

                failed.CancelAfter(s_grace);
                throw;
            }
        }
    }
}
