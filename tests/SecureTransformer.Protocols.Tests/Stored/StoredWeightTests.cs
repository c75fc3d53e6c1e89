using System.Runtime.InteropServices;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>The masks of weights in a store hide one model: the same may be loaded again, another is refused before anything of it is opened.</summary>
public class StoredWeightTests
{
    private const ushort OpenMatrix = 48;
    private const ushort WeightTag = 68;

    private static readonly double[] s_weights = [.. Enumerable.Range(0, 12).Select(i => (i - 5) / 4.0)];

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task The_same_weights_go_on_with_fresh_shares(int parties)
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(parties, s => ProductAsync(s, s_weights), runs: 4);
        for (int load = 0; load < 2; load++)
        {
            using Stores stores = folder.Open();
            for (int i = 0; i < 2; i++)
            {
                double[][] results = await stores.RunAsync(s => ProductAsync(s, s_weights, owner: i));
                Assert.All(results, result => Assert.Equal(Expected(s_weights), result.Select(v => Math.Round(v, 3))));
            }
        }
    }

    [Theory]
    [InlineData(2, true)]
    [InlineData(2, false)]
    [InlineData(3, true)]
    public async Task Other_weights_are_refused_before_anything_of_them_is_opened(int parties, bool reopen)
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(parties, s => ProductAsync(s, s_weights), runs: 5);
        var opened = new List<string>();
        Stores stores = folder.Open();
        try
        {
            await stores.RunAsync(s => ProductAsync(s, s_weights), new TransportOptions { FrameObserver = Observe });
            Assert.Equal(2 * parties * (parties - 1), opened.Count);
            opened.Clear();
            for (int element = 0; element < 12; element += 11)
            {
                if (reopen)
                {
                    stores.Dispose();
                    stores = folder.Open();
                }

                // One unit in the last place of one element.
                double[] others = [.. s_weights];
                others[element] += Math.ScaleB(1, -18);
                Outcome<double[]>[] outcomes = await stores.TryAsync(s => ProductAsync(s, others), new TransportOptions { FrameObserver = Observe });
                Assert.All(outcomes, outcome => Assert.Contains("used for other weights", Assert.IsType<ProtocolException>(outcome.Error).Message, StringComparison.Ordinal));
                Assert.Empty(opened);
            }

            await stores.RunAsync(s => ProductAsync(s, s_weights));
        }
        finally
        {
            stores.Dispose();
        }

        void Observe(in ObservedFrame frame)
        {
            if (frame.Operation == OpenMatrix)
            {
                lock (opened)
                {
                    opened.Add($"{frame.From} to {frame.To}");
                }
            }
        }
    }

    /// <summary>
    /// What a refused load tells of the first weights is of no use for the next: its sums have other coefficients. Otherwise its owner, with one party, could make weights
    /// that pass and learn the first ones from what is opened. After four tries nothing is compared any more.
    /// </summary>
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Each_try_of_other_weights_is_compared_in_other_sums(int parties)
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(parties, s => ProductAsync(s, s_weights), runs: 7);
        double[] others = [.. s_weights.Select(w => w + 0.25)];
        var shares = new List<ulong[]>();
        var differences = new List<(ulong, ulong)>();
        for (int i = 0; i < 4; i++)
        {
            using Stores stores = folder.Open();
            await stores.RunAsync(s => ProductAsync(s, s_weights));
            shares.Clear();
            Outcome<double[]>[] outcomes = await stores.TryAsync(s => ProductAsync(s, others), new TransportOptions { FrameObserver = Observe });
            Assert.All(outcomes, outcome => Assert.Contains("used for other weights", Assert.IsType<ProtocolException>(outcome.Error).Message, StringComparison.Ordinal));

            // The second matrix is another; it is the first that a product takes.
            Assert.Equal(parties, shares.Count);
            differences.Add((Sum(1), Sum(2)));
        }

        Assert.DoesNotContain((0UL, 0UL), differences);
        Assert.Equal(4, differences.Distinct().Count());
        using (Stores stores = folder.Open())
        {
            shares.Clear();
            Outcome<double[]>[] outcomes = await stores.TryAsync(s => ProductAsync(s, s_weights), new TransportOptions { FrameObserver = Observe });
            Assert.All(outcomes, outcome => Assert.Contains("tried 4 times", Assert.IsType<ProtocolException>(outcome.Error).Message, StringComparison.Ordinal));
            Assert.Empty(shares);
        }

        ulong Sum(int word) => shares.Aggregate(0UL, (sum, share) => unchecked(sum + share[word]));

        void Observe(in ObservedFrame frame)
        {
            Assert.NotEqual(OpenMatrix, frame.Operation);
            if (frame.Operation == WeightTag && (frame.To == "party 0" || (frame.From == "party 0" && frame.To == "party 1")))
            {
                lock (shares)
                {
                    shares.Add(MemoryMarshal.Cast<byte, ulong>(frame.Payload).ToArray());
                }
            }
        }
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 1)]
    public async Task A_party_that_does_not_remember_is_refused(int parties, int forgetful)
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(parties, s => ProductAsync(s, s_weights), runs: 3);
        string backup = folder.Copy(forgetful, "backup");
        using (Stores stores = folder.Open())
        {
            await stores.RunAsync(s => ProductAsync(s, s_weights));
        }

        folder.Restore(forgetful, backup);
        using (Stores stores = folder.Open())
        {
            Outcome<double[]>[] outcomes = await stores.TryAsync(s => ProductAsync(s, s_weights), new TransportOptions { FrameObserver = Observe });
            Assert.All(outcomes, outcome => Assert.Contains("do not all remember", Assert.IsType<ProtocolException>(outcome.Error).Message, StringComparison.Ordinal));
        }

        static void Observe(in ObservedFrame frame) => Assert.NotEqual(OpenMatrix, frame.Operation);
    }

    /// <summary>Sessions beside each other under one that has not opened its weights open them each, under the same mask.</summary>
    [Fact]
    public async Task Sessions_at_once_under_one_bind_the_same_weights()
    {
        const int sessions = 4;
        MaterialPlan plan = new();
        await using (EstimatingSession above = EstimatingSession.Create(MpcProtocol.Additive, parties: 2))
        await using (EstimatingSession below = EstimatingSession.Create(MpcProtocol.Additive, new SessionOptions { Plan = plan }, 2, above))
        {
            using SecretMatrix matrix = above.Pack(above.Placeholder(new TensorShape(3, 4)));
            await below.MatMulAsync(below.Constant(new TensorShape(1, 3), 1), matrix);
        }

        using StoreFolder folder = await StoreFolder.WriteAsync(2, [.. Enumerable.Repeat(plan, sessions)]);
        using Stores stores = folder.Open();
        await using var network = new InMemoryNetwork(2);
        SessionId[] ids = [.. Enumerable.Range(0, sessions + 1).Select(_ => SessionId.New())];
        double[][][] results = await Task.WhenAll(Enumerable.Range(0, 2).Select(party => Task.Run(async () =>
        {
            var options = new SessionOptions { Material = stores[party] };
            await using AdditiveSession above = await AdditiveSession.OpenAsync(await network.Party(party).OpenSessionAsync(ids[0]), options);
            using SecretMatrix matrix = above.Pack(await above.InputAsync(0, new TensorShape(3, 4), s_weights));
            return await Task.WhenAll(Enumerable.Range(1, sessions).Select(i => Task.Run(async () =>
            {
                await using AdditiveSession below = await AdditiveSession.OpenAsync(await network.Party(party).OpenSessionAsync(ids[i]), options, above);
                return await below.RevealAsync(await below.MatMulAsync(below.Constant(new TensorShape(1, 3), 1), matrix));
            })));
        })));
        Assert.All(results.SelectMany(r => r), result => Assert.Equal(Expected(s_weights), result.Select(v => Math.Round(v, 3))));
        Assert.All(stores.Remaining, left => Assert.Equal(0, left));
    }

    /// <summary>Two models loaded at once for the first time: one of them at most is opened, and the store goes on with it.</summary>
    [Fact]
    public async Task Of_two_models_loaded_at_once_one_is_refused()
    {
        double[] others = [.. s_weights.Select(w => -w)];
        using StoreFolder folder = await StoreFolder.WriteAsync(2, s => ProductAsync(s, s_weights), runs: 5);
        Outcome<double[]>[][] outcomes;
        using (Stores stores = folder.Open())
        {
            await using var network = new InMemoryNetwork(2);
            outcomes = await Task.WhenAll(
                stores.TryAsync(s => ProductAsync(s, s_weights), network: network),
                stores.TryAsync(s => ProductAsync(s, others), network: network));
        }

        // The first to come may end before the other begins.
        int loaded = outcomes[0].All(outcome => outcome.Error is null) ? 0 : 1;
        Assert.All(outcomes[loaded], outcome => Assert.Null(outcome.Error));
        Assert.All(outcomes[1 - loaded], outcome => Assert.IsType<ProtocolException>(outcome.Error));
        using (Stores stores = folder.Open())
        {
            await stores.RunAsync(s => ProductAsync(s, loaded == 0 ? s_weights : others));
            Outcome<double[]>[] refused = await stores.TryAsync(s => ProductAsync(s, loaded == 0 ? others : s_weights));
            Assert.All(refused, outcome => Assert.Contains("used for other weights", Assert.IsType<ProtocolException>(outcome.Error).Message, StringComparison.Ordinal));
        }
    }

    private static double[] Expected(double[] weights) => [.. Enumerable.Range(0, 4).Select(j => Math.Round(weights[j] + weights[4 + j] + weights[8 + j], 3))];

    /// <summary>The sums of the columns of a matrix [3, 4]; two matrices are packed, so that the second one is checked too.</summary>
    private static async Task<double[]> ProductAsync(MpcSession s, double[] weights, int owner = 0)
    {
        var shape = new TensorShape(3, 4);
        using SecretMatrix first = s.Pack(await s.InputAsync(owner, shape, s_weights.AsMemory()));
        using SecretMatrix second = s.Pack(await s.InputAsync(owner, shape, weights));
        SecretTensor ones = s.Constant(new TensorShape(1, 3), 1);
        await s.MatMulAsync(ones, second);
        await s.MatMulAsync(ones, first);
        return await s.RevealAsync(await s.MatMulAsync(ones, second));
    }
}
