using SecureTransformer.Protocols;
using Xunit.Abstractions;

namespace SecureTransformer.Architectures;

/// <summary>The triage model in fixed point, in the clear and on shares, against the golden logits.</summary>
public sealed class BertFixedPointTests(ITestOutputHelper output)
{
    private static readonly IReadOnlyList<BertCase> s_cases = BertCase.Load("bert-triage");

    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive, 2)]
    [InlineData(MpcProtocol.Additive, 3)]
    [InlineData(MpcProtocol.Additive, 5)]
    public async Task Fixed_point_agrees_with_the_reference_to_two_hundredths(MpcProtocol protocol, int? count = null)
    {
        BertResult[] results = await BertRuns.RunAsync(protocol, BertRuns.Triage, BertRuns.TriageWeights(), s_cases, count: count);
        foreach ((BertCase item, BertResult result) in s_cases.Zip(results))
        {
            double[] expected = BertReferenceTests.Flat(item.Expected.GetProperty("logits"));
            double error = BertRuns.LargestDifference(expected, result.Logits);
            output.WriteLine($"{protocol} {count} {item.Name} (T = {item.Length}): error {error:g2}, {result.Traffic.RoundsTotal} rounds, {result.Traffic.BytesSentTotal} bytes sent by party 0");
            Assert.True(error <= 0.02, $"{item.Name}: the logits are off by {error}.");
            Assert.Equal(BertRuns.Top(expected), BertRuns.Top(result.Logits));
        }
    }
}
