using SecureTransformer.Protocols;
using Xunit.Abstractions;

namespace SecureTransformer.Nonlinear;

public class AccuracyTableTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive, 2)]
    [InlineData(MpcProtocol.Additive, 3)]
    [InlineData(MpcProtocol.Additive, 5)]
    public async Task Every_row_is_within_its_bar(MpcProtocol protocol, int? count = null)
    {
        IReadOnlyList<AccuracyTable.Row> rows = await AccuracyTable.MeasureAsync(ReferenceFunctions.Default, protocol, count);
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
