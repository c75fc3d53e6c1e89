using System.Diagnostics;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>Material made on demand: party 0 tells the dealer what is needed and gets the corrections; the other parties send the dealer nothing but their seed.</summary>
internal sealed class DealtMaterial(bool isFirst, IChannel dealer, ReadOnlySpan<byte> seed, MaterialPlan? record) : MaterialSource(record)
{
    private readonly PairwiseRandomness _withDealer = new(seed);

    /// <summary>Sends the dealer the seed of a session and the keys of the masks of its matrices.</summary>
    public static void SendSeeds(IChannel dealer, ReadOnlySpan<byte> seed, MatrixMaskKeys matrices)
    {
        FrameBuffer frame = dealer.Rent((1 + matrices.Levels) * PairwiseRandomness.KeySize);
        seed.CopyTo(frame.Span);
        matrices.CopyTo(frame.Span[PairwiseRandomness.KeySize..]);
        dealer.Send(frame, Operations.MaterialSeed);
    }

    /// <summary>The dealer: takes them.</summary>
    public static async ValueTask<(PairwiseRandomness Seed, MatrixMaskKeys Matrices)> ReceiveSeedsAsync(IChannel party, CancellationToken cancellationToken)
    {
        const int Size = PairwiseRandomness.KeySize;
        using FrameBuffer frame = await party.ReceiveAtMostAsync(Operations.MaterialSeed, (1 + MatrixMaskKeys.MaxLevels) * Size, cancellationToken).ConfigureAwait(false);
        if (frame.Span.Length % Size != 0 || frame.Span.Length < 2 * Size)
        {
            throw new ProtocolException($"{party.PeerName} sent {frame.Span.Length} bytes of seeds.");
        }

        MatrixMaskKeys? matrices = null;
        for (int at = frame.Span.Length - Size; at > 0; at -= Size)
        {
            matrices = new MatrixMaskKeys(matrices, frame.Span.Slice(at, Size));
        }

        var seed = new PairwiseRandomness(frame.Span[..Size]);
        frame.Span.Clear();
        return (seed, matrices!);
    }

    protected override ValueTask RequestCoreAsync(Material material, CancellationToken cancellationToken)
    {
        if (isFirst)
        {
            Send(material.Describe(), TrafficPhase.Offline);
        }

        return ValueTask.CompletedTask;
    }

    public override void Fill(Purpose purpose, Span<ulong> share) => _withDealer.Fill(purpose, share);

    public override void Fill(Purpose purpose, Span<byte> share) => _withDealer.Fill(purpose, share);

    public override async ValueTask<FrameBuffer?> CorrectionAsync(int length, CancellationToken cancellationToken)
    {
        if (!isFirst)
        {
            return null;
        }

        TrafficPhase before = dealer.Meter.Phase;
        dealer.Meter.Phase = TrafficPhase.Offline;
        long began = Stopwatch.GetTimestamp();
        try
        {
            return await dealer.ReceiveAsync(Operations.MaterialCorrection, length, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            dealer.Meter.RecordOfflineWait(Stopwatch.GetElapsedTime(began));
            dealer.Meter.Phase = before;
        }
    }

    public override ValueTask DisposeAsync()
    {
        _withDealer.Dispose();
        if (isFirst)
        {
            try
            {
                Send([Material.End], TrafficPhase.Setup);
            }
            catch (Exception error) when (error is IOException or ProtocolException or InvalidOperationException)
            {
                // The session is over already.
            }
        }

        return ValueTask.CompletedTask;
    }

    private void Send(int[] words, TrafficPhase phase)
    {
        TrafficPhase before = dealer.Meter.Phase;
        dealer.Meter.Phase = phase;
        try
        {
            FrameBuffer frame = dealer.Rent(words.Length * sizeof(int));
            System.Runtime.InteropServices.MemoryMarshal.AsBytes(words.AsSpan()).CopyTo(frame.Span);
            dealer.Send(frame, Operations.MaterialRequest);
        }
        finally
        {
            dealer.Meter.Phase = before;
        }
    }
}
