using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>Material made on demand: party 0 tells the dealer what is needed and gets the corrections; the other parties send the dealer nothing but their seed.</summary>
internal sealed class DealtMaterial(bool isFirst, IChannel dealer, ReadOnlySpan<byte> seed) : MaterialSource
{
    private readonly PairwiseRandomness _withDealer = new(seed);

    public override void Request(Material material)
    {
        if (isFirst)
        {
            Send(material.Describe());
        }
    }

    public override void Fill(Purpose purpose, Span<ulong> share) => _withDealer.Fill(purpose, share);

    public override void Fill(Purpose purpose, Span<byte> share) => _withDealer.Fill(purpose, share);

    public override AesCtrPrg Open(Purpose purpose, int index) => _withDealer.Open(purpose, index);

    public override async ValueTask<FrameBuffer?> CorrectionAsync(int length, CancellationToken cancellationToken)
    {
        if (!isFirst)
        {
            return null;
        }

        TrafficPhase before = dealer.Meter.Phase;
        dealer.Meter.Phase = TrafficPhase.Offline;
        try
        {
            return await dealer.ReceiveAsync(Operations.MaterialCorrection, length, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
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
                Send([Material.End]);
            }
            catch (Exception error) when (error is IOException or ProtocolException or InvalidOperationException)
            {
                // The session is over already.
            }
        }

        return ValueTask.CompletedTask;
    }

    private void Send(int[] words)
    {
        TrafficPhase before = dealer.Meter.Phase;
        dealer.Meter.Phase = TrafficPhase.Offline;
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
