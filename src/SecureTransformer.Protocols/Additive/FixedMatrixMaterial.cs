using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols.Additive;

/// <summary>
/// Material of a product with a packed matrix [K, N], or with its transpose, whose mask B is kept by a session, this one or one it stands under: a fresh mask A of the left
/// operand, and A B or A B^T.
/// </summary>
internal sealed class FixedMatrixMaterial(int level, int number, int rows, int matrixRows, int matrixColumns, bool stoodTransposed, bool transpose, int shift) : Material
{
    public const int Kind = 4;

    public static FixedMatrixMaterial Read(ref MaterialReader reader)
    {
        int level = reader.Next(0, MatrixMaskKeys.MaxLevels - 1, "level");
        int number = reader.Next(0, int.MaxValue - 1, "number of a matrix");
        int rows = reader.NextExtent(1, "number of rows");
        int matrixRows = reader.NextExtent(rows, "number of rows of a matrix");
        int matrixColumns = reader.NextExtent(Math.Max(rows, matrixRows), "number of columns of a matrix");
        return new FixedMatrixMaterial(level, number, rows, matrixRows, matrixColumns, reader.NextFlag("arrangement"), reader.NextFlag("transposition"), reader.NextShift());
    }

    public override int[] Describe() => [Kind, level, number, rows, matrixRows, matrixColumns, stoodTransposed ? 1 : 0, transpose ? 1 : 0, shift];

    public override async ValueTask DealAsync(DealerHand hand, CancellationToken cancellationToken)
    {
        (int inner, int columns) = transpose ? (matrixColumns, matrixRows) : (matrixRows, matrixColumns);
        using SecretBuffer left = hand.Pool.Rent((long)rows * inner);
        using SecretBuffer products = hand.Pool.Rent((long)rows * columns);
        MatrixMaterial.Sum(hand, left.Span);
        PackedMatrix mask = hand.Matrices.Get((level, number), matrixRows, matrixColumns, stoodTransposed, hand.Pool, out bool kept);
        var view = new MatrixView(left.Span, rows, inner);
        if (transpose)
        {
            RingMatrix.MultiplyTransposed(view, mask, products.Span, columns, false, hand.MaxDegreeOfParallelism);
        }
        else
        {
            RingMatrix.Multiply(view, mask, products.Span, columns, false, hand.MaxDegreeOfParallelism);
        }

        if (!kept)
        {
            mask.Dispose();
        }

        await MatrixMaterial.SendAsync(hand, products, rows * columns, shift, cancellationToken).ConfigureAwait(false);
    }
}
