using SecureTransformer.Hosting;

namespace SecureTransformer.Tests.Hosting;

[Collection(nameof(ProcessClusterTests))]
[CollectionDefinition(nameof(ProcessClusterTests), DisableParallelization = true)]
public class ProcessClusterTests
{
    [Fact]
    public async Task A_program_that_forgot_to_run_as_a_party_does_not_start_parties_in_turn()
    {
        string model = Path.Combine(AppContext.BaseDirectory, "Models", "bert-triage");
        Environment.SetEnvironmentVariable("SECURE_TRANSFORMER_PARTY", "1");
        try
        {
            InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(
                () => LocalCluster.StartAsync(model, new LocalClusterOptions { Transport = ClusterTransport.Tcp }));
            Assert.Contains("TryRunAsync", error.Message, StringComparison.Ordinal);
        }
        finally
        {
            Environment.SetEnvironmentVariable("SECURE_TRANSFORMER_PARTY", null);
        }
    }
}
