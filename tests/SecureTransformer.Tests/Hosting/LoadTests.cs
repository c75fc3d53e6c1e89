using System.Text.Json;
using SecureTransformer.Architectures;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

public class LoadTests
{
    [Fact]
    public async Task A_second_load_is_refused_and_the_first_model_stays()
    {
        await using HostedParties parties = await new HostedParties().LoadAsync();
        await RefusalTests.AssertRefused(parties.LoadAsync(), "already holds a model");
        await RefusalTests.AssertServing(parties);
    }

    [Fact]
    public async Task A_model_larger_than_a_party_has_room_for_is_refused_before_anything_is_allocated()
    {
        await using var parties = new HostedParties(new PartyHostOptions { MaxModelBytes = 1_000_000 });
        await RefusalTests.AssertRefused(parties.LoadAsync(), "MiB for a model");
    }

    [Fact]
    public async Task A_damaged_model_is_named_and_a_good_one_can_be_loaded_afterwards()
    {
        await using var parties = new HostedParties();
        using (var truncated = new ModelCopy())
        {
            byte[] bytes = File.ReadAllBytes(truncated["model.safetensors"]);
            File.WriteAllBytes(truncated["model.safetensors"], bytes[..^100]);
            await Throws<InvalidDataException>(truncated, "model.safetensors");
        }

        using (var missing = new ModelCopy())
        {
            Edit(missing, header => header.Replace("\"classifier.bias\"", "\"classifier.bits\"", StringComparison.Ordinal));
            await Throws<InvalidDataException>(missing, "classifier.bias");
        }

        using (var none = new ModelCopy())
        {
            File.Delete(none["model.safetensors"]);
            await Throws<FileNotFoundException>(none, "safetensors");
        }

        await parties.LoadAsync();
        await RefusalTests.AssertServing(parties);

        async Task Throws<T>(ModelCopy model, string thing)
            where T : Exception
        {
            T error = await Assert.ThrowsAsync<T>(() => parties.LoadAsync(model.Path));
            Assert.Contains(thing, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_weight_outside_the_range_is_named_in_the_middle_of_a_load_and_a_good_model_can_be_loaded_afterwards()
    {
        await using var parties = new HostedParties();
        using var large = new ModelCopy();
        using (var weights = ModelWeights.Open(large.Path))
        {
            // The last weight in the file: most have been sent by then, in the owner's order.
            byte[] bytes = File.ReadAllBytes(large["model.safetensors"]);
            long header = BitConverter.ToInt64(bytes, 0);
            using JsonDocument tensors = JsonDocument.Parse(bytes.AsMemory(8, (int)header));
            JsonElement offsets = tensors.RootElement.GetProperty("classifier.weight").GetProperty("data_offsets");
            BitConverter.TryWriteBytes(bytes.AsSpan((int)(8 + header + offsets[0].GetInt64())), 1e30f);
            File.WriteAllBytes(large["model.safetensors"], bytes);
        }

        OverflowException error = await Assert.ThrowsAsync<OverflowException>(() => parties.LoadAsync(large.Path));
        Assert.Contains("classifier.weight", error.Message, StringComparison.Ordinal);
        await LoadWhenFreeAsync(parties);
        await RefusalTests.AssertServing(parties);
    }

    [Fact]
    public async Task An_owner_that_leaves_before_the_end_leaves_no_party_with_a_model()
    {
        await using var parties = new HostedParties();
        var gone = new CancellationTokenSource();
        await using (IClientEndpoint owner = parties.Network.Client())
        {
            var progress = new AtFraction(0.5, gone.Cancel);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ModelOwner.LoadAsync(owner, HostedParties.Model, null, progress, gone.Token));
        }

        await LoadWhenFreeAsync(parties);
        await RefusalTests.AssertServing(parties);
    }

    [Fact]
    public async Task A_vocabulary_that_is_not_the_models_is_refused()
    {
        using var shorter = new ModelCopy();
        File.WriteAllLines(shorter["vocab.txt"], File.ReadLines(shorter["vocab.txt"]).SkipLast(1).ToArray());
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => LocalCluster.StartAsync(shorter.Path));
        Assert.Contains("183 entries and the model's 184", error.Message, StringComparison.Ordinal);
        File.AppendAllLines(shorter["vocab.txt"], ["aa", "bb", "cc"]);
        error = await Assert.ThrowsAsync<ArgumentException>(() => LocalCluster.StartAsync(shorter.Path));
        Assert.Contains("186 entries and the model's 184", error.Message, StringComparison.Ordinal);

        using var lacking = new ModelCopy();
        File.WriteAllText(lacking["vocab.txt"], File.ReadAllText(lacking["vocab.txt"]).Replace("[CLS]", "[XXX]", StringComparison.Ordinal));
        InvalidDataException invalid = await Assert.ThrowsAsync<InvalidDataException>(() => LocalCluster.StartAsync(lacking.Path));
        Assert.Contains("[CLS]", invalid.Message, StringComparison.Ordinal);
        Assert.Contains("vocab.txt", invalid.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fractional bits", 16, "", "'16'")]
    [InlineData("model", 18, " ", "'")]
    public async Task Parties_that_are_told_different_things_by_the_owner_name_field_and_party(string field, int bits, string edit, string value)
    {
        await using var parties = new HostedParties();
        await using IClientEndpoint owner = parties.Network.Client();
        await using ClientChannels channels = await owner.ConnectAsync(SessionId.New());
        string config = File.ReadAllText(Path.Combine(HostedParties.Model, "config.json"));
        for (int i = 0; i < 3; i++)
        {
            RawRequests.Send(channels[i], Load(i == 1 ? bits : 18, i == 1 ? config + edit : config));
        }

        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => channels[0].ReceiveAtMostAsync(RawRequests.Ready, 1 << 16).AsTask().WaitAsync(TimeSpan.FromSeconds(4)));
        Assert.Contains($"party 1 has the {field} {value}", error.Message, StringComparison.Ordinal);
        channels.Abort("seen");
        await LoadWhenFreeAsync(parties);
        await RefusalTests.AssertServing(parties);

        static string Load(int bits, string config) =>
            $$"""{"kind":"load","protocol":"replicated","fractional_bits":{{bits}},"library_version":"{{RefusalTests.HostVersionText}}","configuration":{{JsonSerializer.Serialize(config)}}}""";
    }

    [Fact]
    public async Task A_party_that_holds_another_model_is_named()
    {
        // Party 1 moves to the second network after it took a model there on the first.
        var moving = new MovingEndpoint();
        await using var first = new HostedParties(wrap: (i, endpoint) => i == 1 ? moving.On(endpoint) : endpoint);
        await first.LoadAsync();
        var leaving = new MovingEndpoint();
        await using var second = new HostedParties(wrap: (i, endpoint) => i == 1 ? leaving.On(endpoint) : endpoint);
        await second.LoadAsync();
        leaving.MoveTo(new SilentEndpoint(first.Network.Party(1)));
        moving.MoveTo(second.Network.Party(1));

        await using InferenceClient client = second.Client();
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => client.ClassifyAsync("pain.").WaitAsync(TimeSpan.FromSeconds(4)));
        Assert.Matches("has the model '.*'; this party has '", error.Message);
        Assert.Contains("party 1", error.Message, StringComparison.Ordinal);
        await first.DisposeAsync();
    }

    /// <summary>The parties drop a load that failed when they notice; until then they refuse another.</summary>
    private static async Task LoadWhenFreeAsync(HostedParties parties)
    {
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                await parties.LoadAsync();
                return;
            }
            catch (ProtocolException error) when (attempt < 50 && error.Message.Contains("being loaded", StringComparison.Ordinal))
            {
                await Task.Delay(20);
            }
        }
    }

    /// <summary>Renames within the header of a safetensors file; the length stays.</summary>
    private static void Edit(ModelCopy model, Func<string, string> change)
    {
        byte[] bytes = File.ReadAllBytes(model["model.safetensors"]);
        int length = (int)BitConverter.ToInt64(bytes, 0);
        string header = System.Text.Encoding.UTF8.GetString(bytes, 8, length);
        string changed = change(header);
        Assert.NotEqual(header, changed);
        Assert.Equal(header.Length, changed.Length);
        System.Text.Encoding.UTF8.GetBytes(changed).CopyTo(bytes.AsSpan(8));
        File.WriteAllBytes(model["model.safetensors"], bytes);
    }

    private sealed class AtFraction(double fraction, Action action) : IProgress<InferenceProgress>
    {
        public void Report(InferenceProgress value)
        {
            if (value.Fraction > fraction)
            {
                action();
            }
        }
    }

    /// <summary>An endpoint that can be moved to another network, so that one host can hold a model that the others there do not.</summary>
    private sealed class MovingEndpoint : IPartyEndpoint
    {
        private readonly CancellationTokenSource _moved = new();
        private IPartyEndpoint? _inner;

        public int PartyId => _inner!.PartyId;

        public int PartyCount => _inner!.PartyCount;

        public bool HasDealer => _inner!.HasDealer;

        public MovingEndpoint On(IPartyEndpoint endpoint)
        {
            _inner = endpoint;
            return this;
        }

        public void MoveTo(IPartyEndpoint endpoint)
        {
            _inner = endpoint;
            _moved.Cancel();
        }

        public Task<ChannelSet> OpenSessionAsync(SessionId sessionId, bool withDealer, CancellationToken cancellationToken = default) => _inner!.OpenSessionAsync(sessionId, withDealer, cancellationToken);

        public Task<SessionId> AcceptSessionAsync(CancellationToken cancellationToken = default) => _inner!.AcceptSessionAsync(cancellationToken);

        public async Task<ClientConnection> AcceptClientAsync(CancellationToken cancellationToken = default)
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _moved.Token);
            try
            {
                return await _inner!.AcceptClientAsync(_moved.IsCancellationRequested ? cancellationToken : either.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return await _inner!.AcceptClientAsync(cancellationToken);
            }
        }

        public ValueTask DisposeAsync() => _inner!.DisposeAsync();
    }

    /// <summary>An endpoint whose host never sees a client.</summary>
    private sealed class SilentEndpoint(IPartyEndpoint inner) : IPartyEndpoint
    {
        public int PartyId => inner.PartyId;

        public int PartyCount => inner.PartyCount;

        public bool HasDealer => inner.HasDealer;

        public Task<ChannelSet> OpenSessionAsync(SessionId sessionId, bool withDealer, CancellationToken cancellationToken = default) => inner.OpenSessionAsync(sessionId, withDealer, cancellationToken);

        public Task<SessionId> AcceptSessionAsync(CancellationToken cancellationToken = default) => inner.AcceptSessionAsync(cancellationToken);

        public async Task<ClientConnection> AcceptClientAsync(CancellationToken cancellationToken = default)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            throw new InvalidOperationException();
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
