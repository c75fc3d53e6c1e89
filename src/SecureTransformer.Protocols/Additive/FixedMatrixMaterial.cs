using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;

namespace SecureTransformer.Protocols.Additive;

/// <summary>Material of a product with a matrix whose mask B the session keeps: a fresh mask A of the left operand, and A B.</summary>
internal sealed class FixedMatrixMaterial(int matrix, int rows, int inner, int columns, bool transposed, int shift) : Material
{
    public const int Kind = 4;

    public static FixedMatrixMaterial Read(ref MaterialReader reader)
    {
        int matrix = reader.Next(0, int.MaxValue - 1, "matrix");
        int rows = reader.NextExtent(1, "number of rows");
        int inner = reader.NextExtent(rows, "inner extent");
        int columns = reader.NextExtent(Math.Max(rows, inner), "number of columns");
        return new FixedMatrixMaterial(matrix, rows, inner, columns, reader.NextFlag("transposition"), reader.NextShift());
    }

    public override int[] Describe() => [Kind, matrix, rows, inner, columns, transposed ? 1 : 0, shift];

    /// <summary>A party: takes its share of B away from a run of its share of the matrix, which is then to be opened.</summary>
    public static void Mask(AesCtrPrg share, SecretBufferPool pool, Span<ulong> run)
    {
        using SecretBuffer mask = pool.Rent(run.Length);
        share.Fill(mask.Span);
        RingKernels.SubtractInto<ulong>(run, mask.Span);
    }

    public override async ValueTask DealAsync(DealerHand hand, CancellationToken cancellationToken)
    {
        using SecretBuffer left = hand.Pool.Rent((long)rows * inner);
        using SecretBuffer products = hand.Pool.Rent((long)rows * columns);
        MatrixMaterial.Sum(hand, left.Span);
        PackedMatrix mask = hand.Matrices.Get(matrix, inner, columns, transposed, hand.Pool, out bool kept);
        RingMatrix.Multiply(new MatrixView(left.Span, rows, inner), mask, products.Span, columns, false, hand.MaxDegreeOfParallelism);
        if (!kept)
        {
            mask.Dispose();
        }

        await MatrixMaterial.SendAsync(hand, products, rows * columns, shift, cancellationToken).ConfigureAwait(false);
    }
}
