using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>Material of bits as numbers, or of bits times numbers: random bits r as bits and as numbers, and for a product a mask a and r a.</summary>
internal sealed class BitNumberMaterial(int count, bool product) : Material
{
    public const int Kind = 8;

    public static BitNumberMaterial Read(ref MaterialReader reader) => new(reader.NextCount(), reader.NextFlag("product"));

    /// <summary>The bytes of a correction: shares of r and, for a product, of r a after them.</summary>
    public int FrameBytes(int length) => length * sizeof(ulong) * (product ? 2 : 1);

    public override int[] Describe() => [Kind, count, product ? 1 : 0];

    public override async ValueTask DealAsync(DealerHand hand, CancellationToken cancellationToken)
    {
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            FrameBuffer frame = await hand.RentAsync(FrameBytes(length), cancellationToken).ConfigureAwait(false);
            Deal(hand, length, frame.Words);
            hand.Send(frame);
        }
    }

    private void Deal(DealerHand hand, int length, Span<ulong> words)
    {
        using SecretBuffer bits = hand.Pool.Rent((length + 63) / 64);
        Span<ulong> number = words[..length];
        hand.SumXor(Purpose.BitMask, bits.Span);
        BitMasks.Expand(bits.Span, 0, number);
        if (product)
        {
            Span<ulong> masked = words[length..];
            hand.Sum(Purpose.OperandMask, masked);
            RingKernels.And<ulong>(masked, number, masked);
            hand.Correct(Purpose.BitProduct, masked);
        }

        RingKernels.Negate<ulong>(number, number);
        hand.Correct(Purpose.BitNumber, number);
    }
}
