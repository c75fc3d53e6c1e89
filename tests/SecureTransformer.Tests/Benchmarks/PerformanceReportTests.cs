using SecureTransformer.Bench;
using Xunit;

namespace SecureTransformer.Benchmarks;

public sealed class PerformanceReportTests
{
    private static readonly MeasuredRates s_rates = new(
        Tile: 60e9,
        Kernel: new(50e9, 100e9),
        BertKernel: new(45e9, 90e9),
        Products: new(2e9, 4e9),
        Aes: new(10e9, 20e9),
        Copy: new(5e9, 8e9),
        Memory: new(BytesPerSecond: 4e9, RoundSeconds: 5e-6),
        Tls: new(BytesPerSecond: 1e9, RoundSeconds: 100e-6));

    [Fact]
    public void A_floor_is_the_sum_of_its_parts()
    {
        var row = new BudgetRow("scores", 1_000_000_000, IsMatrix: true, Elements: 1_000_000, Bytes: 40_000_000, Rounds: 10, Seconds: 1);

        BudgetFloor floor = row.FloorOn(s_rates, tls: false);

        // Five products over three parties; two AES bytes a byte; 48 bytes an element copied; all on all cores.
        Assert.Equal(0.05, floor.Multiply, 9);
        Assert.Equal(0.004, floor.Randomness, 9);
        Assert.Equal(0.006, floor.Passes, 9);
        Assert.Equal(0.01, floor.Channels, 9);
        Assert.Equal(50e-6, floor.Rounds, 9);
        Assert.Equal(0.07005, floor.Seconds, 9);
    }

    [Fact]
    public void A_floor_over_tls_takes_its_channels()
    {
        var row = new BudgetRow("gelu", 0, IsMatrix: false, Elements: 0, Bytes: 40_000_000, Rounds: 10, Seconds: 1);

        BudgetFloor floor = row.FloorOn(s_rates, tls: true);

        Assert.Equal(0.04, floor.Channels, 9);
        Assert.Equal(1e-3, floor.Rounds, 9);
    }

    [Fact]
    public void Products_of_elements_take_their_own_rate()
    {
        var row = new BudgetRow("gelu", 1_000_000_000, IsMatrix: false, Elements: 0, Bytes: 0, Rounds: 0, Seconds: 1);

        Assert.Equal(1.5, row.FloorOn(s_rates, tls: false).Multiply, 9);
    }

    [Fact]
    public void The_budget_sums_up()
    {
        BudgetRow[] rows =
        [
            new("scores", 1_000_000_000, IsMatrix: true, Elements: 0, Bytes: 0, Rounds: 1, Seconds: 0.12),
            new("gelu", 0, IsMatrix: false, Elements: 0, Bytes: 40_000_000, Rounds: 2, Seconds: 0.014),
        ];

        string[] lines = BudgetTable.Format(rows, s_rates, tls: false).Split('\n');

        Assert.StartsWith("| scores | 1,000.0 | 0.0 | 1 | 50.0 | 50.0 |", lines[2], StringComparison.Ordinal);
        Assert.EndsWith("| 120.0 | 2.4 |", lines[2], StringComparison.Ordinal);
        Assert.StartsWith("| **all** | 1,000.0 | 40.0 | 3 | 64.0 | 50.0 | 4.0 | 0.0 | 10.0 | 0.0 | 134.0 | 2.1 |", lines[4], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("encoder.layer.3/attention", "query, key, value/matmul", "query, key, value")]
    [InlineData("encoder.layer.3/attention", "softmax/maximum/sign", "softmax: maximum")]
    [InlineData("encoder.layer.3/attention", "softmax/exp/multiply", "softmax: exp")]
    [InlineData("encoder.layer.3/attention", "softmax/reciprocal/normalise", "softmax: sum and division")]
    [InlineData("encoder.layer.3/attention/norm", "layer norm/dot", "LayerNorm")]
    [InlineData("embeddings", "layer norm/dot", "LayerNorm")]
    [InlineData("embeddings", "matmul", "embedding")]
    [InlineData("encoder.layer.3/feed-forward", "gelu/multiply", "gelu")]
    [InlineData("encoder.layer.3/attention", "local", "between operations")]
    [InlineData("pooler", "tanh/multiply", "pooler and classifier")]
    [InlineData("", "input", "input")]
    public void Operations_have_names(string layer, string operation, string name) => Assert.Equal(name, Budget.NameOf(layer, operation));

    [Fact]
    public void What_is_not_met_is_named()
    {
        var peer = new PeerFigures(0.082, 56) { SecondsWithoutTls = 0.050, Error = 1.5e-5 };

        Comparison met = Comparison.Of(peer, tls: true, bar: 1.4, seconds: 0.041, megabytes: 28, error: 4e-6)!;
        Comparison missed = Comparison.Of(peer, tls: false, bar: 2, seconds: 0.026, megabytes: 57, error: 2e-5)!;

        Assert.Equal("met", met.Verdict);
        Assert.Equal(2, met.TimesFaster, 9);
        Assert.Equal(2, met.TimesFewerBytes, 9);
        Assert.Equal(["speed", "bytes", "error"], missed.Misses);
        Assert.Equal(0.050, missed.PeerSeconds);
    }

    [Fact]
    public void What_was_not_measured_is_not_compared()
    {
        Assert.Null(Comparison.Of(new PeerFigures(0.161, 130), tls: false, bar: null, seconds: 1, megabytes: 1, error: 0));
        Assert.Null(Comparison.Of(null, tls: true, bar: 2, seconds: 1, megabytes: 1, error: 0));
    }

    [Fact]
    public void Sections_are_replaced_in_place_and_the_rest_stays()
    {
        string file = Sections.Replace(Sections.Replace("# Title\n", "a", "one\n"), "b", "two\n") + "The end.\n";

        string changed = Sections.Replace(file, "a", "three\n");

        Assert.Equal(file.Replace("one", "three", StringComparison.Ordinal), changed);
        Assert.Equal(changed, Sections.Replace(changed, "b", "two\n"));
    }

    [Fact]
    public void A_section_without_an_end_is_refused() =>
        Assert.Throws<InvalidDataException>(() => Sections.Replace("<!-- measured: a -->\ntext\n", "a", "one\n"));

    [Fact]
    public void A_row_has_as_many_cells_as_the_head()
    {
        var table = new MarkdownTable("x", "y");
        table.Add("1", "2");

        Assert.Equal("| x | y |\n|---|---|\n| 1 | 2 |\n", table.ToString());
        Assert.Throws<ArgumentException>(() => table.Add("1"));
    }
}
