using SecureTransformer.Architectures;
using SecureTransformer.Generation;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>Additive sharing with a dealer that serves.</summary>
public class DealerHostTests
{
    private const string Text = "the old man has sudden chest pain.";

    private static readonly InferenceOptions s_additive = new() { Protocol = MpcProtocol.Additive };

    [Theory]
    [InlineData(2, TokenSampling.Private)]
    [InlineData(3, TokenSampling.Client)]
    public async Task Texts_are_continued_as_the_reference_does(int count, TokenSampling sampling)
    {
        var inference = new InferenceOptions { Protocol = MpcProtocol.Additive, Parties = count };
        await using var parties = new HostedParties(inference: inference);
        await parties.LoadAsync(DecoderRuns.DirectoryOf("gpt2-arith"), inference);
        await using var client = new InferenceClient(parties.Network.Client(), ModelConfig.FromDirectory(DecoderRuns.DirectoryOf("gpt2-arith")), null, inference);
        GenerationCase[] cases = [.. GenerationCase.Load("gpt2-arith").Where(c => c.Margins.Take(4).All(m => m > 0.1)).Take(2)];
        Assert.Equal(2, cases.Length);
        var options = new GenerationOptions { MaxNewTokens = 4, Sampling = sampling, EndTokenIds = [] };
        var tokens = new List<GeneratedToken>();
        await foreach (GeneratedToken token in client.GenerateAsync([.. cases.Select(c => c.Prompt)], options))
        {
            tokens.Add(token);
        }

        for (int i = 0; i < cases.Length; i++)
        {
            Assert.Equal(cases[i].NewIds.Take(4), tokens.Where(t => t.Sequence == i).Select(t => t.Id));
        }

        Assert.All(tokens, t => Assert.InRange(t.Cost.BytesOffline, 1, t.Cost.BytesTotal));
        Assert.All(tokens, t => Assert.InRange(t.Cost.SecondsOffline, 1e-9, t.Cost.Seconds));
    }

