using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

public class RowPropertyTests
{
    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive)]
    public async Task Softmax_rows_sum_to_one_and_ignore_a_common_offset(MpcProtocol protocol)
    {
        const int Rows = 5;
        const int Columns = 37;
        double[] x = [.. Enumerable.Range(0, Rows * Columns).Select(i => (i * 7919 % 1009 / 100.0) - 5)];
        double[] shifted = [.. x.Select(v => v + 1000)];
        var shape = new TensorShape(Rows, Columns);
        double[] y = await Programs.RunAsync(protocol, async s => await Softmax.EvaluateAsync(s, await s.InputAsync(0, shape, x)));
        double[] z = await Programs.RunAsync(protocol, async s => await Softmax.EvaluateAsync(s, await s.InputAsync(0, shape, shifted)));
        Assert.All(y.Chunk(Columns), row => Assert.Equal(1, row.Sum(), 2e-3));
        Assert.All(y.Zip(z), p => Assert.Equal(p.First, p.Second, 4e-5));
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive)]
    public async Task Causal_masks_leave_the_future_out(MpcProtocol protocol)
    {
        const int Heads = 2;
        const int Length = 9;
        bool[] causal = [.. Enumerable.Range(0, Length * Length).Select(i => i % Length <= i / Length)];
        double[] x = [.. Enumerable.Range(0, Heads * Length * Length).Select(i => causal[i % causal.Length] ? (i * 31 % 17 / 4.0) - 2 : 1000)];
        var shape = new TensorShape(Heads, Length, Length);
        double[] expected = await Programs.RunAsync(MpcProtocol.PlaintextFloat64, async s => await Softmax.EvaluateAsync(s, await s.InputAsync(0, shape, x), causal));
        double[] y = await Programs.RunAsync(protocol, async s => await Softmax.EvaluateAsync(s, await s.InputAsync(0, shape, x), causal));
        Assert.All(expected.Zip(y), p => Assert.Equal(p.First, p.Second, 0.0002));
        for (int i = 0; i < y.Length; i++)
        {
            if (!causal[i % causal.Length])
            {
                Assert.Equal(0, y[i]);
                Assert.Equal(0, expected[i]);
            }
        }

        for (int row = 0; row < y.Length; row += Length)
        {
            double[] sum = [.. Enumerable.Range(row, Length).Where(i => causal[i % causal.Length]).Select(i => Math.Exp(x[i]))];
            Assert.Equal(Math.Exp(x[row]) / sum.Sum(), expected[row], 1e-12);
        }
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFloat64, 0)]
    [InlineData(MpcProtocol.PlaintextFixedPoint, 0.0002)]
    [InlineData(MpcProtocol.Replicated3, 0.0002)]
    [InlineData(MpcProtocol.Additive, 0.0002)]
    public async Task Rows_that_keep_one_position_are_one_there(MpcProtocol protocol, double bar)
    {
        // Rows of one, two, one and three kept positions; then masks of which every row keeps one.
        double[] x = [7, 900, 800, 1, 2, -900, 3, 4, 5, -1, -1, -1];
        var shape = new TensorShape(4, 3);
        bool[] some = [true, false, false, true, true, false, false, false, true, true, true, true];
        double[] y = await Programs.RunAsync(protocol, async s => await Softmax.EvaluateAsync(s, await s.InputAsync(0, shape, x), some));
        Assert.Equal([1.0, 0, 0, 0, 0, 1], [.. y[..3], .. y[6..9]]);
        Assert.Equal(1 / (1 + Math.E), y[3], bar + 1e-12);
        Assert.Equal(0, y[5]);
        Assert.All(y[9..], v => Assert.Equal(1.0 / 3, v, bar + 1e-12));

        bool[] one = [false, true, false, true, false, false];
        double[] z = await Programs.RunAsync(protocol, async s => await Softmax.EvaluateAsync(s, await s.InputAsync(0, shape, x), one));
        Assert.Equal([0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0], z);
    }

    [Fact]
    public async Task Rows_that_keep_one_position_cost_nothing()
    {
        double[] x = new double[64 * 8];
        bool[] causal = [.. Enumerable.Range(0, 64).Select(i => i % 8 <= i / 8)];
        bool[] filled = [.. causal, .. Enumerable.Range(0, 7 * 64).Select(i => i % 8 == 3)];
        FunctionCost alone = await FunctionCost.MeasureAsync(MpcProtocol.Replicated3, new TensorShape(8, 8), x[..64], async (s, t) => await Softmax.EvaluateAsync(s, t, causal));
        FunctionCost padded = await FunctionCost.MeasureAsync(MpcProtocol.Replicated3, new TensorShape(64, 8), x, async (s, t) => await Softmax.EvaluateAsync(s, t, filled));
        FunctionCost nothing = await FunctionCost.MeasureAsync(MpcProtocol.Replicated3, new TensorShape(56, 8), x[64..], async (s, t) => await Softmax.EvaluateAsync(s, t, filled[64..]));
        Assert.True(alone.Bytes > 0);
        Assert.Equal(alone, padded);
        Assert.Equal(new FunctionCost(0, 0), nothing);
    }

    [Fact]
    public async Task A_secret_mask_is_broadcast_and_may_leave_nothing()
    {
        double[] x = [1, 2, 3, -1, 5, 1000];
        double[] y = await Programs.RunAsync(MpcProtocol.Replicated3, async s => await Softmax.EvaluateAsync(
            s, await s.InputAsync(0, new TensorShape(2, 3), x), await s.InputAsync(1, new TensorShape(3), new double[] { 1, 1, 0 }, 0)));
        Assert.Equal(Math.E / (1 + Math.E), y[1], 0.0002);
        Assert.Equal(1 / (1 + Math.Exp(6)), y[3], 0.0002);
        Assert.Equal([0.0, 0.0], [y[2], y[5]]);
        double[] none = await Programs.RunAsync(MpcProtocol.PlaintextFixedPoint, async s => await Softmax.EvaluateAsync(
            s, await s.InputAsync(0, new TensorShape(2, 3), x), await s.InputAsync(0, new TensorShape(3), new double[3], 0)));
        Assert.All(none, v => Assert.Equal(0, v));
    }

    [Fact]
    public async Task Masks_that_do_not_fit_are_refused()
    {
        double[] x = [1, 2, 3, 4, 5, 6];
        foreach (bool[] mask in new bool[][] { [true, false], [false, false, false], [true, true, true, false, false, false], [] })
        {
            await Assert.ThrowsAsync<ArgumentException>(() => Programs.RunAsync(
                MpcProtocol.PlaintextFixedPoint, async s => await Softmax.EvaluateAsync(s, await s.InputAsync(0, new TensorShape(2, 3), x), mask)));
        }

        await Assert.ThrowsAsync<ArgumentException>(() => Programs.RunAsync(MpcProtocol.PlaintextFixedPoint, async s =>
        {
            SecretTensor input = await s.InputAsync(0, new TensorShape(2, 3), x);
            return await Softmax.EvaluateAsync(s, input, input);
        }));
    }

    [Theory]
    [InlineData("layer_norm", MpcProtocol.PlaintextFixedPoint)]
    [InlineData("layer_norm", MpcProtocol.Replicated3)]
    [InlineData("layer_norm", MpcProtocol.Additive)]
    [InlineData("rms_norm", MpcProtocol.PlaintextFixedPoint)]
    [InlineData("rms_norm", MpcProtocol.Replicated3)]
    [InlineData("rms_norm", MpcProtocol.Additive)]
    public async Task Norms_hold_with_one_entry_of_3000_and_with_tiny_variance(string function, MpcProtocol protocol)
    {
        foreach (int n in new[] { 13, 64, 768, 2048 })
        {
            double[] row = [.. Enumerable.Range(0, n).Select(i => Math.Sin(i * 1.7) + (0.3 * Math.Cos(i * 0.37)))];
            double[] spike = [.. row];
            spike[n / 2] = 3000;
            double[] negative = [.. row.Select(v => v + 40)];
            negative[0] = -3000;
            double[] small = [.. row.Select(v => Math.Round(Math.ScaleB(v * 0.003, 18)) / (1 << 18))];
            double[] x = [.. row, .. spike, .. negative, .. small];
            double[] weight = [.. Enumerable.Range(0, n).Select(i => 1 + (i % 5 / 8.0))];
            double[] bias = [.. Enumerable.Range(0, n).Select(i => (i % 7 / 8.0) - 0.5)];
            double[] expected = await RowFunctionTests.RunAsync(MpcProtocol.PlaintextFloat64, function, x, weight, bias, 1e-12);
            double[] actual = await RowFunctionTests.RunAsync(protocol, function, x, weight, bias, 1e-12);
            for (int r = 0; r < 4; r++)
            {
                double worst = Enumerable.Range(r * n, n).Max(i => Math.Abs(expected[i] - actual[i]));
                Assert.True(worst <= 0.001, $"n = {n}, row {r}: {worst}");
            }
        }
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive)]
    public async Task Rows_of_equal_entries_give_the_bias(MpcProtocol protocol)
    {
        foreach (int n in new[] { 1, 2, 12, 100 })
        {
            double[] x = [.. Enumerable.Repeat(0.7001953125, n), .. Enumerable.Repeat(-31.0, n), .. new double[n]];
            double[] bias = [.. Enumerable.Range(0, n).Select(i => (i / 4.0) - 3)];
            foreach (double eps in new[] { 0, 1e-12, 1e-5 })
            {
                double[] y = await RowFunctionTests.RunAsync(protocol, "layer_norm", x, [.. Enumerable.Repeat(1.5, n)], bias, eps);
                for (int i = 0; i < y.Length; i++)
                {
                    Assert.Equal(bias[i % n], y[i]);
                }
            }
        }
    }

    [Fact]
    public async Task Norms_without_weight_and_bias_and_at_other_precisions_work()
    {
        double[] x = [1, -2, 3.5, 0.25, 7, -1, 2, 2];
        foreach (int bits in new[] { 12, 16, 22, 24 })
        {
            foreach (MpcProtocol protocol in new[] { MpcProtocol.PlaintextFixedPoint, MpcProtocol.Replicated3, MpcProtocol.Additive })
            {
                var options = new SessionOptions { FractionalBits = bits };
                double[] layer = await Programs.RunAsync(protocol, async s => await LayerNorm.EvaluateAsync(s, await s.InputAsync(0, new TensorShape(2, 4), x), null, null, 1e-5), options);
                double[] rms = await Programs.RunAsync(protocol, async s => await RmsNorm.EvaluateAsync(s, await s.InputAsync(0, new TensorShape(2, 4), x), null, 1e-5), options);
                for (int r = 0; r < 2; r++)
                {
                    double[] row = x[(4 * r)..((4 * r) + 4)];
                    double deviation = Math.Sqrt(row.Average(v => (v - row.Average()) * (v - row.Average())) + 1e-5);
                    double root = Math.Sqrt(row.Average(v => v * v) + 1e-5);
                    for (int i = 0; i < 4; i++)
                    {
                        Assert.Equal((row[i] - row.Average()) / deviation, layer[(4 * r) + i], 3 * Math.ScaleB(1, -Math.Min(bits, 18)));
                        Assert.Equal(row[i] / root, rms[(4 * r) + i], 3 * Math.ScaleB(1, -Math.Min(bits, 18)));
                    }
                }
            }
        }
    }
}
