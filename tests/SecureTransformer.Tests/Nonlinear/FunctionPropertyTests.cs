using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

public class FunctionPropertyTests
{
    private static readonly SecretFunction[] s_everywhere = [Gelu.Erf, Gelu.Tanh, Silu.Default, Tanh.Default, Sigmoid.Default, Gelu.Puma];

    /// <summary>Half a unit of the encoding, and one of the result's last sum.</summary>
    private const double Rounding = 6e-6;

    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive)]
    public async Task Arguments_far_outside_are_as_right_as_others(MpcProtocol protocol)
    {
        double[] magnitudes = [1000, 1e5, 8191.75, 33554000, 64, 16.5, 10.5, 8.5, 4.25, 4, 3, 1.95, 0, 1.0 / (1 << 18)];
        double[] x = [.. magnitudes, .. magnitudes.Select(m => -m)];
        foreach (SecretFunction function in s_everywhere)
        {
            double[] y = await Programs.EvaluateAsync(protocol, function, x);
            Assert.All(x.Zip(y), p => Assert.True(Math.Abs(p.Second - function.Exact(p.First)) <= function.ErrorBound + Rounding, $"{function.Name}({p.First}) = {p.Second}"));
        }

        double[] negative = [.. magnitudes.Select(m => -m)];
        foreach (SecretFunction function in new[] { Exp.Default, Exp.Puma(5), Exp.Puma(8) })
        {
            double[] y = await Programs.EvaluateAsync(protocol, function, negative);
            Assert.All(negative.Zip(y), p => Assert.True(Math.Abs(p.Second - Math.Exp(p.First)) <= function.ErrorBound + Rounding, $"{function.Name}({p.First}) = {p.Second}"));
        }
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive)]
    public async Task A_dense_grid_stays_within_every_functions_bound(MpcProtocol protocol)
    {
        double[] x = [.. Enumerable.Range(-7000, 14001).Select(i => i / 512.0)];
        foreach (SecretFunction function in s_everywhere)
        {
            double[] y = await Programs.EvaluateAsync(protocol, function, x);
            Assert.True(x.Zip(y, (v, w) => Math.Abs(w - function.Exact(v))).Max() <= function.ErrorBound + Rounding, function.Name);
        }

        double[] negative = [.. Enumerable.Range(0, 10001).Select(i => -i / 512.0)];
        foreach (SecretFunction function in new[] { Exp.Default, Exp.Puma(5), Exp.Puma(8) })
        {
            double[] y = await Programs.EvaluateAsync(protocol, function, negative);
            Assert.True(negative.Zip(y, (v, w) => Math.Abs(w - Math.Exp(v))).Max() <= function.ErrorBound + Rounding, function.Name);
        }
    }

    [Fact]
    public async Task Pumas_own_are_as_far_off_as_published_and_the_defaults_are_not()
    {
        double[] x = [3, -14, -1];
        double[] gelu = await Programs.EvaluateAsync(MpcProtocol.PlaintextFixedPoint, Gelu.Puma, x);
        Assert.InRange(Math.Abs(gelu[0] - Gelu.Erf.Exact(3)), 0.004, 0.0201);
        double[] exp = await Programs.EvaluateAsync(MpcProtocol.PlaintextFixedPoint, Exp.Puma(5), [-2]);
        Assert.InRange(Math.Abs(exp[0] - Math.Exp(-2)), 0.008, 0.0086);
    }

    [Fact]
    public async Task The_benchmarks_Quad_has_other_coefficients_than_the_papers()
    {
        double[] x = [-4095, -2, -1, 0, 0.25, 3, 4095];
        double[] y = await Programs.EvaluateAsync(MpcProtocol.Additive, Gelu.QuadOfBenchmark, x);
        Assert.All(x.Zip(y), p => Assert.Equal((0.125 * p.First * p.First) + (0.5 * p.First) + 0.25, p.Second, 5e-6));
        Assert.NotEqual(Gelu.Quad.Name, Gelu.QuadOfBenchmark.Name);
    }

    [Fact]
    public async Task Quad_is_the_papers_polynomial()
    {
        double[] x = [-1000.5, -2, -1, 0, 0.25, 3, 1000.5];
        double[] y = await Programs.EvaluateAsync(MpcProtocol.Replicated3, Gelu.Quad, x);
        Assert.All(x.Zip(y), p => Assert.Equal((0.125 * p.First * p.First) + (0.25 * p.First) + 0.5, p.Second, 5e-6));
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive)]
    public async Task Symmetries_hold(MpcProtocol protocol)
    {
        double[] x = [.. Enumerable.Range(0, 801).Select(i => i / 64.0)];
        double[] both = [.. x, .. x.Select(v => -v)];
        double[] gelu = await Programs.EvaluateAsync(protocol, Gelu.Erf, both);
        double[] silu = await Programs.EvaluateAsync(protocol, Silu.Default, both);
        double[] tanh = await Programs.EvaluateAsync(protocol, Tanh.Default, both);
        double[] sigmoid = await Programs.EvaluateAsync(protocol, Sigmoid.Default, both);
        for (int i = 0; i < x.Length; i++)
        {
            int j = i + x.Length;
            Assert.Equal(x[i], gelu[i] - gelu[j], 5e-5);
            Assert.Equal(x[i], silu[i] - silu[j], 5e-5);

            // At zero both signs are the same number, which has the polynomial's error there.
            if (i > 0)
            {
                Assert.Equal(1, sigmoid[i] + sigmoid[j], 5e-5);
                Assert.Equal(0, tanh[i] + tanh[j], 5e-5);
            }
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(63)]
    [InlineData(65)]
    [InlineData(1000)]
    public async Task Sizes_and_shapes_do_not_matter(int count)
    {
        double[] x = [.. Enumerable.Range(0, count).Select(i => ((i * 37 % 101) / 10.0) - 5)];
        foreach (SecretFunction function in s_everywhere)
        {
            double[] y = await Programs.RunAsync(MpcProtocol.Replicated3, async session =>
            {
                SecretTensor result = await session.EvaluateAsync(function, await session.InputAsync(2, new TensorShape(1, count, 1), x));
                Assert.Equal(new TensorShape(1, count, 1), result.Shape);
                Assert.Equal(18, result.FractionalBits);
                return result;
            });
            Assert.All(x.Zip(y), p => Assert.Equal(function.Exact(p.First), p.Second, function.ErrorBound + Rounding));
        }
    }

    [Theory]
    [InlineData(8)]
    [InlineData(12)]
    [InlineData(16)]
    [InlineData(22)]
    [InlineData(24)]
    public async Task Other_precisions_work(int bits)
    {
        double unit = Math.ScaleB(1, -bits);
        var options = new SessionOptions { FractionalBits = bits };
        double[] x = [.. Enumerable.Range(-100, 201).Select(i => i / 16.0)];
        foreach (MpcProtocol protocol in new[] { MpcProtocol.PlaintextFixedPoint, MpcProtocol.Replicated3, MpcProtocol.Additive })
        {
            foreach (SecretFunction function in s_everywhere.Where(f => f != Gelu.Puma))
            {
                double[] y = await Programs.EvaluateAsync(protocol, function, x, options);
                Assert.All(x.Zip(y), p => Assert.Equal(function.Exact(p.First), p.Second, function.ErrorBound + (4 * unit)));
            }

            double[] softmax = await Programs.RunAsync(protocol, async s => await Softmax.EvaluateAsync(s, await s.InputAsync(0, new TensorShape(67, 3), x)), options);
            double[] exact = await Programs.RunAsync(MpcProtocol.PlaintextFloat64, async s => await Softmax.EvaluateAsync(s, await s.InputAsync(0, new TensorShape(67, 3), x)));
            Assert.All(exact.Zip(softmax), p => Assert.Equal(p.First, p.Second, 1e-4 + (4 * unit)));
        }
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive)]
    public async Task Zero_has_the_reciprocal_zero(MpcProtocol protocol)
    {
        double[] reciprocals = await Programs.EvaluateAsync(protocol, Reciprocal.Default, [0, 2]);
        double[] roots = await Programs.EvaluateAsync(protocol, InverseSquareRoot.Default, [0, 4]);
        double[] exact = await Programs.EvaluateAsync(MpcProtocol.PlaintextFloat64, Reciprocal.Default, [0, 0.5]);
        Assert.Equal(0, reciprocals[0]);
        Assert.Equal(0.5, reciprocals[1], 8e-6);
        Assert.Equal(0, roots[0]);
        Assert.Equal(0.5, roots[1], 8e-6);
        Assert.Equal([0.0, 2.0], exact);
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive)]
    public async Task Many_elements_take_another_way_to_the_same_bound(MpcProtocol protocol)
    {
        double[] x = [.. Enumerable.Range(0, 20_000).Select(i => Math.Round(Math.ScaleB(Math.Pow(1.0017, i), 0)) / (1 << 18))];
        x = [0, .. x.Where(v => v < 4_000_000)];
        foreach (SecretFunction function in new SecretFunction[] { Reciprocal.Default, InverseSquareRoot.Default })
        {
            double[] y = await Programs.EvaluateAsync(protocol, function, x);
            Assert.All(x.Zip(y), p => Assert.Equal(function.Exact(p.First), p.Second, (function.ErrorBound * function.Exact(p.First)) + Math.ScaleB(1, -18)));
        }
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFloat64)]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive)]
    public async Task Quotients_of_any_sign_are_right(MpcProtocol protocol)
    {
        double[] x = [1, -1, 7.5, -1000, 300_000, 0, 5, 0.001953125];
        double[] y = [3, 3, -0.125, -7, 1_000_000, -2, 0, -0.0078125];
        double[] q = await Programs.RunAsync(protocol, async s => await s.DivideAsync(
            await s.InputAsync(0, new TensorShape(2, 4), x), await s.InputAsync(1 % s.PartyCount, new TensorShape(2, 4), y)));
        for (int i = 0; i < x.Length; i++)
        {
            double expected = y[i] == 0 ? 0 : x[i] / y[i];
            Assert.Equal(expected, q[i], Math.ScaleB(Math.Abs(x[i]), -24) + (3e-6 * Math.Abs(expected)) + Math.ScaleB(1, -18));
        }
    }

    [Fact]
    public async Task A_narrower_comparison_that_is_too_narrow_is_refused_in_the_clear()
    {
        Assert.Equal(24, Gelu.Erf.WithWidth(24).Width);
        await Assert.ThrowsAsync<OverflowException>(() => Programs.EvaluateAsync(MpcProtocol.PlaintextFixedPoint, Gelu.Erf.WithWidth(24), [100]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Gelu.Erf.WithWidth(1));
    }

    [Fact]
    public void Ranges_and_steps_are_checked()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new Reciprocal(63));
        Assert.Throws<ArgumentOutOfRangeException>(() => new Reciprocal(20, 19));
        Assert.Throws<ArgumentOutOfRangeException>(() => new InverseSquareRoot(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => Exp.Puma(0));
        Assert.Throws<ArgumentException>(() => new PolynomialScheme(0, 0, 18));
        Assert.Throws<ArgumentException>(() => new PolynomialScheme(0, 0, 18, new PolynomialStep(36, 18, 0, [new(1, 1, 0)])));
        Assert.Throws<ArgumentException>(() => new PiecewisePolynomial("f", "test", 0, [1, 0], [[0], [1], [2]], Math.Abs));
        Assert.Throws<ArgumentException>(() => new PiecewisePolynomial("f", "test", 0, [0], [[0], [0, 0.5]], Math.Abs));
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive)]
    public async Task Functions_of_ones_own_evaluate(MpcProtocol protocol)
    {
        PiecewisePolynomial[] functions =
        [
            new("abs", "test", 1e-5, [0], [[0, -1], [0, 1]], Math.Abs),
            new("stairs", "test", 1e-5, [-2, -0.5, 1, 1.5], [[-3], [-1], [0], [0.5], [7]], v => v < -2 ? -3 : v < -0.5 ? -1 : v < 1 ? 0 : v < 1.5 ? 0.5 : 7),
            new("cubic between lines", "test", 1e-4, [-1, 2], [[2, 3], [0, 0, 0, 1], [10, -1]], v => v < -1 ? 2 + (3 * v) : v < 2 ? v * v * v : 10 - v),
            new("quintic", "test", 1e-3, [], [[1, -2, 0, 0.5, 0, 0.25]], v => 1 - (2 * v) + (0.5 * v * v * v) + (0.25 * Math.Pow(v, 5))),
            new("line", "test", 1e-5, [], [[1, -0.25]], v => 1 - (0.25 * v)),
            new("constant", "test", 1e-5, [], [[1.25]], _ => 1.25),
        ];
        double[] x = [-5, -2, -1.5, -1, -0.75, -0.5, 0, 0.25, 1, 1.25, 1.5, 2, 2.5, 5];
        foreach (PiecewisePolynomial function in functions)
        {
            double[] y = await Programs.EvaluateAsync(protocol, function, x);
            Assert.All(x.Zip(y), p => Assert.Equal(function.Exact(p.First), p.Second, function.ErrorBound));
        }
    }
}