    [Fact]
    public async Task Requests_at_once_wait_for_a_place_at_the_dealer_and_all_are_answered()
    {
        await using var log = new RequestLog();
        await using var parties = new HostedParties(inference: s_additive, dealer: new DealerHostOptions { MaxSessions = 1, Logger = log });
        await parties.LoadAsync(options: s_additive);
        await using InferenceClient client = parties.Client(s_additive);
        Classification[] answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => client.ClassifyAsync(Text)));
        Assert.All(answers, answer => Assert.Equal("urgent", answer.Label));
        Assert.EndsWith("bytes dealt", await log.AwaitAsync(" ended; "), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_that_fails_ends_alone()
    {
        await using var log = new RequestLog();
        await using var parties = new HostedParties(inference: s_additive, dealer: new DealerHostOptions { Logger = log });
        await parties.LoadAsync(options: s_additive);
        await using InferenceClient client = parties.Client(s_additive);
        var id = SessionId.New();
        ChannelSet[] sets = await Task.WhenAll(parties.Network.Party(0).OpenSessionAsync(id), parties.Network.Party(1).OpenSessionAsync(id));
        await log.AwaitAsync($"session {id} began");
        sets[0][2].Send(sets[0][2].Rent(8), 0x700);
        string line = await log.AwaitAsync($"session {id} failed");
        Assert.Contains("party 0 sent operation 1792", line, StringComparison.Ordinal);
        ProtocolException told = await Assert.ThrowsAsync<ProtocolException>(async () =>
        {
            while (true)
            {
                (await sets[1][2].ReceiveAtMostAsync(1, 4096)).Dispose();
            }
        });
        Assert.StartsWith("the dealer ended the session", told.Message, StringComparison.Ordinal);
        await Task.WhenAll(sets.Select(s => s.DisposeAsync().AsTask()));
        Assert.Equal("urgent", (await client.ClassifyAsync(Text)).Label);
    }

    [Fact]
    public async Task A_dealer_that_stops_tells_its_parties()
    {
        await using var network = new InMemoryNetwork(2, hasDealer: true);
        var dealer = new DealerHost(network.Dealer);
        using var stopping = new CancellationTokenSource();
        Task running = dealer.RunAsync(stopping.Token);
        var id = SessionId.New();
        ChannelSet[] sets = await Task.WhenAll(network.Party(0).OpenSessionAsync(id), network.Party(1).OpenSessionAsync(id));
        foreach (ChannelSet set in sets)
        {
            (await set[2].ReceiveAtMostAsync(1, 4096)).Dispose();
        }

        await stopping.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(30));
        foreach (ChannelSet set in sets)
        {
            ProtocolException told = await Assert.ThrowsAsync<ProtocolException>(async () => (await set[2].ReceiveAtMostAsync(1, 4096)).Dispose());
            Assert.Equal("the dealer ended the session: the dealer is stopping", told.Message);
            Assert.Equal("the dealer", set.EndedPeer);
        }

        await Task.WhenAll(sets.Select(s => s.DisposeAsync().AsTask()));
        await dealer.DisposeAsync();
        Assert.Equal(0, network.OutstandingFrames);
    }

    [Fact]
    public async Task A_network_without_a_dealer_refuses_a_protocol_that_needs_one()
    {
        await using var network = new InMemoryNetwork(2, HostedParties.Quick);
        PartyHost[] hosts = [new PartyHost(network.Party(0)), new PartyHost(network.Party(1))];
        Task[] running = [.. hosts.Select(h => Task.Run(() => h.RunAsync()))];
        await using (IClientEndpoint owner = network.Client())
        {
            ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => ModelOwner.LoadAsync(owner, HostedParties.Model, s_additive));
            Assert.Contains("the protocol additive needs a dealer, and this party's network has none", error.Message, StringComparison.Ordinal);
        }

        foreach (PartyHost host in hosts)
        {
            await host.DisposeAsync();
        }

        await Task.WhenAll(running);
    }

    [Fact]
    public async Task Protocols_without_a_dealer_leave_it_in_peace()
    {
        // Nobody serves at the dealer's place.
        await using var network = new InMemoryNetwork(3, HostedParties.Quick, hasDealer: true);
        PartyHost[] hosts = [.. Enumerable.Range(0, 3).Select(i => new PartyHost(network.Party(i)))];
        Task[] running = [.. hosts.Select(h => Task.Run(() => h.RunAsync()))];
        await using (IClientEndpoint owner = network.Client())
        {
            await ModelOwner.LoadAsync(owner, HostedParties.Model);
        }

        await using (var client = new InferenceClient(network.Client(), ModelConfig.FromDirectory(HostedParties.Model), TokenizerLoader.FromDirectory(HostedParties.Model)))
        {
            Assert.Equal("urgent", (await client.ClassifyAsync(Text)).Label);
        }

        foreach (PartyHost host in hosts)
        {
            await host.DisposeAsync();
        }

        await Task.WhenAll(running);
    }

    [Theory]
    [InlineData(MpcProtocol.Additive, 3, 2, "The network has 2 parties; the protocol additive runs between 3, as the options say.")]
    [InlineData(MpcProtocol.Additive, null, 9, "The network has 9 parties; the protocol additive runs between 2 to 8.")]
    [InlineData(MpcProtocol.Replicated3, null, 2, "The network has 2 parties; the protocol replicated runs between 3.")]
    public async Task A_number_of_parties_that_does_not_fit_is_refused(MpcProtocol protocol, int? wanted, int there, string complaint)
    {
        await using var network = new InMemoryNetwork(there, hasDealer: true);
        var options = new InferenceOptions { Protocol = protocol, Parties = wanted };
        await using IClientEndpoint end = network.Client();
        ArgumentException error = Assert.Throws<ArgumentException>(() => new InferenceClient(end, ModelConfig.FromDirectory(HostedParties.Model), null, options));
        Assert.StartsWith(complaint, error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<ArgumentException>(() => ModelOwner.LoadAsync(end, HostedParties.Model, options));
        Assert.StartsWith(complaint, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Options_and_endpoints_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new InferenceOptions { Protocol = MpcProtocol.Additive, Parties = 9 }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => new InferenceOptions { Parties = 2 }.Validate());
        Assert.Throws<ArgumentOutOfRangeException>(() => new LocalClusterOptions { Protocol = MpcProtocol.Additive, Parties = 1 }.Validate());
        Assert.Equal("MaxSessions", Assert.Throws<ArgumentOutOfRangeException>(() => new DealerHostOptions { MaxSessions = 0 }.Validate()).ParamName);
        await using var network = new InMemoryNetwork(2, hasDealer: true);
        Assert.Throws<ArgumentException>(() => new DealerHost(network.Party(0)));
        Assert.Throws<ArgumentException>(() => new PartyHost(network.Dealer));
        await using var none = new InMemoryNetwork(2);
        Assert.Throws<ArgumentException>(() => new DealerHost(none.Party(1)));
        await using var one = new InMemoryNetwork(1, hasDealer: true);
        Assert.Throws<ArgumentOutOfRangeException>(() => new DealerHost(one.Dealer));
    }
}
