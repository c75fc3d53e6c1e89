namespace SecureTransformer.Numerics.Tests;

/// <summary>Packed matrices in a pool's memory.</summary>
public class PooledMatrixTests
{
    [Theory]
    [InlineData(1, 1)]
    [InlineData(13, 29)]
    [InlineData(64, 100)]
    public void A_matrix_in_pooled_memory_is_the_same_and_goes_back(int rows, int columns)
    {
        using var pool = new SecretBufferPool();
        ulong[] first = [.. Enumerable.Range(0, rows * columns).Select(i => (ulong)i * 0x9E3779B97F4A7C15)];
        ulong[] second = [.. first.Select(w => ~w * 3)];
        ulong[] x0 = [.. Enumerable.Range(0, rows).Select(i => (ulong)i * 77 + 5)];
        ulong[] x1 = [.. x0.Select(w => w * w)];
        ulong[] wanted = Multiply(null);
        Assert.Equal(0, pool.OutstandingCount);

        // The second time in memory that another matrix has used.
        Assert.Equal(wanted, Multiply(pool));
        Assert.Equal(wanted, Multiply(pool));
        Assert.Equal(0, pool.OutstandingCount);
        Assert.True(pool.IdleBytes > 0);

        using (PackedMatrix zeros = PackedMatrix.Create(2 * rows, columns, pool))
        {
            ulong[] nothing = [.. Enumerable.Repeat(1UL, columns)];
            RingMatrix.Multiply(new MatrixView(x0, 1, rows), new MatrixView(x1, 1, rows), zeros, nothing, columns);
            Assert.Equal(new ulong[columns], nothing);
        }

        ulong[] Multiply(SecretBufferPool? from)
        {
            using PackedMatrix packed = PackedMatrix.Create(2 * rows, columns, from);
            packed.WriteSum(0, 0, new MatrixView(first, rows, columns), new MatrixView(second, rows, columns));
            packed.Write(rows, 0, new MatrixView(first, rows, columns));
            Assert.Equal(from is null ? 0 : 1, pool.OutstandingCount);
            ulong[] result = new ulong[columns];
            RingMatrix.Multiply(new MatrixView(x0, 1, rows), new MatrixView(x1, 1, rows), packed, result, columns);
            return result;
        }
    }
}
