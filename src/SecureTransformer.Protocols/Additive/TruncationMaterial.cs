using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>Material of a truncation of shared values: nothing but <see cref="OutputMaterial"/>.</summary>
internal sealed class TruncationMaterial(int count, int shift) : Material
{
    public const int Kind = 5;

    public static TruncationMaterial Read(ref MaterialReader reader) => new(reader.NextCount(), reader.Next(1, 62, "shift"));

    public override int[] Describe() => [Kind, count, shift];

    public override async ValueTask DealAsync(DealerHand hand, CancellationToken cancellationToken)
    {
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            FrameBuffer frame = await hand.RentAsync(OutputMaterial.FrameBytes(length, shift), cancellationToken).ConfigureAwait(false);
            OutputMaterial.Deal(hand, default, shift, frame);
            hand.Send(frame);
        }
    }
}
