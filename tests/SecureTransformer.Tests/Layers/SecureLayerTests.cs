using SecureTransformer.Architectures;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;

namespace SecureTransformer.Layers;

public sealed class SecureLayerTests
{
    [Fact]
    public async Task A_linear_layer_is_a_product_and_a_bias_for_any_leading_axes()
    {
        await using var session = new PlaintextSession();
        using var linear = new SecureLinear(session.Pack(await Input(session, [2, 3], 1, 2, 3, 4, 5, 6)), await Input(session, [3], 10, 20, 30));
        Assert.Equal((2, 3), (linear.InputSize, linear.OutputSize));
        SecretTensor y = await linear.ForwardAsync(session, await Input(session, [2, 1, 2], 1, 1, -1, 2));
        Assert.Equal(new TensorShape(2, 1, 3), y.Shape);
        double[] values = Rounded(await session.RevealAsync(y));
        Assert.Equal([15, 27, 39, 17, 28, 39], values);
        await Assert.ThrowsAsync<ArgumentException>(async () => await linear.ForwardAsync(session, await Input(session, [1, 3], 1, 1, 1)));
    }

    [Fact]
    public async Task Layers_that_do_not_fit_together_are_refused()
    {
        await using var session = new Float64Session();
        Assert.Throws<ArgumentException>("bias", () => new SecureLinear(Matrix(2, 3), session.Constant(new TensorShape(2), 0)));
        Assert.Throws<ArgumentException>("bias", () => new SecureLinear(Matrix(2, 3), session.Constant(new TensorShape(3), 0, 0)));
        Assert.Throws<ArgumentException>("bias", () => new SecureLayerNorm(session.Constant(new TensorShape(3), 0), session.Constant(new TensorShape(4), 0), 1e-5));
        Assert.Throws<ArgumentException>("heads", () => new SecureAttention(Linear(6, 18), Linear(6, 6), 4));
        Assert.Throws<ArgumentException>("heads", () => new SecureAttention(Linear(6, 12), Linear(6, 6), 2));
        Assert.Throws<ArgumentOutOfRangeException>("heads", () => new SecureAttention(Linear(6, 18), Linear(6, 6), 0));
        Assert.Throws<ArgumentException>("down", () => new SecureFeedForward(Linear(6, 12), Relu.Default, Linear(13, 6)));
        using var embedding = new SecureEmbedding(Matrix(4, 3));
        await Assert.ThrowsAsync<ArgumentException>("oneHot", async () => await embedding.ForwardAsync(session, session.Constant(new TensorShape(1, 4), 0)));
        await Assert.ThrowsAsync<ArgumentException>(async () => await embedding.ForwardAsync(session, session.Constant(new TensorShape(1, 5), 0, 0)));

        SecretMatrix Matrix(int rows, int columns) => session.Pack(session.Constant(new TensorShape(rows, columns), 0));

        SecureLinear Linear(int from, int to) => new(Matrix(from, to), null);
    }

