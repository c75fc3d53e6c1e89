using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>Where a dealer's corrections go: to party 0, now or in a file.</summary>
internal interface ICorrectionSink
{
    /// <summary>Memory for a correction, once there is room.</summary>
    ValueTask<FrameBuffer> RentAsync(int length, CancellationToken cancellationToken);

    /// <summary>Takes the correction over.</summary>
    void Send(FrameBuffer correction);
}
