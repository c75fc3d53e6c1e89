using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>Material of batched matrix products (SecureML 2017): masks A and B in the shapes of the operands, and the products A B.</summary>
internal sealed class MatrixMaterial(int matrices, int rows, int inner, int columns, bool transposeRight, int shift) : Material
{
    public const int Kind = 3;

    public static MatrixMaterial Read(ref MaterialReader reader)
    {
        int matrices = reader.NextExtent(1, "number of matrices");
        int rows = reader.NextExtent(matrices, "number of rows");
        int inner = reader.NextExtent(matrices * rows, "inner extent");
        int columns = reader.NextExtent(matrices * Math.Max(rows, inner), "number of columns");
        return new MatrixMaterial(matrices, rows, inner, columns, reader.NextFlag("transposition"), reader.NextShift());
    }

    public override int[] Describe() => [Kind, matrices, rows, inner, columns, transposeRight ? 1 : 0, shift];

    public override async ValueTask DealAsync(DealerHand hand, CancellationToken cancellationToken)
    {
        using SecretBuffer left = hand.Pool.Rent((long)matrices * rows * inner);
        using SecretBuffer right = hand.Pool.Rent((long)matrices * inner * columns);
        using SecretBuffer products = hand.Pool.Rent((long)matrices * rows * columns);
        Sum(hand, left.Span);
        Sum(hand, right.Span);
        for (int b = 0; b < matrices; b++)
        {
            Span<ulong> words = right.Span.Slice(b * inner * columns, inner * columns);
            RingMatrix.Multiply(
                new MatrixView(left.Span.Slice(b * rows * inner, rows * inner), rows, inner),
                transposeRight ? new MatrixView(words, columns, inner).Transpose() : new MatrixView(words, inner, columns),
                products.Span.Slice(b * rows * columns, rows * columns),
                columns,
                false,
                hand.MaxDegreeOfParallelism);
        }

        await SendAsync(hand, products, matrices * rows * columns, shift, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A mask that is held whole, drawn chunk by chunk as the parties draw theirs.</summary>
    internal static void Sum(DealerHand hand, Span<ulong> mask)
    {
        foreach ((int start, int length) in new Chunks(mask.Length))
        {
            hand.Sum(Purpose.OperandMask, mask.Slice(start, length));
        }
    }

    internal static async ValueTask SendAsync(DealerHand hand, SecretBuffer products, int count, int shift, CancellationToken cancellationToken)
    {
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            FrameBuffer frame = await hand.RentAsync(OutputMaterial.FrameBytes(length, shift), cancellationToken).ConfigureAwait(false);
            OutputMaterial.Deal(hand, products.Span.Slice(start, length), shift, frame);
            hand.Send(frame);
        }
    }
}
