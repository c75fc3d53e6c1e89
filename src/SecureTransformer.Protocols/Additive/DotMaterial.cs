using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>Material of inner products of rows: a mask for each operand, and the inner products of the masks' rows.</summary>
internal sealed class DotMaterial(int rows, int columns, bool square, int shift) : Material
{
    public const int Kind = 2;

    public static DotMaterial Read(ref MaterialReader reader)
    {
        int rows = reader.NextExtent(1, "number of rows");
        return new DotMaterial(rows, reader.NextExtent(rows, "number of columns"), reader.NextFlag("square"), reader.NextShift());
    }

    public override int[] Describe() => [Kind, rows, columns, square ? 1 : 0, shift];

    public override async ValueTask DealAsync(DealerHand hand, CancellationToken cancellationToken)
    {
        using SecretBuffer masks = hand.Pool.Rent((square ? 1L : 2L) * rows * columns);
        using SecretBuffer products = hand.Pool.Rent(rows);
        MatrixMaterial.Sum(hand, masks.Span[..(rows * columns)]);
        if (!square)
        {
            MatrixMaterial.Sum(hand, masks.Span[(rows * columns)..]);
        }

        for (int r = 0; r < rows; r++)
        {
            int right = square ? r * columns : (rows + r) * columns;
            products.Span[r] = RingKernels.Dot<ulong>(masks.Span.Slice(r * columns, columns), masks.Span.Slice(right, columns));
        }

        await MatrixMaterial.SendAsync(hand, products, rows, shift, cancellationToken).ConfigureAwait(false);
    }
}
