using SecureTransformer.Architectures;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

public class ClassificationTests
{
    private static readonly string[] s_texts =
    [
        "the old man has sudden chest pain.",
        "the girl has a mild cold.",
        "please renew the prescription.",
        "my mother cannot breathe.",
        "he has a headache since monday.",
        "she is unconscious.",
        "the boy has a runny nose.",
        "i want to book an appointment.",
    ];

    [Theory]
    [InlineData(MpcProtocol.PlaintextFloat64, 1)]
    [InlineData(MpcProtocol.PlaintextFixedPoint, 1)]
    [InlineData(MpcProtocol.Replicated3, 3)]
    [InlineData(MpcProtocol.Additive, 2)]
    [InlineData(MpcProtocol.Additive, 3)]
    [InlineData(MpcProtocol.Shamir, 4)]
    public async Task A_local_cluster_answers_text_and_token_ids(MpcProtocol protocol, int parties)
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(HostedParties.Model, new LocalClusterOptions { Protocol = protocol, Parties = parties });
        Assert.Equal(parties, cluster.PartyCount);
        Assert.True(cluster.SetupSeconds > 0);
        await using InferenceClient client = cluster.Connect();
        BertCase known = BertCase.Load("bert-triage")[0];
        double[] expected = [.. known.Expected.GetProperty("logits").EnumerateArray().Select(e => e.GetDouble())];
        Classification byIds = await client.ClassifyAsync(new ClassificationInput { InputIds = known.InputIds });
        Assert.InRange(BertRuns.LargestDifference(expected, byIds.Logits), 0, protocol == MpcProtocol.PlaintextFloat64 ? 1e-9 : 0.02);
        Assert.Equal(client.Labels[BertRuns.Top(expected)], byIds.Label);
        Assert.Equal(1, byIds.Probabilities.Sum(), 12);

