using System.Diagnostics;

namespace SecureTransformer.Transport;

/// <summary>One direction between two endpoints of an emulated network; see <see cref="NetworkConditions"/>.</summary>
internal sealed class EmulatedLink(NetworkEmulator emulator)
{
    private readonly Lock _gate = new();
    private long _busyUntil;

    internal void Submit(LinkChannel channel, in Frame frame)
    {
        NetworkConditions conditions = emulator.Conditions;
        double bits = 8.0 * (frame.Length + FrameHeader.Size);
        long transmission = (long)(bits / conditions.BitsPerSecond * Stopwatch.Frequency);
        long delay = (long)(conditions.OneWayDelay.TotalSeconds * Stopwatch.Frequency);
        lock (_gate)
        {
            _busyUntil = Math.Max(Stopwatch.GetTimestamp(), _busyUntil) + transmission;
            emulator.Enqueue(_busyUntil + delay, channel, frame);
        }
    }
}
