using SecureTransformer.Transport;
using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Randomness that the parties of Shamir's sharing make ahead of time, in batches, and use once.</summary>
public class StoredRandomnessTests
{
    [Theory]
    [InlineData(3, 1)]
    [InlineData(4, 1)]
    [InlineData(5, 2)]
    [InlineData(7, 3)]
    public async Task A_program_runs_from_what_was_made_ahead_of_time_and_sends_nothing_offline(int n, int t)
    {
        (MaterialPlan plan, TrafficSnapshot[] made) = await RecordAsync(n, t, MixedAsync);
        using var folder = new OwnFolder();
        TrafficSnapshot[] ahead = await PreprocessAsync(folder, n, t, plan, plan);
        OperationCost declared = ShamirCosts.Preprocess(n, t, [plan, plan]);
        Assert.Equal(new OperationCost(0, 0, ahead.Sum(s => s.BytesSent(TrafficPhase.Offline))), declared);

        await using LocalParties parties = LocalParties.Create(folder.Path);
        for (int run = 0; run < 2; run++)
        {
            TrafficSnapshot[] stored = await MeasureAsync(parties, MixedAsync);
            Assert.All(stored, s => Assert.Equal(0, s.BytesSent(TrafficPhase.Offline)));
            foreach (TrafficPhase phase in new[] { TrafficPhase.Input, TrafficPhase.Online, TrafficPhase.Output })
            {
                Assert.Equal(made.Sum(s => s.BytesSent(phase)), stored.Sum(s => s.BytesSent(phase)));
            }
        }

        ProtocolException spent = await Assert.ThrowsAsync<ProtocolException>(() => parties.RunAsync(MixedAsync));
        Assert.Contains("spent: all 2 runs are used. Have the parties make more", spent.Message, StringComparison.Ordinal);
        Assert.All(Enumerable.Range(0, n), party => Assert.Empty(Directory.GetFiles(folder.Party(party), "run-*")));
    }

    [Theory]
    [InlineData(3, 1)]
    [InlineData(5, 2)]
    public async Task A_dry_run_writes_the_plan_of_a_run(int n, int t)
    {
        (MaterialPlan plan, _) = await RecordAsync(n, t, ProgramAsync);
        var ahead = new MaterialPlan();
        await using EstimatingSession dry = EstimatingSession.Create(MpcProtocol.Shamir, new SessionOptions { Threshold = t, Plan = ahead }, n);
        await ProgramAsync(dry);
        Assert.True(ahead.Count > 50);
        Assert.Equal(plan.ToBytes(), ahead.ToBytes());

        static async Task ProgramAsync(MpcSession s)
        {
            using SecretTensor x = await s.InputAsync(1, new TensorShape(20, 15), s.PartyId == 1 ? Values(1, 300) : default);
            using SecretBits negative = await s.LessThanZeroAsync(x, 32);
            await s.AndAsync(negative, await s.EqualsZeroAsync(x, 40));
            await s.MultiplyBitAsync(negative, x);
            await s.SquareAsync(x, 36);
            await s.TruncateAsync(x, 7);
            await s.TruncateExactAsync(x, 10);
            await s.EvaluateAsync(Reciprocal.Default, x);
            await s.MaximumAsync(x, 32);
            await s.InputShuffledAsync(2, x.Shape, s.PartyId == 2 ? Values(2, 300) : default);
            await s.ShuffleRowsAsync(x);
            await s.AgreeAsync("number", new byte[1]);
            await s.RevealToAsync(x, 2);
            await s.RevealAsync(x);
            await s.RevealAsync(negative);
        }
    }

    [Fact]
    public async Task Many_small_operations_cost_less_when_their_randomness_is_made_in_batches()
    {
        static async Task CompareAsync(MpcSession session)
        {
            for (int i = 0; i < 20; i++)
            {
                using SecretTensor x = session.Constant(new TensorShape(3), i - 10);
                Assert.Equal(Enumerable.Repeat(i < 10, 3), await session.RevealAsync(await session.LessThanZeroAsync(x, 32)));
            }
        }

        (MaterialPlan plan, TrafficSnapshot[] made) = await RecordAsync(5, 2, CompareAsync);
        using var folder = new OwnFolder();
        TrafficSnapshot[] ahead = await PreprocessAsync(folder, 5, 2, plan);
        Assert.True(ahead.Sum(s => s.BytesSent(TrafficPhase.Offline)) < made.Sum(s => s.BytesSent(TrafficPhase.Offline)));
        Assert.True(10 * ahead.Sum(s => s.FramesSentTotal) < made.Sum(s => s.FramesSentTotal));
        await using LocalParties parties = LocalParties.Create(folder.Path);
        await parties.RunAsync(CompareAsync);
    }