        Classification byText = await client.ClassifyAsync(s_texts[0]);
        Assert.Equal("urgent", byText.Label);
        Assert.Equal(parties, byText.Cost.BytesByParty.Count);
        Assert.Equal(MpcProtocols.HasOfflinePhase(protocol), byText.Cost.BytesOffline > 0);
        Assert.Equal(MpcProtocols.HasOfflinePhase(protocol), byText.Cost.SecondsOffline > 0);
        Assert.Equal(byText.Cost.Seconds, byText.Cost.SecondsOnline + byText.Cost.SecondsOffline, 9);
    }

    [Fact]
    public async Task Requests_at_once_from_several_clients_each_get_their_own_answer()
    {
        await using LocalCluster plain = await LocalCluster.StartAsync(HostedParties.Model, new LocalClusterOptions { Protocol = MpcProtocol.PlaintextFloat64 });
        await using InferenceClient clear = plain.Connect();
        var expected = new List<IReadOnlyList<double>>();
        foreach (string text in s_texts)
        {
            expected.Add((await clear.ClassifyAsync(text)).Logits);
        }

        Assert.True(expected.Select(l => Math.Round(l[0], 1)).Distinct().Count() >= 4, "The texts' logits are too alike for this test.");
        await using HostedParties parties = await new HostedParties(new PartyHostOptions { MaxConcurrentRequests = s_texts.Length }).LoadAsync();
        await using InferenceClient first = parties.Client();
        await using InferenceClient second = parties.Client();
        Classification[] answers = await Task.WhenAll(s_texts.Select((text, i) => (i % 2 == 0 ? first : second).ClassifyAsync(text)));
        for (int i = 0; i < s_texts.Length; i++)
        {
            Assert.InRange(BertRuns.LargestDifference(expected[i], answers[i].Logits), 0, 0.02);
        }
    }

    [Fact]
    public async Task A_request_beyond_the_bound_is_refused_and_the_others_are_served()
    {
        await using HostedParties parties = await new HostedParties(new PartyHostOptions { MaxConcurrentRequests = 2 }).LoadAsync();
        await using InferenceClient client = parties.Client();
        await client.ClassifyAsync(s_texts[0]);
        Task<Classification>[] requests = [.. s_texts.Select(text => client.ClassifyAsync(text))];
        await Task.WhenAll(requests).ContinueWith(static _ => { }, TaskScheduler.Default);
        Task<Classification>[] refused = [.. requests.Where(r => !r.IsCompletedSuccessfully)];
        Assert.InRange(refused.Length, 1, s_texts.Length - 2);
        Assert.All(refused, r =>
        {
            var error = Assert.IsType<ProtocolException>(r.Exception!.InnerException);
            Assert.Contains("party 0", error.Message, StringComparison.Ordinal);
            Assert.Contains("2 requests already, its bound", error.Message, StringComparison.Ordinal);
        });
        Assert.Equal("urgent", (await client.ClassifyAsync(s_texts[0])).Label);
    }

    [Fact]
    public async Task Cancelling_a_request_tells_the_parties_and_frees_its_place()
    {
        // The emulated delay makes a request last for some seconds.
        var slow = new TransportOptions { Conditions = new NetworkConditions { OneWayDelay = TimeSpan.FromMilliseconds(10) } };
        await using HostedParties parties = await new HostedParties(new PartyHostOptions { MaxConcurrentRequests = 1 }, slow).LoadAsync();
        await using InferenceClient client = parties.Client();
        using var cancellation = new CancellationTokenSource();
        var computing = new TaskCompletionSource();
        Task<Classification> request = client.ClassifyAsync(s_texts[0], new Progress(p =>
        {
            if (p.Stage == "computing")
            {
                computing.TrySetResult();
            }
        }), cancellation.Token);
        await computing.Task.WaitAsync(TimeSpan.FromSeconds(10));
        await cancellation.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => request);
        Classification answer = await Retry(() => client.ClassifyAsync(s_texts[0]));
        Assert.Equal("urgent", answer.Label);
    }

    [Theory]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive)]
    public async Task Costs_are_exact_and_the_same_for_the_same_request(MpcProtocol protocol)
    {
        var seen = new Traffic();
        var inference = new InferenceOptions { Protocol = protocol };
        await using var parties = new HostedParties(transport: new TransportOptions { FrameObserver = seen.Observe }, inference: inference);
        await parties.LoadAsync(options: inference);
        await using InferenceClient client = parties.Client(inference);
        var costs = new List<Cost>();
        for (int i = 0; i < 2; i++)
        {
            seen.Clear();
            Cost cost = (await client.ClassifyAsync(s_texts[0])).Cost;
            costs.Add(cost);
            TrafficPhase[] paid = [TrafficPhase.Input, TrafficPhase.Offline, TrafficPhase.Online, TrafficPhase.Output];
            Assert.All(paid, phase => Assert.Equal(seen.Bytes(f => f.Phase == phase), cost.BytesByPhase[phase]));
            for (int p = 0; p < client.PartyCount; p++)
            {
                Assert.Equal(seen.Bytes(f => f.From == $"party {p}" && f.Phase != TrafficPhase.Setup), cost.BytesByParty[p]);
            }

            long fromClient = seen.Bytes(f => f.From.StartsWith("client", StringComparison.Ordinal) && f.Phase != TrafficPhase.Setup);
            Assert.True(fromClient > 0);
            long fromDealer = seen.Bytes(f => f.From == "the dealer" && f.Phase != TrafficPhase.Setup);
            Assert.Equal(cost.BytesTotal, cost.BytesByParty.Sum() + fromClient + fromDealer);
            Assert.Equal(protocol == MpcProtocol.Additive, fromDealer > 0);
            Assert.Equal(protocol == MpcProtocol.Additive, fromDealer < cost.BytesOffline);
            Assert.Equal(cost.BytesTotal, paid.Sum(phase => cost.BytesByPhase[phase]));

            // The clock stamps of the client's first share and of the last share of the answer.
            int first = seen.Clocks(f => f.Phase == TrafficPhase.Input).Min();
            int last = seen.Clocks(f => f.Phase == TrafficPhase.Output).Max();
            Assert.Equal(last - first + 1, cost.RoundsTotal);
            // Shares of tokens and token types, each followed by a comparison of digests where a share stands at two parties.
            int compared = protocol == MpcProtocol.Replicated3 ? 2 : 0;
            Assert.Equal(first + compared, seen.Clocks(f => f.Phase == TrafficPhase.Input).Max());
            Assert.Equal(last - 1, seen.Clocks(f => f.Phase == TrafficPhase.Online).Max());
            Assert.Equal(1 + compared, cost.RoundsByPhase[TrafficPhase.Input]);
            Assert.Equal(0, cost.RoundsByPhase[TrafficPhase.Offline]);
            Assert.Equal(last - 1 - compared - first, cost.RoundsByPhase[TrafficPhase.Online]);
            Assert.Equal(1, cost.RoundsByPhase[TrafficPhase.Output]);
        }

        Assert.Equal(costs[0].BytesByParty, costs[1].BytesByParty);
        Assert.Equal(costs[0].BytesByPhase, costs[1].BytesByPhase);
        Assert.Equal(costs[0].RoundsByPhase, costs[1].RoundsByPhase);
    }

    [Fact]
    public async Task Answers_and_inputs_do_not_print()
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(HostedParties.Model, new LocalClusterOptions { Protocol = MpcProtocol.PlaintextFloat64 });
        await using InferenceClient client = cluster.Connect();
        var input = new ClassificationInput { InputIds = [101, 102, 103] };
        Assert.Equal("ClassificationInput of 3 tokens", input.ToString());
        Assert.Equal("Classification", (await client.ClassifyAsync(input)).ToString());
    }

    /// <summary>A place is free when all parties have noticed that the client is gone.</summary>
    private static async Task<T> Retry<T>(Func<Task<T>> action)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return await action();
            }
            catch (ProtocolException error) when (attempt < 50 && error.Message.Contains("its bound", StringComparison.Ordinal))
            {
                await Task.Delay(20);
            }
        }
    }

    private sealed class Progress(Action<InferenceProgress> report) : IProgress<InferenceProgress>
    {
        public void Report(InferenceProgress value) => report(value);
    }

    private sealed record SeenFrame(string From, TrafficPhase Phase, int Clock, int Length);

    private sealed class Traffic
    {
        private readonly List<SeenFrame> _frames = [];

        public void Observe(in ObservedFrame frame)
        {
            lock (_frames)
            {
                _frames.Add(new SeenFrame(frame.From, frame.Phase, frame.Clock, frame.Payload.Length));
            }
        }

        public void Clear()
        {
            lock (_frames)
            {
                _frames.Clear();
            }
        }

        public long Bytes(Func<SeenFrame, bool> which) => Snapshot().Where(which).Sum(f => (long)f.Length);

        public IEnumerable<int> Clocks(Func<SeenFrame, bool> which) => Snapshot().Where(which).Select(f => f.Clock);

        private SeenFrame[] Snapshot()
        {
            lock (_frames)
            {
                return [.. _frames];
            }
        }
    }
}
