using System.Runtime.InteropServices;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Stored;

/// <summary>The run of stored material that the parties of a session use: agreed on when something is first needed, and checked operation by operation against its plan.</summary>
/// <param name="channels">To the other parties.</param>
/// <param name="store">This party's part.</param>
/// <param name="levels">The sessions of which the program consists, one under the other.</param>
internal sealed class StoredRun(ChannelSet channels, MaterialStore store, int levels) : IDisposable
{
    private RunFile? _file;
    private int _at;

    /// <summary>Agrees with the other parties on a run, once.</summary>
    /// <exception cref="ProtocolException">The material is spent, or for another program.</exception>
    /// <exception cref="InvalidDataException">The run's file is missing or damaged.</exception>
    public async ValueTask<RunFile> TakeAsync(CancellationToken cancellationToken)
    {
        if (_file is null)
        {
            TrafficPhase before = channels.Meter.Phase;
            channels.Meter.Phase = TrafficPhase.Setup;
            try
            {
                if (channels.PartyId == 0)
                {
                    await ProposeAsync(cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    await FollowAsync(cancellationToken).ConfigureAwait(false);
                }
            }
            finally
            {
                channels.Meter.Phase = before;
            }
        }

        return _file!;
    }

    /// <summary>Goes on to the next operation, which must be the one that the run has material for.</summary>
    /// <exception cref="ProtocolException">It is another.</exception>
    public async ValueTask<RunFile> AdvanceAsync(int[] needed, CancellationToken cancellationToken)
    {
        RunFile file = await TakeAsync(cancellationToken).ConfigureAwait(false);
        MaterialPlan plan = file.Plan;
        if (_at == plan.Count || !plan[_at].SequenceEqual(needed))
        {
            string planned = _at == plan.Count ? $"ends after {_at} operations" : $"is for [{string.Join(", ", plan[_at])}]";
            throw new ProtocolException(
                $"The stored material is for another program or another shape: operation {_at} needs material of the kind and shape [{string.Join(", ", needed)}], and the material {planned}.");
        }

        _at++;
        return file;
    }

    public void Dispose() => _file?.Dispose();

    /// <summary>Party 0: asks where the others stand, and says which run it is. Others of its sessions wait, so that all parties give runs away in one order.</summary>
    private async ValueTask ProposeAsync(CancellationToken cancellationToken)
    {
        await store.Reservation.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            int run = store.Next;
            SendToOthers(run);
            for (int party = 1; party < channels.PartyCount; party++)
            {
                run = Math.Max(run, await ReceiveAsync(party, cancellationToken).ConfigureAwait(false));
            }

            // Its own disk says first that the run is given away: it never proposes one twice, so no two sessions share one, whoever dies when.
            GiveAway(run);
            SendToOthers(run);
            Take(run);
            for (int party = 1; party < channels.PartyCount; party++)
            {
                await ReceiveAsync(party, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            store.Reservation.Release();
        }
    }

    private async ValueTask FollowAsync(CancellationToken cancellationToken)
    {
        await ReceiveAsync(0, cancellationToken).ConfigureAwait(false);
        Send(0, store.Next);
        int run = await ReceiveAsync(0, cancellationToken).ConfigureAwait(false);
        GiveAway(run);
        Take(run);
        Send(0, run);
    }

    private void GiveAway(int run)
    {
        if (run < store.Description.Count)
        {
            store.GiveAway(run);
        }
    }

    private void Take(int run)
    {
        if (run >= store.Description.Count)
        {
            throw new ProtocolException($"The stored material is spent: all {store.Description.Count} runs are used. {store.Description.HowToGoOn}");
        }

        _file = store.OpenRun(run);
        if (_file.Plan.Levels != levels)
        {
            throw new ProtocolException($"The stored material is for another program: for {_file.Plan.Levels} sessions, one under the other, and not {levels}.");
        }
    }

    private void SendToOthers(int value)
    {
        for (int party = 1; party < channels.PartyCount; party++)
        {
            Send(party, value);
        }
    }

    private void Send(int party, int value)
    {
        FrameBuffer frame = channels[party].Rent(sizeof(int));
        MemoryMarshal.Write(frame.Span, value);
        channels[party].Send(frame, Operations.MaterialRun);
    }

    private async ValueTask<int> ReceiveAsync(int party, CancellationToken cancellationToken)
    {
        using FrameBuffer frame = await channels[party].ReceiveAsync(Operations.MaterialRun, sizeof(int), cancellationToken).ConfigureAwait(false);
        int value = MemoryMarshal.Read<int>(frame.Span);
        return value >= 0 ? value : throw new ProtocolException($"{channels[party].PeerName} proposed run {value} of the stored material.");
    }
}
