using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>The client's side of opening a request at every party.</summary>
internal static class PartyRequests
{
    /// <summary>Sends the same request to all parties and waits until each is ready.</summary>
    public static async ValueTask<PartyReady[]> SendAsync(IReadOnlyList<IChannel> parties, PartyRequest request, CancellationToken cancellationToken)
    {
        byte[] message = ControlChannel.Encode(request, ControlJson.Default.PartyRequest);
        foreach (IChannel party in parties)
        {
            ControlChannel.Send(party, HostOperations.Request, message);
        }

        return await ReadyAsync(parties, cancellationToken).ConfigureAwait(false);
    }

    public static async ValueTask<PartyReady[]> ReadyAsync(IReadOnlyList<IChannel> parties, CancellationToken cancellationToken)
    {
        var ready = new PartyReady[parties.Count];
        for (int i = 0; i < ready.Length; i++)
        {
            ready[i] = await ControlChannel.ReceiveAsync(parties[i], HostOperations.Ready, ControlJson.Default.PartyReady, cancellationToken).ConfigureAwait(false);
        }

        return ready;
    }
}
