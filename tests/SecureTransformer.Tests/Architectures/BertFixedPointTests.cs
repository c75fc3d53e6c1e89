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
    [InlineData(MpcProtocol.Shamir, 3, 1)]
    [InlineData(MpcProtocol.Shamir, 4, 1)]
#if SHAMIR_MATRIX
    [InlineData(MpcProtocol.Shamir, 5, 2)]
    [InlineData(MpcProtocol.Shamir, 7, 2)]
    [InlineData(MpcProtocol.Shamir, 7, 3)]
    [InlineData(MpcProtocol.Shamir, 10, 3)]
    [InlineData(MpcProtocol.Shamir, 10, 4)]
#endif
    public async Task Fixed_point_agrees_with_the_reference_to_two_hundredths(MpcProtocol protocol, int? count = null, int? threshold = null)
    {
        BertResult[] results = await BertRuns.RunAsync(protocol, BertRuns.Triage, BertRuns.TriageWeights(), s_cases, count: count, threshold: threshold);
        foreach ((BertCase item, BertResult result) in s_cases.Zip(results))
        {
            double[] expected = BertReferenceTests.Flat(item.Expected.GetProperty("logits"));
            double error = BertRuns.LargestDifference(expected, result.Logits);
            output.WriteLine($"{protocol} {count} {threshold} {item.Name} (T = {item.Length}): error {error:g2}, {result.Traffic.RoundsTotal} rounds, {result.Traffic.BytesSentTotal} bytes sent by party 0");
            Assert.True(error <= 0.02, $"{item.Name}: the logits are off by {error}.");
            Assert.Equal(BertRuns.Top(expected), BertRuns.Top(result.Logits));
        }
    }
}