    [Fact]
    public async Task What_is_too_much_for_one_batch_or_record_is_cut()
    {
        static async Task LargeAsync(MpcSession session)
        {
            foreach (int count in new[] { 70_000, 1, 65_000, 140_000, 63 })
            {
                double[] values = Values((ulong)count, count);
                using SecretTensor x = await session.InputAsync(1, new TensorShape(count), values);
                using SecretTensor coarse = await session.TruncateAsync(x, 12);
                using SecretTensor square = await session.SquareAsync(x, 36);
                Near(values, await session.RevealAsync(coarse), 1.0 / 4096);
                Near([.. values.Select(v => v * v)], await session.RevealAsync(square), 1e-4);
            }
        }

        (MaterialPlan plan, _) = await RecordAsync(3, 1, LargeAsync);
        using var folder = new OwnFolder();
        TrafficSnapshot[] ahead = await PreprocessAsync(folder, 3, 1, plan);
        Assert.Equal(ShamirCosts.Preprocess(3, 1, [plan]).OfflineBytes, ahead.Sum(s => s.BytesSent(TrafficPhase.Offline)));
        await using LocalParties parties = LocalParties.Create(folder.Path);
        await parties.RunAsync(LargeAsync);
    }

    [Fact]
    public async Task Another_program_is_refused()
    {
        using OwnFolder folder = await WrittenAsync(3, 1);
        await using LocalParties parties = LocalParties.Create(folder.Path);
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => parties.RunAsync(async session =>
        {
            using SecretTensor x = session.Constant(new TensorShape(5), 1.5);
            await session.SquareAsync(x);
        }));
        Assert.Contains("operation 0 needs material of the kind and shape [105, 5, 18], and the material is for [105, 4, 18]", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(17)]
    public async Task A_flipped_bit_is_named_and_gives_no_result(int fromEnd)
    {
        using OwnFolder folder = await WrittenAsync(3, 1);
        string file = Path.Combine(folder.Party(1), "run-000000.material");
        byte[] bytes = File.ReadAllBytes(file);
        bytes[^fromEnd] ^= 1;
        File.WriteAllBytes(file, bytes);
        await using LocalParties parties = LocalParties.Create(folder.Path);
        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(() => parties.RunAsync(SquareAsync));
        Assert.Contains("run-000000.material: the file is damaged at byte", error.Message, StringComparison.Ordinal);
        await parties.RunAsync(SquareAsync);
    }

