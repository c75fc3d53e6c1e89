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
    [InlineData(MpcProtocol.Shamir, 3, 1)]
    [InlineData(MpcProtocol.Shamir, 4, 1)]
#if SHAMIR_MATRIX
    [InlineData(MpcProtocol.Shamir, 5, 2)]
    [InlineData(MpcProtocol.Shamir, 7, 2)]
    [InlineData(MpcProtocol.Shamir, 7, 3)]
    [InlineData(MpcProtocol.Shamir, 10, 3)]
    [InlineData(MpcProtocol.Shamir, 10, 4)]
#endif
    public async Task Every_row_is_within_its_bar(MpcProtocol protocol, int? count = null, int? threshold = null)
    {
        IReadOnlyList<AccuracyTable.Row> rows = await AccuracyTable.MeasureAsync(ReferenceFunctions.Default, protocol, count, threshold);
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
