using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <content>Matrices that are given as runs of rows.</content>
public abstract partial class SessionContract
{
    [Theory]
    [InlineData(1, 1, 1, false)]
    [InlineData(37, 53, 10, false)]
    [InlineData(37, 53, 10, true)]
    [InlineData(100, 24, 24, true)]
    [InlineData(100, 24, 1, false)]
    public Task A_matrix_packed_run_by_run_is_the_matrix(int rows, int columns, int run, bool transposed) => RunAsync(async s =>
    {
        SecretTensor whole = await InputAsync(s, 1, new TensorShape(rows, columns));
        SecretTensor x = await InputAsync(s, 0, new TensorShape(3, transposed ? columns : rows));
        using SecretMatrix matrix = s.Pack(rows, columns, whole.FractionalBits, Runs(s, whole, run), transposed);
        using SecretMatrix expected = s.Pack(whole, transposed);
        Assert.Equal((expected.Rows, expected.Columns, expected.FractionalBits), (matrix.Rows, matrix.Columns, matrix.FractionalBits));
        double[] one = await s.RevealAsync(await s.MatMulAsync(x, matrix, false, x.FractionalBits + whole.FractionalBits));
        double[] other = await s.RevealAsync(await s.MatMulAsync(x, expected, false, x.FractionalBits + whole.FractionalBits));
        Near(other, one, 1e-12);
    });

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 37, 10)]
    [InlineData(3, 64, 24)]
    [InlineData(5, 53, 25)]
    [InlineData(9, 8, 51)]
    public Task One_arrangement_serves_a_matrix_and_its_transpose(int rows, int k, int n) => RunAsync(async s =>
    {
        SecretTensor y = await InputAsync(s, 1, new TensorShape(k, n));
        SecretTensor x = await InputAsync(s, 0, new TensorShape(rows, n));
        SecretTensor w = await InputAsync(s, 2, new TensorShape(rows, k));
        double[] transposed = MatMul(Values(0, rows * n), Values(1, k * n), 1, rows, n, k, true);
        double[] straight = MatMul(Values(2, rows * k), Values(1, k * n), 1, rows, k, n, false);
        using SecretTensor turned = s.Permute(y, 1, 0);
        foreach ((SecretTensor source, bool given) in ((SecretTensor, bool)[])[(y, false), (turned, true)])
        {
            using SecretMatrix matrix = s.Pack(source, given);
            SecretTensor product = await s.MatMulAsync(x, matrix, transposeRight: true);
            Assert.Equal((new TensorShape(rows, k), y.FractionalBits), (product.Shape, product.FractionalBits));
            Near(transposed, await s.RevealAsync(product), Tolerance);
            Near(transposed, await s.RevealAsync(await s.MatMulAsync(x, matrix, true, 2 * y.FractionalBits)), 1e-9);
            Near(straight, await s.RevealAsync(await s.MatMulAsync(w, matrix)), Tolerance);

            // All axes of the left tensor but the last are rows.
            using SecretTensor line = s.Reshape(x, new TensorShape(rows, 1, n));
            Assert.Equal(new TensorShape(rows, 1, k), (await s.MatMulAsync(line, matrix, transposeRight: true)).Shape);
        }
    });

    [Fact]
    public Task Runs_that_are_no_matrix_are_refused_and_freed() => RunAsync(async s =>
    {
        SecretTensor whole = await InputAsync(s, 1, new TensorShape(6, 4));
        int before = s.OutstandingBuffers;
        int bits = whole.FractionalBits;
        Assert.Throws<ArgumentException>(() => s.Pack(7, 4, bits, Runs(s, whole, 2)));
        Assert.Throws<ArgumentException>(() => s.Pack(5, 4, bits, Runs(s, whole, 2)));
        Assert.Throws<ArgumentException>(() => s.Pack(6, 5, bits, Runs(s, whole, 2)));
        Assert.Throws<ArgumentException>(() => s.Pack(6, 4, bits - 1, Runs(s, whole, 2)));
        Assert.Throws<ArgumentOutOfRangeException>(() => s.Pack(0, 4, bits, []));
        Assert.Throws<ArgumentNullException>(() => s.Pack(6, 4, bits, null!));
        Assert.Throws<InvalidOperationException>(() => s.Pack(6, 4, bits, Failing()));
        Assert.Equal(before, s.OutstandingBuffers);

        IEnumerable<SecretTensor> Failing()
        {
            yield return Copy(s, whole, 0, 3);
            throw new InvalidOperationException("the source failed");
        }
    });

    private static IEnumerable<SecretTensor> Runs(MpcSession session, SecretTensor whole, int run)
    {
        for (int start = 0; start < whole.Shape[0]; start += run)
        {
            yield return Copy(session, whole, start, Math.Min(run, whole.Shape[0] - start));
        }
    }

    private static SecretTensor Copy(MpcSession session, SecretTensor whole, int start, int length)
    {
        using SecretTensor view = session.Slice(whole, 0, start, length);
        return session.Concatenate([view], 0);
    }
}
