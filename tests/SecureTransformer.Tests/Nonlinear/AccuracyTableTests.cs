using SecureTransformer.Protocols;
using Xunit.Abstractions;

namespace SecureTransformer.Nonlinear;

public class AccuracyTableTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Every_row_is_within_its_bar()
    {
        IReadOnlyList<AccuracyTable.Row> rows = await AccuracyTable.MeasureAsync(ReferenceFunctions.Default, MpcProtocol.Replicated3);
        output.WriteLine(AccuracyTable.ToMarkdown(rows));
        Assert.Equal(AccuracyTable.Scalars.Count, rows.Count);
        Assert.All(rows, row =>
        {
            Assert.InRange(row.Approximation, 0, row.Bar);
            Assert.InRange(row.FixedPoint, 0, row.Bar);
            Assert.InRange(row.Protocol, 0, row.Bar);
            Assert.True(row.BytesPerElement > 0 && row.Rounds > 0);
        });
    }
}
