using System.Diagnostics;
using SecureTransformer.Architectures;
using SecureTransformer.Generation;
using SecureTransformer.Models;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>What the memory of this process comes to, measured while no other test runs in it.</summary>
[Collection(nameof(MemoryTests))]
[CollectionDefinition(nameof(MemoryTests), DisableParallelization = true)]
public class MemoryTests
{
    private const string Model = "gpt2-arith";

    [Fact]
    public async Task The_memory_of_a_request_goes_back_when_it_ends()
    {
        var options = new GenerationOptions { MaxNewTokens = 1, Sampling = TokenSampling.Client };
        await using HostedParties parties = await new HostedParties(new PartyHostOptions { IdleMemoryTimeout = TimeSpan.FromMilliseconds(300) }, new TransportOptions()).LoadAsync(DecoderRuns.DirectoryOf(Model));
        await using InferenceClient client = new(parties.Network.Client(), ModelConfig.FromDirectory(DecoderRuns.DirectoryOf(Model)), null);
        await ReadAsync(client.GenerateAsync([1, 2, 3], options));
        long before = Resident();
        for (int n = 4; n <= 12; n += 4)
        {
            await ReadAsync(client.GenerateAsync([.. Enumerable.Range(0, 4 * n).Select(_ => new int[60])], options));
        }

        // Far below the 3 GB that is kept otherwise; frames of the network stay pooled.
        long after = Resident();
        for (int wait = 0; wait < 100 && after - before > 300L << 20; wait++)
        {
            await Task.Delay(200);
            after = Resident();
        }

        Assert.InRange(after - before, long.MinValue, 300L << 20);

        static async Task ReadAsync(IAsyncEnumerable<GeneratedToken> tokens)
        {
            await foreach (GeneratedToken _ in tokens)
            {
            }
        }

        static long Resident()
        {
            GC.Collect(2, GCCollectionMode.Aggressive, true, true);
            using Process process = Process.GetCurrentProcess();
            return process.WorkingSet64;
        }
    }
}
