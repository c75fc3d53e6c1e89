using SecureTransformer.Numerics;
using SecureTransformer.Sharing;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>Splits values for n parties: a fresh seed for each tensor to parties 1 and on, words to party 0: 8 bytes an element and 16 (n - 1) a tensor in all.</summary>
internal sealed class AdditiveCodec(int parties) : SummedCodec
{
    public override int PartyCount => parties;

    public override async ValueTask SendAsync(
        IReadOnlyList<IChannel> parties, int count, int fractionalBits, string name, ValueReader read, CancellationToken cancellationToken = default)
    {
        RequireParties(parties);
        ArgumentNullException.ThrowIfNull(read);
        AesCtrPrg[] shares = [.. parties.Skip(1).Select(SendSeed)];
        var values = new double[Math.Min(count, Chunks.Size)];
        try
        {
            for (int start = 0; start < count; start += Chunks.Size)
            {
                await parties[0].WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
                int length = Math.Min(Chunks.Size, count - start);
                read(start, values.AsSpan(0, length));
                using FrameBuffer frame = parties[0].Rent(length * sizeof(ulong));
                FixedPointFormat.Encode(values.AsSpan(0, length), frame.Words, fractionalBits, name);
                foreach (AesCtrPrg share in shares)
                {
                    AdditiveSharing.Mask(frame.Words, share);
                }

                parties[0].Send(frame, Operations.Import);
            }
        }
        finally
        {
            Array.ForEach(shares, share => share.Dispose());
            Array.Clear(values);
        }
    }

    private protected override long ShareBytesCore(int party, int count) => party == 0 ? (long)count * sizeof(ulong) : ShareSeeds.ByteCount;

    private static AesCtrPrg SendSeed(IChannel party)
    {
        FrameBuffer frame = party.Rent(ShareSeeds.ByteCount);
        ShareSeeds.Generate(frame.Span);
        AesCtrPrg share = ShareSeeds.Open(frame.Span);
        party.Send(frame, Operations.Import);
        return share;
    }
}
