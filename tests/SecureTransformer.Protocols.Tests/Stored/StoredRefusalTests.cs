using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Stored material that does not fit is refused with the reason, by all parties.</summary>
public class StoredRefusalTests
{
    [Fact]
    public async Task Another_shape()
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(3, DrawnMasks.SquareAsync);
        using Stores stores = folder.Open();
        Outcome<SecretTensor>[] outcomes = await stores.TryAsync(s => s.SquareAsync(s.Constant(new TensorShape(5), 1.5)).AsTask());
        foreach (Outcome<SecretTensor> outcome in outcomes)
        {
            string message = Assert.IsType<ProtocolException>(outcome.Error).Message;
            Assert.Contains("operation 0 needs material of the kind and shape [1, 5, ", message, StringComparison.Ordinal);
            Assert.Contains("is for [1, 4, ", message, StringComparison.Ordinal);
        }

        Assert.Equal([0, 0, 0], stores.Remaining);
    }

    [Fact]
    public Task Another_operation() => RefuseAsync("is for [1, 4, ", async s => await s.TruncateAsync(s.Constant(new TensorShape(4), 1.5), 8));

    [Fact]
    public Task More_operations_than_planned() => RefuseAsync("ends after 1 operations", async s =>
    {
        await DrawnMasks.SquareAsync(s);
        await DrawnMasks.SquareAsync(s);
    });

    [Fact]
    public async Task A_run_for_a_session_under_another()
    {
        await using EstimatingSession above = EstimatingSession.Create(MpcProtocol.Additive, parties: 2);
        var plan = new MaterialPlan();
        await using (EstimatingSession below = EstimatingSession.Create(MpcProtocol.Additive, new SessionOptions { Plan = plan }, 2, above))
        {
            await DrawnMasks.SquareAsync(below);
        }

        using StoreFolder folder = await StoreFolder.WriteAsync(2, [plan]);
        using Stores stores = folder.Open();
        AssertRefused(await stores.TryAsync(DrawnMasks.SquareAsync), "for 2 sessions, one under the other, and not 1");
    }

    [Fact]
    public async Task Another_store_or_program()
    {
        using StoreFolder one = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync);
        using StoreFolder two = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync, name: "another test");
        using var mixed = new Stores([one.Party(0), two.Party(1)]);
        AssertRefused(await mixed.TryAsync(DrawnMasks.SquareAsync), "stored material");
        Assert.Equal([1, 1], mixed.Remaining);
    }

    [Fact]
    public async Task A_dealer_at_the_other_party()
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(3, DrawnMasks.SquareAsync);
        using Stores stores = folder.Open();

        // Party 1 takes place 2 for a dealer's.
        Outcome<double[]>[] outcomes = await stores.TryAsync(
            DrawnMasks.SquareAsync, optionsOf: party => party == 1 ? new SessionOptions() : new SessionOptions { Material = stores[party] });
        Assert.All(outcomes, outcome => Assert.NotNull(outcome.Error));
        Assert.Contains("number of parties", Assert.IsType<ProtocolException>(outcomes[0].Error).Message, StringComparison.Ordinal);
        Assert.Equal([1, 1, 1], stores.Remaining);
    }

    [Fact]
    public async Task Another_partys_folder()
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync);
        using var swapped = new Stores([folder.Party(1), folder.Party(0)]);
        AssertMisplaced(await swapped.TryAsync(DrawnMasks.SquareAsync), "party 1 of 2 with 18 fractional bits; this is party 0 of 2 with 18");
        Assert.Throws<InvalidDataException>(() =>
        {
            swapped.Dispose();
            File.Copy(folder.File(0, "weights.key"), folder.File(1, "weights.key"), overwrite: true);
            folder.Open().Dispose();
        });
    }

    [Fact]
    public async Task Another_number_of_parties_or_of_fractional_bits()
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(3, DrawnMasks.SquareAsync);
        using (var two = new Stores([folder.Party(0), folder.Party(1)]))
        {
            AssertMisplaced(await two.TryAsync(DrawnMasks.SquareAsync), "party 0 of 3 with 18 fractional bits; this is party 0 of 2 with 18");
        }

        using Stores stores = folder.Open();
        AssertMisplaced(
            await stores.TryAsync(DrawnMasks.SquareAsync, optionsOf: party => new SessionOptions { Material = stores[party], FractionalBits = 16 }),
            "party 0 of 3 with 18 fractional bits; this is party 0 of 3 with 16");
        Assert.Equal([1, 1, 1], stores.Remaining);
    }

    [Fact]
    public async Task Channels_with_a_dealers_place()
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync);
        using Stores stores = folder.Open();
        await using var network = new InMemoryNetwork(2, hasDealer: true);
        var id = SessionId.New();
        ChannelSet[] sets = await Task.WhenAll(Enumerable.Range(0, 3).Select(place => network.Party(place).OpenSessionAsync(id)));
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => AdditiveSession.OpenAsync(sets[0], new SessionOptions { Material = stores[0] }));
        Assert.Contains("party 0 of 3", error.Message, StringComparison.Ordinal);
        await Task.WhenAll(sets.Select(set => set.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task A_store_that_somebody_has_open()
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync);
        using (MaterialStore.Open(folder.Party(0)))
        {
            Assert.Contains("counter", Assert.Throws<IOException>(() => MaterialStore.Open(folder.Party(0))).Message, StringComparison.Ordinal);
        }

        MaterialStore.Open(folder.Party(0)).Dispose();
    }

    [Fact]
    public async Task A_session_that_takes_material_from_elsewhere_than_the_one_above()
    {
        using StoreFolder one = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync);
        using StoreFolder two = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync);
        using Stores stores = one.Open();
        using Stores others = two.Open();
        await using var parties = new InMemoryNetwork(2);
        await using var withDealer = new InMemoryNetwork(2, hasDealer: true);
        MpcSession[] stored = await OpenAsync(parties, party => AdditiveOf(stores, party));
        MpcSession[] dealt = await OpenAsync(withDealer, _ => new SessionOptions());
        await RefuseAsync(parties, AdditiveOf(others, 0), stored);
        await RefuseAsync(parties, AdditiveOf(stores, 0), dealt);
        await RefuseAsync(withDealer, new SessionOptions(), stored);
        await Task.WhenAll(stored.Concat(dealt).Select(session => session.DisposeAsync().AsTask()));
        Assert.Equal([1, 1], stores.Remaining);

        static SessionOptions AdditiveOf(Stores stores, int party) => new() { Material = stores[party] };

        static async Task<MpcSession[]> OpenAsync(InMemoryNetwork network, Func<int, SessionOptions> optionsOf)
        {
            var id = SessionId.New();
            if (network.HasDealer)
            {
                _ = Task.Run(async () => await Dealer.ServeAsync(await network.Dealer.OpenSessionAsync(id)));
            }

            return await Task.WhenAll(Enumerable.Range(0, 2).Select(party => Task.Run(async () =>
                await MpcProtocols.OpenSessionAsync(MpcProtocol.Additive, await network.Party(party).OpenSessionAsync(id), optionsOf(party)))));
        }

        static async Task RefuseAsync(InMemoryNetwork network, SessionOptions options, MpcSession[] above)
        {
            var id = SessionId.New();
            ChannelSet[] sets = await Task.WhenAll(Enumerable.Range(0, network.HasDealer ? 3 : 2).Select(place => network.Party(place).OpenSessionAsync(id)));
            ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => AdditiveSession.OpenAsync(sets[0], options, above[0]));
            Assert.Contains("from the same store, or from a dealer", error.Message, StringComparison.Ordinal);
            await Task.WhenAll(sets.Select(set => set.DisposeAsync().AsTask()));
        }
    }

    [Fact]
    public async Task Texts_of_the_greatest_length_pass_the_handshake()
    {
        string longest = new('\u4e2d', 1024);
        using StoreFolder folder = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync, name: longest);
        using Stores stores = folder.Open();
        Outcome<double[]>[] outcomes = await stores.TryAsync(
            DrawnMasks.SquareAsync, optionsOf: party => new SessionOptions { Material = stores[party], Agreement = longest });
        Assert.All(outcomes, outcome => Assert.Null(outcome.Error));
    }

    [Fact]
    public async Task What_cannot_be_written()
    {
        MaterialPlan plan = await StoreFolder.PlanAsync(2, DrawnMasks.SquareAsync);
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => StoreFolder.WriteAsync(2, []));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => StoreFolder.WriteAsync(9, [plan]));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(() => StoreFolder.WriteAsync(2, [plan], new string('a', 1025)));
        using StoreFolder folder = await StoreFolder.WriteAsync(2, [plan]);
        await Assert.ThrowsAsync<IOException>(() => MaterialStore.WriteAsync(folder.Root, "a test", [plan], 2));
    }

    private static async Task RefuseAsync(string reason, Func<MpcSession, Task> program)
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync);
        using Stores stores = folder.Open();
        AssertRefused(
            await stores.TryAsync(async s =>
            {
                await program(s);
                return true;
            }),
            reason);
        Assert.Equal([0, 0], stores.Remaining);
    }

    private static void AssertRefused<T>(Outcome<T>[] outcomes, string reason) =>
        Assert.All(outcomes, outcome => Assert.Contains(reason, Assert.IsType<ProtocolException>(outcome.Error).Message, StringComparison.Ordinal));

    private static void AssertMisplaced<T>(Outcome<T>[] outcomes, string reason)
    {
        Assert.All(outcomes, outcome => Assert.IsType<ArgumentException>(outcome.Error));
        Assert.Contains(reason, outcomes[0].Error!.Message, StringComparison.Ordinal);
    }
}
