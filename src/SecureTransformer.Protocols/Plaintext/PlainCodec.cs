using SecureTransformer.Numerics;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Plaintext;

/// <summary>Values in the clear for the one party of a plaintext session: as float64, or encoded in fixed point.</summary>
internal sealed class PlainCodec(bool encode) : ShareCodec
{
    public override int PartyCount => 1;

    public override async ValueTask SendAsync(
        IReadOnlyList<IChannel> parties, int count, int fractionalBits, string name, ValueReader read, CancellationToken cancellationToken = default)
    {
        RequireParties(parties);
        ArgumentNullException.ThrowIfNull(read);
        for (int start = 0; start < count; start += Chunks.Size)
        {
            await parties[0].WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
            using FrameBuffer frame = parties[0].Rent(Math.Min(Chunks.Size, count - start) * sizeof(ulong));
            Span<double> values = System.Runtime.InteropServices.MemoryMarshal.Cast<ulong, double>(frame.Words);
            read(start, values);
            if (encode)
            {
                FixedPointFormat.Encode(values.ToArray(), frame.Words, fractionalBits, name);
            }

            parties[0].Send(frame, Operations.Import);
        }
    }

    private protected override long ShareBytesCore(int party, int count) => (long)count * sizeof(ulong);

    public override async ValueTask<double[]> ReceiveAsync(
        IReadOnlyList<IChannel> parties, int count, int fractionalBits, CancellationToken cancellationToken = default)
    {
        RequireParties(parties);
        var values = new double[count];
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            using FrameBuffer frame = await parties[0].ReceiveAsync(Operations.Export, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            Span<double> target = values.AsSpan(start, length);
            if (encode)
            {
                FixedPointFormat.Decode(frame.Words, target, fractionalBits);
            }
            else
            {
                System.Runtime.InteropServices.MemoryMarshal.Cast<ulong, double>(frame.Words).CopyTo(target);
            }
        }

        return values;
    }
}
