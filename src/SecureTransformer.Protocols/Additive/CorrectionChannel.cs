using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>Corrections on their way to party 0.</summary>
internal sealed class CorrectionChannel(IChannel first) : ICorrectionSink
{
    public async ValueTask<FrameBuffer> RentAsync(int length, CancellationToken cancellationToken)
    {
        await first.WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
        return first.Rent(length);
    }

    public void Send(FrameBuffer correction) => first.Send(correction, Operations.MaterialCorrection);
}
