using SecureTransformer.Protocols.BitCircuits;

namespace SecureTransformer.Protocols.Additive;

/// <summary>Material of an AND of packed bits, word by word.</summary>
internal sealed class AndMaterial(int words) : Material
{
    public const int Kind = 6;

    /// <summary>x and y, as planes 0 and 1.</summary>
    public static GatePlan Plan { get; } = new([new PlaneGate(2, false, (0, 1))]);

    public static AndMaterial Read(ref MaterialReader reader) => new(reader.NextCount());

    public override int[] Describe() => [Kind, words];

    public override async ValueTask DealAsync(DealerHand hand, CancellationToken cancellationToken)
    {
        for (int start = 0; start < words; start += Chunks.Size)
        {
            await GateMaterial.DealAsync(hand, Plan, Math.Min(Chunks.Size, words - start), cancellationToken).ConfigureAwait(false);
        }
    }
}