    [Fact]
    public async Task An_embedding_is_exact_in_fixed_point()
    {
        await using var session = new PlaintextSession();
        double unit = Math.ScaleB(1, -session.FractionalBits);
        double[] table = [.. Enumerable.Range(0, 15).Select(i => (i - 7) * unit)];
        using var embedding = new SecureEmbedding(session.Pack(await Input(session, [5, 3], table)));
        SecretTensor oneHot = await session.InputAsync(0, new TensorShape(2, 5), BertRuns.OneHot([4, 1], 5), 0);
        double[] rows = await session.RevealAsync(await embedding.ForwardAsync(session, oneHot));
        Assert.Equal([.. table[12..], .. table[3..6]], rows);
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFloat64, 1e-12)]
    [InlineData(MpcProtocol.PlaintextFixedPoint, 1e-4)]
    [InlineData(MpcProtocol.Replicated3, 1e-4)]
    [InlineData(MpcProtocol.Additive, 1e-4)]
    public async Task An_embedding_scores_rows_as_a_layer_of_its_own_would(MpcProtocol protocol, double tolerance)
    {
        const int vocabulary = 53;
        const int width = 26;
        const int count = 3;
        await using var parties = LocalParties.Create(protocol);
        await parties.RunAsync(async session =>
        {
            using var random = new SeededValues(7503);
            SecretTensor table = await Input(session, [vocabulary, width], random.Normals(vocabulary * width, 0.5));
            SecretTensor x = await Input(session, [1, count, width], random.Normals(count * width, 1));
            int before = session.OutstandingBuffers;
            var embedding = new SecureEmbedding(session.Pack(table));
            Assert.Equal(vocabulary, embedding.Rows);
            using (embedding)
            using (var head = new SecureLinear(session.Pack(table, transposed: true), null))
            using (SecretTensor logits = await embedding.LogitsAsync(session, x))
            using (SecretTensor expected = await head.ForwardAsync(session, x))
            {
                Assert.Equal(new TensorShape(1, count, vocabulary), logits.Shape);
                double[] wanted = await session.RevealAsync(expected);
                double[] found = await session.RevealAsync(logits);
                Assert.All(wanted.Zip(found), pair => Assert.InRange(pair.Second, pair.First - tolerance, pair.First + tolerance));
                using SecretTensor wrong = session.Permute(table, 1, 0);
                await Assert.ThrowsAsync<ArgumentException>(async () => await embedding.LogitsAsync(session, wrong));
            }

            Assert.Equal(before, session.OutstandingBuffers);
        });
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFloat64, 1e-12)]
    [InlineData(MpcProtocol.PlaintextFixedPoint, 1e-3)]
    [InlineData(MpcProtocol.Replicated3, 1e-3)]
    [InlineData(MpcProtocol.Additive, 1e-3)]
    public async Task Masked_positions_are_as_if_they_were_not_there(MpcProtocol protocol, double tolerance)
    {
        const int length = 7;
        const int width = 12;
        bool[] keep = [true, false, true, true, false, true, false];
        int[] kept = [0, 2, 3, 5];
        await using var parties = LocalParties.Create(protocol);
        await parties.RunAsync(async session =>
        {
            using var random = new SeededValues(7501);
            using SecureAttention attention = await AttentionAsync(session, random, width);
            SecretTensor x = await Input(session, [length, width], random.Normals(length * width, 1));
            double[] probabilities = [];
            SecretTensor masked = await attention.ForwardAsync(session, x, null, keep, async (name, tensor) =>
            {
                if (name == "attention/probabilities")
                {
                    probabilities = await session.RevealAsync(tensor);
                }
            });
            SecretTensor bare = await attention.ForwardAsync(session, session.GatherRows(x, kept));
            double[] expected = await session.RevealAsync(bare);
            Assert.True(BertRuns.LargestDifference(expected, await session.RevealAsync(session.GatherRows(masked, kept))) <= tolerance);
            Assert.Equal(3 * length * length, probabilities.Length);
            Assert.All(probabilities.Index(), p => Assert.True(keep[p.Index % length] ? p.Item > 0 : p.Item == 0));

            // The same mask spelled out for each of the first two rows, which alone are computed.
            SecretTensor first = await attention.ForwardAsync(session, x, 2, [.. keep, .. keep]);
            double[] all = await session.RevealAsync(masked);
            Assert.True(BertRuns.LargestDifference(all[..(2 * width)], await session.RevealAsync(first)) <= tolerance);
        });
    }

    [Fact]
    public async Task A_block_computes_the_rows_that_are_wanted_and_no_others()
    {
        await using var session = new Float64Session();
        using var random = new SeededValues(7502);
        using SecureTransformerBlock block = new(
            await AttentionAsync(session, random, 12),
            new SecureLayerNorm(await Input(session, [12], random.Normals(12, 0.1, 1)), await Input(session, [12], random.Normals(12, 0.1)), 1e-5),
            new SecureFeedForward(await LinearAsync(session, random, 12, 20), Gelu.Erf, await LinearAsync(session, random, 20, 12)),
            new SecureLayerNorm(await Input(session, [12], random.Normals(12, 0.1, 1)), await Input(session, [12], random.Normals(12, 0.1)), 1e-5));
        SecretTensor x = await Input(session, [5, 12], random.Normals(60, 1));
        double[] all = await session.RevealAsync(await block.ForwardAsync(session, x));
        for (int rows = 1; rows <= 5; rows++)
        {
            SecretTensor some = await block.ForwardAsync(session, x, rows);
            Assert.Equal(new TensorShape(rows, 12), some.Shape);
            Assert.True(BertRuns.LargestDifference(all[..(rows * 12)], await session.RevealAsync(some)) <= 1e-12);
        }

        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("rows", async () => await block.ForwardAsync(session, x, 0));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>("rows", async () => await block.ForwardAsync(session, x, 6));
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFloat64)]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive)]
    public async Task Relu_is_exact(MpcProtocol protocol)
    {
        await using var parties = LocalParties.Create(protocol);
        double unit = Math.ScaleB(1, -18);
        double[][] results = await parties.RunAsync(async session =>
            await session.RevealAsync(await session.EvaluateAsync(Relu.Default, await Input(session, [2, 3], -1000, -unit, 0, unit, 2.5, 30000))));
        Assert.All(results, r => Assert.Equal([0, 0, 0, unit, 2.5, 30000], r));
    }

    private static async Task<SecureAttention> AttentionAsync(MpcSession session, SeededValues random, int width) =>
        new(await LinearAsync(session, random, width, 3 * width), await LinearAsync(session, random, width, width), 3);

    private static async Task<SecureLinear> LinearAsync(MpcSession session, SeededValues random, int from, int to) => new(
        session.Pack(await Input(session, [from, to], random.Normals(from * to, 0.3))),
        await Input(session, [to], random.Normals(to, 0.1)));

    private static ValueTask<SecretTensor> Input(MpcSession session, long[] shape, params double[] values) => session.InputAsync(0, new TensorShape(shape), values);

    private static double[] Rounded(double[] values) => [.. values.Select(v => Math.Round(v, 4))];
}
