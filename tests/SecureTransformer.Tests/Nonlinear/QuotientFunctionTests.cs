using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>2Quad and 2ReLU: rows of numerators over their sums.</summary>
public class QuotientFunctionTests
{
    private const double Unit = 1.0 / (1 << 18);

    public static TheoryData<string, MpcProtocol> Functions
    {
        get
        {
            var rows = new TheoryData<string, MpcProtocol>();
            foreach (string name in new[] { "2quad", "2relu" })
            {
                foreach (MpcProtocol protocol in new[] { MpcProtocol.PlaintextFloat64, MpcProtocol.PlaintextFixedPoint, MpcProtocol.Replicated3, MpcProtocol.Additive })
                {
                    rows.Add(name, protocol);
                }
            }

            return rows;
        }
    }

    /// <summary>The bar is 1%; a tenth of that, where the result's 18 fractional bits have it.</summary>
    [Theory]
    [MemberData(nameof(Functions))]
    public async Task Sums_from_a_64th_to_a_million_are_divided_right_in_rows_of_any_length(string name, MpcProtocol protocol)
    {
        foreach (int columns in new[] { 128, 512, 2048 })
        {
            double[] sums = [.. Enumerable.Range(-6, 27).Select(e => Math.ScaleB(name == "2relu" && e == -6 ? 0 : 0.999, e))];
            double[] x = [.. sums.SelectMany(sum => RowOf(name, sum, columns))];
            var shape = new TensorShape(sums.Length, columns);
            double[] y = await Programs.RunAsync(protocol, async s => await Of(name).EvaluateAsync(s, await s.InputAsync(0, shape, x)));
            for (int row = 0; row < sums.Length; row++)
            {
                double[] expected = Exact(name, x[(row * columns)..((row + 1) * columns)], null);
                double[] actual = y[(row * columns)..((row + 1) * columns)];
                double[] errors = [.. expected.Zip(actual, (e, a) => a - e)];
                string where = $"{name} of {columns}, a sum of {sums[row]}";
                Assert.All(errors.Zip(expected), p => Assert.True(Math.Abs(p.First) <= (0.001 * p.Second) + (1.1 * Unit), $"{where}: {p.Second} is off by {p.First}"));
                Assert.True(Norm(errors) <= 0.01 * Norm(expected), $"{where}: relative error {Norm(errors) / Norm(expected)}");
                Assert.True(Math.Abs(actual.Sum() - 1) <= 0.01, $"{where}: the row sums to {actual.Sum()}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task Masks_of_columns_and_of_rows_leave_exact_zeros(string name, MpcProtocol protocol)
    {
        const int Heads = 2;
        const int Length = 9;
        bool[] causal = [.. Enumerable.Range(0, Length * Length).Select(i => i % Length <= i / Length)];
        bool[] columns = [.. Enumerable.Range(0, Length).Select(i => i % 4 != 1)];
        bool[] rowEach = [.. Enumerable.Range(0, Heads * Length * Length).Select(i => i * 7 % 5 != 0)];
        var shape = new TensorShape(Heads, Length, Length);
        foreach (bool[] keep in new[] { causal, columns, rowEach })
        {
            double[] x = [.. Enumerable.Range(0, Heads * Length * Length).Select(i => keep[i % keep.Length] ? (i * 31 % 17 / 4.0) - 2 : 900)];
            double[] y = await Programs.RunAsync(protocol, async s => await Of(name).EvaluateAsync(s, await s.InputAsync(0, shape, x), keep));
            Require(name, x, keep, Length, y, protocol);
            if (keep == columns)
            {
                double[] padded = await Programs.RunAsync(protocol, async s => await Of(name).EvaluatePaddedAsync(s, await s.InputAsync(0, shape, x), keep));
                Require(name, x, keep, Length, padded, protocol);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task One_position_is_one_whatever_its_score(string name, MpcProtocol protocol)
    {
        double[] single = await Programs.RunAsync(protocol, async s => await Of(name).EvaluateAsync(s, await s.InputAsync(0, new TensorShape(3, 1), new[] { -5.0, -4.999, 2 })));
        Assert.Equal([1.0, 1, 1], single);
        bool[] keep = [false, true, false];
        double[] x = [9, -5, 9, 1, -4.999, 1];
        var shape = new TensorShape(2, 3);
        double[] left = await Programs.RunAsync(protocol, async s => await Of(name).EvaluateAsync(s, await s.InputAsync(0, shape, x), keep));
        Assert.Equal([0.0, 1, 0, 0, 1, 0], left);
        double[] padded = await Programs.RunAsync(protocol, async s => await Of(name).EvaluatePaddedAsync(s, await s.InputAsync(0, shape, x), keep));
        Assert.Equal([0.0, 1, 0, 0, 1, 0], padded);
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task Rows_that_keep_one_position_are_one_there(string name, MpcProtocol protocol)
    {
        double[] x = [7, 900, 800, 1, 2, -900, 3, 4, 5, -1, -1, -1];
        var shape = new TensorShape(4, 3);
        bool[] some = [true, false, false, true, true, false, false, false, true, true, true, true];
        double[] y = await Programs.RunAsync(protocol, async s => await Of(name).EvaluateAsync(s, await s.InputAsync(0, shape, x), some));
        Assert.Equal([1.0, 0, 0, 0, 0, 1], [.. y[..3], .. y[6..9]]);
        Require(name, x, some, 3, y, protocol);

        bool[] one = [false, true, false, true, false, false];
        double[] z = await Programs.RunAsync(protocol, async s => await Of(name).EvaluateAsync(s, await s.InputAsync(0, shape, x), one));
        Assert.Equal([0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0, 0], z);
    }

    [Theory]
    [MemberData(nameof(Functions))]
    public async Task Rows_with_nothing_to_divide_are_zero_or_uniform(string name, MpcProtocol protocol)
    {
        double[] x = [.. Enumerable.Repeat(-TwoQuad.Offset, 8)];
        double[] y = await Programs.RunAsync(protocol, async s => await Of(name).EvaluateAsync(s, await s.InputAsync(0, new TensorShape(2, 4), x)));

        // 0 / 0 has no value in float64.
        if (name == "2relu" || protocol != MpcProtocol.PlaintextFloat64)
        {
            Assert.All(y, v => Assert.Equal(name == "2relu" ? 0.25 : 0, v, Unit));
        }
    }

    [Theory]
    [InlineData("2quad")]
    [InlineData("2relu")]
    public async Task Other_precisions_work(string name)
    {
        double[] x = [1, -2, 3.5, 0.25, 7, -1, 2, -6];
        foreach (int bits in new[] { 8, 12, 14, 16, 22, 24 })
        {
            foreach (MpcProtocol protocol in new[] { MpcProtocol.PlaintextFixedPoint, MpcProtocol.Replicated3, MpcProtocol.Additive })
            {
                double[] y = await Programs.RunAsync(
                    protocol, async s => await Of(name).EvaluateAsync(s, await s.InputAsync(0, new TensorShape(2, 4), x)), new SessionOptions { FractionalBits = bits });
                for (int i = 0; i < x.Length; i++)
                {
                    Assert.Equal(Exact(name, x[(i / 4 * 4)..((i / 4 * 4) + 4)], null)[i % 4], y[i], 3 * Math.ScaleB(1, -Math.Min(bits, 18)));
                }
            }
        }
    }

    [Theory]
    [InlineData("2quad")]
    [InlineData("2relu")]
    public async Task A_padded_row_costs_what_its_shape_does(string name)
    {
        double[] x = [.. Enumerable.Range(0, 128).Select(i => i % 13 / 4.0)];
        FunctionCost[] costs = await Task.WhenAll(new[] { 1, 5, 16 }.Select(kept => FunctionCost.MeasureAsync(
            MpcProtocol.Replicated3, new TensorShape(8, 16), x, async (s, t) => await Of(name).EvaluatePaddedAsync(s, t, [.. Enumerable.Range(0, 16).Select(i => i < kept)]))));
        Assert.True(costs[0].Bytes > 0);
        Assert.All(costs, cost => Assert.Equal(costs[0], cost));
    }

    [Theory]
    [InlineData("2quad")]
    [InlineData("2relu")]
    public async Task Masks_that_do_not_fit_are_refused(string name)
    {
        double[] x = [1, 2, 3, 4, 5, 6];
        foreach (bool[] mask in new bool[][] { [true, false], [false, false, false], [true, true, true, false, false, false], [] })
        {
            await Assert.ThrowsAsync<ArgumentException>(() => Programs.RunAsync(
                MpcProtocol.PlaintextFixedPoint, async s => await Of(name).EvaluateAsync(s, await s.InputAsync(0, new TensorShape(2, 3), x), mask)));
        }

        await Assert.ThrowsAsync<ArgumentException>(() => Programs.RunAsync(
            MpcProtocol.PlaintextFixedPoint, async s => await Of(name).EvaluatePaddedAsync(s, await s.InputAsync(0, new TensorShape(2, 3), x), [true, true, true, true, true, true])));
    }

    [Fact]
    public async Task Calibration_sees_squares_that_leave_the_range()
    {
        var seen = new Ranges();
        double[] x = [8192, 1, 2, 3];
        await Programs.RunAsync(
            MpcProtocol.PlaintextFloat64, async s => await TwoQuad.Default.EvaluateAsync(s, await s.InputAsync(0, new TensorShape(1, 4), x)), new SessionOptions { Ranges = seen });
        Assert.Contains(seen.All, range => !range.Fits);
        await Assert.ThrowsAnyAsync<Exception>(() => Programs.RunAsync(
            MpcProtocol.PlaintextFixedPoint, async s => await TwoQuad.Default.EvaluateAsync(s, await s.InputAsync(0, new TensorShape(1, 4), x))));
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive)]
    public async Task Softmax_by_Pumas_exponential_is_near_softmax(MpcProtocol protocol)
    {
        RowFunction puma = Softmax.Puma(5);
        Assert.Equal("softmax_puma_5", puma.Name);
        double worst = 0;
        foreach ((string name, double[] x, bool[] mask, double[] y) in ReferenceFunctions.Default.SoftmaxRows())
        {
            double[] actual = await Programs.RunAsync(protocol, async s => await puma.EvaluateAsync(s, await s.InputAsync(0, new TensorShape(x.Length), x), mask));
            worst = Math.Max(worst, y.Zip(actual, (e, a) => Math.Abs(e - a)).Max());
            Assert.All(Enumerable.Range(0, x.Length).Where(i => !mask[i]), i => Assert.Equal(0, actual[i]));
        }

        // Another function than the default's, whose error is below 2e-4.
        Assert.InRange(worst, 2e-4, 0.04);
    }

    private static RowFunction Of(string name) => name == "2quad" ? TwoQuad.Default : TwoRelu.Default;

    /// <summary>Scores, exact in 18 fractional bits, whose numerators have about the sum, some of them twice others and some small.</summary>
    private static double[] RowOf(string name, double sum, int columns)
    {
        double[] parts = [.. Enumerable.Range(0, columns).Select(i => 1.0 + (i * 7 % 5))];
        double scale = sum / parts.Sum();
        return name == "2quad"
            ? [.. parts.Select((p, i) => Rounded(((i % 3 == 0 ? -1 : 1) * Math.Sqrt(p * scale)) - TwoQuad.Offset))]
            : [.. parts.Select((p, i) => Rounded(i % 3 == 0 ? -p : p * scale))];

        static double Rounded(double value) => Math.Round(Math.ScaleB(value, 18)) * Unit;
    }

    private static double[] Exact(string name, double[] row, bool[]? keep)
    {
        int kept = keep?.Count(k => k) ?? row.Length;
        double[] numerators =
        [
            .. row.Select((v, i) => keep?[i] == false ? 0
                : name == "2quad" ? (v + TwoQuad.Offset) * (v + TwoQuad.Offset)
                : Math.Max(v, 0) + (TwoRelu.Epsilon / kept)),
        ];
        return [.. numerators.Select(v => v / numerators.Sum())];
    }

    private static void Require(string name, double[] x, bool[] keep, int columns, double[] y, MpcProtocol protocol)
    {
        double bar = protocol == MpcProtocol.PlaintextFloat64 ? 1e-12 : 2 * Unit;
        for (int row = 0; row < x.Length; row += columns)
        {
            bool[] mask = keep[(row % keep.Length)..((row % keep.Length) + columns)];
            double[] expected = Exact(name, x[row..(row + columns)], mask);
            for (int i = 0; i < columns; i++)
            {
                Assert.Equal(expected[i], y[row + i], bar);
                Assert.True(mask[i] || y[row + i] == 0);
            }
        }
    }

    private static double Norm(double[] values) => Math.Sqrt(values.Sum(v => v * v));

    private sealed class Ranges : IRangeObserver
    {
        public List<OperationRange> All { get; } = [];

        public void Observe(OperationRange range) => All.Add(range);
    }
}
