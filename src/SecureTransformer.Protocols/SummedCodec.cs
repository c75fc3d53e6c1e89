using SecureTransformer.Numerics;
using SecureTransformer.Sharing;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>The far end of protocols over Z_2^64 whose parties each send one summand of a value.</summary>
internal abstract class SummedCodec : ShareCodec
{
    public override async ValueTask<double[]> ReceiveAsync(
        IReadOnlyList<IChannel> parties, int count, int fractionalBits, CancellationToken cancellationToken = default)
    {
        RequireParties(parties);
        var sum = new ulong[count];
        foreach (IChannel party in parties)
        {
            for (int start = 0; start < count; start += Chunks.Size)
            {
                int length = Math.Min(Chunks.Size, count - start);
                using FrameBuffer frame = await party.ReceiveAsync(Operations.Export, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
                AdditiveSharing.Accumulate(sum.AsSpan(start, length), frame.Words);
            }
        }

        var values = new double[count];
        FixedPointFormat.Decode(sum, values, fractionalBits);
        Array.Clear(sum);
        return values;
    }
}
