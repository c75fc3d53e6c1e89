using System.Security.Cryptography;
using SecureTransformer.Numerics;
using SecureTransformer.Sharing;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Replicated;

/// <summary>
/// Splits values for the three parties: x0 and x1 from seeds, x2 the rest. Party 0 gets two seeds, party 1 the seed of x1 and the words of x2, party 2 the words of x2
/// and the seed of x0: 16 bytes an element and 64 bytes a tensor in all. Seeds are fresh for each tensor.
/// </summary>
internal sealed class ReplicatedCodec : SummedCodec
{
    public override int PartyCount => ReplicatedSession.Parties;

    public override async ValueTask SendAsync(
        IReadOnlyList<IChannel> parties, int count, int fractionalBits, string name, ValueReader read, CancellationToken cancellationToken = default)
    {
        RequireParties(parties);
        ArgumentNullException.ThrowIfNull(read);
        (AesCtrPrg x0, AesCtrPrg x1) = SendSeeds(parties);
        var values = new double[Math.Min(count, Chunks.Size)];
        try
        {
            for (int start = 0; start < count; start += Chunks.Size)
            {
                await parties[1].WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
                await parties[2].WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
                int length = Math.Min(Chunks.Size, count - start);
                read(start, values.AsSpan(0, length));
                using FrameBuffer frame = parties[1].Rent(length * sizeof(ulong));
                FixedPointFormat.Encode(values.AsSpan(0, length), frame.Words, fractionalBits, name);
                ReplicatedSharing.Split(frame.Words, x0, x1);
                using FrameBuffer copy = parties[2].Rent(length * sizeof(ulong));
                frame.Words.CopyTo(copy.Words);
                parties[1].Send(frame, Operations.Import);
                parties[2].Send(copy, Operations.Import);
            }
        }
        finally
        {
            x0.Dispose();
            x1.Dispose();
            Array.Clear(values);
        }
    }

    private protected override long ShareBytesCore(int party, int count)
    {
        long bytes = 0;
        for (int place = 0; place < 2; place++)
        {
            bytes += ReplicatedSharing.IsSeeded(ReplicatedSharing.ComponentOf(party, place)) ? ShareSeeds.ByteCount : (long)count * sizeof(ulong);
        }

        return bytes;
    }

    /// <summary>Sends fresh seeds of x0 and x1 to the parties that hold them, and opens their generators.</summary>
    private (AesCtrPrg X0, AesCtrPrg X1) SendSeeds(IReadOnlyList<IChannel> parties)
    {
        Span<byte> seeds = stackalloc byte[2 * ShareSeeds.ByteCount];
        ShareSeeds.Generate(seeds);
        try
        {
            for (int party = 0; party < PartyCount; party++)
            {
                for (int place = 0; place < 2; place++)
                {
                    int component = ReplicatedSharing.ComponentOf(party, place);
                    if (ReplicatedSharing.IsSeeded(component))
                    {
                        SendSeed(parties[party], seeds.Slice(component * ShareSeeds.ByteCount, ShareSeeds.ByteCount));
                    }
                }
            }

            return (ShareSeeds.Open(seeds[..ShareSeeds.ByteCount]), ShareSeeds.Open(seeds[ShareSeeds.ByteCount..]));
        }
        finally
        {
            CryptographicOperations.ZeroMemory(seeds);
        }
    }

    private static void SendSeed(IChannel party, ReadOnlySpan<byte> seed)
    {
        FrameBuffer frame = party.Rent(seed.Length);
        seed.CopyTo(frame.Span);
        party.Send(frame, Operations.Import);
    }
}