    [Fact]
    public async Task A_file_that_was_cut_is_named()
    {
        using OwnFolder folder = await WrittenAsync(3, 1);
        using (FileStream file = File.OpenWrite(Path.Combine(folder.Party(2), "run-000000.material")))
        {
            file.SetLength(file.Length - 8);
        }

        await using LocalParties parties = LocalParties.Create(folder.Path);
        InvalidDataException error = await Assert.ThrowsAsync<InvalidDataException>(() => parties.RunAsync(SquareAsync));
        Assert.Contains("damaged", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_session_of_another_kind_is_refused()
    {
        using OwnFolder folder = await WrittenAsync(3, 1);
        using MaterialStore store = MaterialStore.Open(folder.Party(0));
        Assert.Equal((MpcProtocol.Shamir, 1, 2), (store.Description.Protocol, store.Description.Threshold, store.Remaining));
        await using var network = new InMemoryNetwork(3);
        var id = SessionId.New();
        ChannelSet[] sets = await Task.WhenAll(Enumerable.Range(0, 3).Select(party => network.Party(party).OpenSessionAsync(id)));
        ArgumentException other = await Assert.ThrowsAsync<ArgumentException>(() => AdditiveSession.OpenAsync(sets[0], new SessionOptions { Material = store }));
        Assert.Contains("is for Shamir's sharing", other.Message, StringComparison.Ordinal);
        ArgumentException place = await Assert.ThrowsAsync<ArgumentException>(() => ShamirSession.OpenAsync(sets[1], new SessionOptions { Material = store }));
        Assert.Contains("that of party 0 of 3 with the threshold 1 and 18 fractional bits; this is party 1", place.Message, StringComparison.Ordinal);
        ArgumentException bits = await Assert.ThrowsAsync<ArgumentException>(() => ShamirSession.OpenAsync(sets[0], new SessionOptions { Material = store, FractionalBits = 16 }));
        Assert.Contains("with 1 and 16", bits.Message, StringComparison.Ordinal);
        using StoreFolder dealt = await StoreFolder.WriteAsync(3, DrawnMasks.SquareAsync);
        using Stores stores = dealt.Open();
        ArgumentException additive = await Assert.ThrowsAsync<ArgumentException>(() => ShamirSession.OpenAsync(sets[0], new SessionOptions { Material = stores[0] }));
        Assert.Contains("is for additive sharing", additive.Message, StringComparison.Ordinal);
        await Task.WhenAll(sets.Select(set => set.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task Plans_that_are_not_the_same_leave_no_store()
    {
        (MaterialPlan one, _) = await RecordAsync(3, 1, SquareAsync);
        var two = new MaterialPlan();
        two.Add([105, 5, 18]);
        using var folder = new OwnFolder();
        await using LocalParties parties = LocalParties.Create(MpcProtocol.Shamir, parties: 3);
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(
            () => parties.RunAsync(session => session.PreprocessAsync(folder.Party(session.PartyId), "a test", [session.PartyId == 2 ? two : one]).AsTask()));
        Assert.Contains("do not have the same plans of material", error.Message, StringComparison.Ordinal);
        Assert.All(Enumerable.Range(0, 3), party => Assert.Throws<InvalidDataException>(() => MaterialStore.Open(folder.Party(party))));
    }

    [Fact]
    public async Task A_party_that_cannot_write_leaves_no_store_at_any()
    {
        (MaterialPlan plan, _) = await RecordAsync(3, 1, SquareAsync);
        using var folder = new OwnFolder();
        Directory.CreateDirectory(folder.Party(1));
        File.WriteAllText(Path.Combine(folder.Party(1), "mine"), "");
        await using LocalParties parties = LocalParties.Create(MpcProtocol.Shamir, parties: 3);
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => parties.RunAsync(async session =>
        {
            ValueTask making = session.PreprocessAsync(folder.Party(session.PartyId), "a test", [plan]);
            if (session.PartyId != 1)
            {
                await making;
                return;
            }

            IOException own = await Assert.ThrowsAsync<IOException>(making.AsTask);
            Assert.Contains("is not empty", own.Message, StringComparison.Ordinal);
        }));
        Assert.Contains("party 1 ended the session", error.Message, StringComparison.Ordinal);
        Assert.All(Enumerable.Range(0, 3), party => Assert.Throws<InvalidDataException>(() => MaterialStore.Open(folder.Party(party))));
    }

    [Fact]
    public async Task What_no_party_of_the_protocol_can_make_is_refused()
    {
        var plan = new MaterialPlan();
        plan.Add([1, 4, 18]);
        using var folder = new OwnFolder();
        await using LocalParties shamir = LocalParties.Create(MpcProtocol.Shamir, parties: 3);
        ArgumentException foreign = await Assert.ThrowsAsync<ArgumentException>(
            () => shamir.RunAsync(session => session.PreprocessAsync(folder.Party(session.PartyId), "a test", [plan]).AsTask()));
        Assert.Contains("it asks for [1, 4, 18]", foreign.Message, StringComparison.Ordinal);
        await using LocalParties replicated = LocalParties.Create(MpcProtocol.Replicated3);
        await Assert.ThrowsAsync<NotSupportedException>(
            () => replicated.RunAsync(session => session.PreprocessAsync(folder.Party(session.PartyId), "a test", [plan]).AsTask()));
        await Assert.ThrowsAsync<ArgumentOutOfRangeException>(
            () => shamir.RunAsync(session => session.PreprocessAsync(folder.Party(session.PartyId), "a test", []).AsTask()));
    }

    [Theory]
    [InlineData(100, 4, 0)]
    [InlineData(101, 0, 0)]
    [InlineData(101, 4, 1)]
    [InlineData(105, 4, 0)]
    [InlineData(105, 4, 63)]
    [InlineData(106, 4, 65)]
    [InlineData(108, 4, 0)]
    public void A_plan_that_makes_no_sense_is_refused(int kind, int count, int parameter)
    {
        var plan = new MaterialPlan();
        plan.Add([kind, count, parameter]);
        Assert.Throws<InvalidDataException>(() => ShamirCosts.Preprocess(3, 1, [plan]));
    }

    /// <summary>Operations of every kind, of sizes around whole words of bits, whose randomness is made together and must come apart rightly.</summary>
    private static async Task MixedAsync(MpcSession session)
    {
        foreach (int count in new[] { 1, 65, 64, 63, 130 })
        {
            double[] values = Values((ulong)count, count);
            var shape = new TensorShape(count);
            using SecretTensor x = await session.InputAsync(1, shape, values);
            using SecretTensor square = await session.SquareAsync(x);
            using SecretBits negative = await session.LessThanZeroAsync(x, 40);
            using SecretBits zero = await session.EqualsZeroAsync(x, 33);
            using SecretBits both = await session.AndAsync(negative, session.Not(zero));
            using SecretTensor chosen = await session.MultiplyBitAsync(both, x);
            using SecretTensor down = await session.TruncateExactAsync(x, 0);
            using SecretTensor largest = await session.MaximumAsync(session.Reshape(x, new TensorShape(1, count)), 40);
            Assert.Equal(values.Select(v => v < 0), await session.RevealAsync(negative));
            Assert.Equal(values.Select(v => v == 0), await session.RevealAsync(zero));
            Near([.. values.Select(v => v * v)], await session.RevealAsync(square), 1e-4);
            Near([.. values.Select(v => Math.Min(v, 0))], await session.RevealAsync(chosen), 1e-5);
            Assert.Equal(values.Select(v => Math.Floor(Math.Round(v * (1 << 18)) / (1 << 18))), await session.RevealAsync(down));
            Near([values.Max()], await session.RevealAsync(largest), 1e-5);
        }
    }

    private static async Task SquareAsync(MpcSession session)
    {
        using SecretTensor x = session.Constant(new TensorShape(4), 1.5);
        using SecretTensor square = await session.SquareAsync(x);
        Near([2.25, 2.25, 2.25, 2.25], await session.RevealAsync(square), 1e-4);
    }

    private static async Task<OwnFolder> WrittenAsync(int n, int t)
    {
        (MaterialPlan plan, _) = await RecordAsync(n, t, SquareAsync);
        var folder = new OwnFolder();
        await PreprocessAsync(folder, n, t, plan, plan);
        return folder;
    }

    /// <summary>What a program needs, as a session writes it down that makes it on the way, and what that sends.</summary>
    private static async Task<(MaterialPlan Plan, TrafficSnapshot[] Sent)> RecordAsync(int n, int t, Func<MpcSession, Task> program)
    {
        // Each party writes down the same.
        var plans = new MaterialPlan[n];
        await using var network = new InMemoryNetwork(n);
        var id = SessionId.New();
        TrafficSnapshot[] sent = await Task.WhenAll(Enumerable.Range(0, n).Select(party => Task.Run(async () =>
        {
            plans[party] = new MaterialPlan();
            ChannelSet channels = await network.Party(party).OpenSessionAsync(id);
            await using ShamirSession session = await ShamirSession.OpenAsync(channels, new SessionOptions { Threshold = t, Plan = plans[party] });
            TrafficSnapshot before = session.Meter.Snapshot();
            await program(session);
            return session.Meter.Snapshot() - before;
        })));
        Assert.All(plans, plan => Assert.Equal(plans[0].ToBytes(), plan.ToBytes()));
        return (plans[0], sent);
    }

    private static async Task<TrafficSnapshot[]> PreprocessAsync(OwnFolder folder, int n, int t, params MaterialPlan[] runs)
    {
        await using LocalParties parties = LocalParties.Create(MpcProtocol.Shamir, new SessionOptions { Threshold = t }, parties: n);
        var shares = new List<double>();
        TrafficSnapshot[] sent = await MeasureAsync(
            parties,
            session => session.PreprocessAsync(folder.Party(session.PartyId), "a test", runs, session.PartyId == 0 ? new Heard(shares) : null).AsTask());
        Assert.Equal(shares.Order(), shares);
        Assert.Equal(1, shares[^1], 9);
        return sent;
    }

    private static Task<TrafficSnapshot[]> MeasureAsync(LocalParties parties, Func<MpcSession, Task> program) => parties.RunAsync(async session =>
    {
        TrafficSnapshot before = session.Meter.Snapshot();
        await program(session);
        return session.Meter.Snapshot() - before;
    });

    private sealed class Heard(List<double> shares) : IProgress<double>
    {
        public void Report(double value) => shares.Add(value);
    }

    private sealed class OwnFolder : IDisposable
    {
        private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("own-");

        public string Path => _root.FullName;

        public string Party(int party) => MaterialStore.PathOf(Path, party);

        public void Dispose() => _root.Delete(recursive: true);
    }
}
