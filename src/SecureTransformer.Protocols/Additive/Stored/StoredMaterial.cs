using System.Runtime.InteropServices;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>Material from a <see cref="MaterialStore"/>: the run that the parties agree on when something is first needed, checked operation by operation against its plan.</summary>
internal sealed class StoredMaterial(ChannelSet channels, MaterialStore store, int levels, MaterialPlan? record) : MaterialSource(record)
{
    private RunFile? _run;
    private PairwiseRandomness? _streams;
    private int _at;

    private bool IsFirst => channels.PartyId == 0;

    /// <summary>Agrees with the other parties on a run, once; its secret.</summary>
    public async ValueTask<RunSecret> TakeAsync(CancellationToken cancellationToken)
    {
        if (_run is null)
        {
            TrafficPhase before = channels.Meter.Phase;
            channels.Meter.Phase = TrafficPhase.Setup;
            try
            {
                if (IsFirst)
                {
                    await ProposeAsync(cancellationToken).ConfigureAwait(false);
                }
                else
                {
                    await FollowAsync(cancellationToken).ConfigureAwait(false);
                }

                _streams = new PairwiseRandomness(_run!.Secret.Seed);
            }
            finally
            {
                channels.Meter.Phase = before;
            }
        }

        return _run!.Secret;
    }

    public override void Fill(Purpose purpose, Span<ulong> share) => _streams!.Fill(purpose, share);

    public override void Fill(Purpose purpose, Span<byte> share) => _streams!.Fill(purpose, share);

    public override ValueTask<FrameBuffer?> CorrectionAsync(int length, CancellationToken cancellationToken) =>
        ValueTask.FromResult(IsFirst ? _run!.Read(length) : null);

    public override ValueTask DisposeAsync()
    {
        _streams?.Dispose();
        _run?.Dispose();
        return ValueTask.CompletedTask;
    }

    protected override async ValueTask RequestCoreAsync(Material material, CancellationToken cancellationToken)
    {
        await TakeAsync(cancellationToken).ConfigureAwait(false);
        MaterialPlan plan = _run!.Plan;
        int[] needed = material.Describe();
        if (_at == plan.Count || !plan[_at].SequenceEqual(needed))
        {
            string planned = _at == plan.Count ? $"ends after {_at} operations" : $"is for [{string.Join(", ", plan[_at])}]";
            throw new ProtocolException(
                $"The stored material is for another program or another shape: operation {_at} needs material of the kind and shape [{string.Join(", ", needed)}], and the material {planned}.");
        }

        _at++;
    }

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
        Take(run);
        Send(0, run);
    }

    private void Take(int run)
    {
        if (run >= store.Description.Count)
        {
            throw new ProtocolException(
                $"The stored material is spent: all {store.Description.Count} runs are used. Have the dealer make more with 'secure-transformer preprocess', or run with a dealer.");
        }

        _run = store.Take(run);
        if (_run.Plan.Levels != levels)
        {
            throw new ProtocolException($"The stored material is for another program: for {_run.Plan.Levels} sessions, one under the other, and not {levels}.");
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
