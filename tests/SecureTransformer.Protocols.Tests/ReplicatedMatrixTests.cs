using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Each way to a matrix product of replicated sharings, whatever the number of rows, and across the frames in which it is computed and sent.</summary>
public class ReplicatedMatrixTests
{
    private const int Inner = 37;

    [Theory]
    [InlineData(1, 3, 50)]
    [InlineData(2, 3, 50)]
    [InlineData(3, 2, 41)]
    [InlineData(8, 2, 16)]
    [InlineData(9, 2, 16)]
    [InlineData(70, 2, 1100)]
    [InlineData(200, 1, 700)]
    [InlineData(1, 1, 70_000)]
    public async Task Products_are_exact(int rows, int matrices, int columns)
    {
        double[] left = Values(1, matrices * rows * Inner);
        double[] right = Values(2, matrices * Inner * columns);
        double[] straight = MatMul(left, right, matrices, rows, Inner, columns, false);
        double[] transposed = MatMul(left, right, matrices, rows, Inner, columns, true);
        await using LocalParties parties = LocalParties.Create(MpcProtocol.Replicated3);
        double[][][] results = await parties.RunAsync(async session =>
        {
            using SecretTensor x = await session.InputAsync(0, new TensorShape(matrices, rows, Inner), left);
            using SecretTensor y = await session.InputAsync(0, new TensorShape(matrices, Inner, columns), right);
            using SecretTensor t = await session.InputAsync(0, new TensorShape(matrices, columns, Inner), right);
            return new[]
            {
                await session.RevealAsync(await session.MatMulAsync(x, y, fractionalBits: 36)),
                await session.RevealAsync(await session.MatMulAsync(x, t, transposeRight: true, fractionalBits: 36)),
                await session.RevealAsync(await session.MatMulAsync(x, y)),
                await session.RevealAsync(await session.MatMulAsync(x, t, transposeRight: true)),
            };
        });
        foreach (double[][] r in results)
        {
            Assert.Equal(straight, r[0]);
            Assert.Equal(transposed, r[1]);
            Near(straight, r[2], Math.ScaleB(1, -18));
            Near(transposed, r[3], Math.ScaleB(1, -18));
        }
    }
}
