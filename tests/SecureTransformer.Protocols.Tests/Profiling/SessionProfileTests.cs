using SecureTransformer.Transport;
using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Everything that a session uses is charged to one operation of one layer, and alike at all parties.</summary>
public class SessionProfileTests
{
    public static TheoryData<MpcProtocol> Protocols => [MpcProtocol.Replicated3, MpcProtocol.Additive, MpcProtocol.PlaintextFixedPoint];

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Every_byte_round_and_moment_is_charged_once(MpcProtocol protocol)
    {
        var profile = new SessionProfile();
        (TrafficSnapshot Traffic, double Waited)[] used = await RecordAsync(profile, protocol);

        for (int party = 0; party < used.Length; party++)
        {
            ProfileReport own = profile.Report(party);
            Assert.Equal(used[party].Traffic.BytesSentTotal, own.Entries.Sum(e => e.BytesSent));
            Assert.Equal(used[party].Traffic.Clock, own.Entries.Sum(e => e.Rounds));
            Assert.Equal(own.SecondsByParty.Single(), own.Entries.Sum(e => e.Seconds), 1e-9);
            Assert.Equal(used[party].Waited, own.Entries.Sum(e => e.WaitingSeconds), 1e-6);
            Assert.All(own.Entries, e => Assert.InRange(e.WaitingSeconds, 0, e.Seconds + 1e-6));
            Assert.All(own.Entries, e => Assert.True(e is { BytesSent: >= 0, Rounds: >= 0 }));
        }

        ProfileReport all = profile.Report();
        Assert.Equal(used.Sum(u => u.Traffic.BytesSentTotal), all.Total.BytesSent);
        Assert.Equal(used.Select(u => u.Traffic.BytesSentTotal), all.BytesByParty);
        Assert.Equal(used.Max(u => u.Traffic.Clock), all.Total.Rounds);
        Assert.Equal(all.SecondsByParty.Average(), all.Entries.Sum(e => e.Seconds), 1e-9);
        Assert.All(all.Entries, e => Assert.True(e is { BytesSent: >= 0, Rounds: >= 0, Seconds: >= 0 }));
        Assert.Equal(1, all.Runs);
        Assert.Equal(used.Length, all.Parties);
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task All_parties_tell_of_the_same_operations(MpcProtocol protocol)
    {
        var profile = new SessionProfile();
        int parties = (await RecordAsync(profile, protocol)).Length;
        var first = Steps(profile.Report(0));
        for (int party = 1; party < parties; party++)
        {
            Assert.Equal(first, Steps(profile.Report(party)));
        }

        Assert.Equal(first, Steps(profile.Report()));

        static List<(string, string, long, long, long)> Steps(ProfileReport report) =>
            [.. report.Entries.Where(e => e.Calls > 0).Select(e => (e.Layer, e.Operation, e.Calls, e.Elements, e.Products))];
    }

    [Fact]
    public async Task Operations_stand_under_the_layer_and_the_operation_around_them()
    {
        var profile = new SessionProfile();
        await RecordAsync(profile, MpcProtocol.Replicated3);
        ProfileReport report = profile.Report();

        ProfileEntry product = Assert.Single(report.Entries, e => e is { Layer: "block.1/inner", Operation: "matmul" });
        Assert.Equal((1, 4 * 5, 4 * 5 * 3), (product.Calls, product.Elements, product.Products));
        Assert.True(product is { BytesSent: > 0, Rounds: > 0, Seconds: > 0 });
        ProfileEntry sign = Assert.Single(report.Entries, e => e is { Layer: "block.0", Operation: "normal/maximum/sign" });
        Assert.Equal((3, 4 * 4), (sign.Calls, sign.Elements));
        Assert.Contains(report.Entries, e => e is { Layer: "block.0", Operation: "normal/local", Calls: 0, BytesSent: 0, Rounds: 0 });
        Assert.Contains(report.Entries, e => e is { Layer: "", Operation: "input", Calls: 2 });
        Assert.Contains(report.Entries, e => e is { Layer: "", Operation: "local" });

        Assert.Equal(["", "block.*", "block.*/inner"], report.ByLayer().Select(e => e.Layer));
        Assert.Equal(["", "block.0", "block.0/inner", "block.1", "block.1/inner"], report.ByLayer(detailed: true).Select(e => e.Layer));
        Assert.Equal(["input", "local", "matmul", "normal", "reveal"], report.ByOperation().Select(e => e.Operation).Order());
        Assert.Contains("normal/reciprocal/normalise/local", report.ByOperation(detailed: true).Select(e => e.Operation));
        Assert.Equal(report.Total.BytesSent, report.ByLayer().Sum(e => e.BytesSent));
        Assert.Equal(report.Total.Rounds, report.ByOperation().Sum(e => e.Rounds));
    }

    [Fact]
    public async Task A_wait_for_a_distant_party_is_waiting()
    {
        var profile = new SessionProfile();
        var delay = TimeSpan.FromMilliseconds(5);
        await RecordAsync(profile, MpcProtocol.Replicated3, new TransportOptions { Conditions = new NetworkConditions { OneWayDelay = delay } });
        ProfileEntry total = profile.Report().Total;
        Assert.InRange(total.WaitingSeconds, (total.Rounds - 2) * delay.TotalSeconds, total.Seconds);
    }

    [Fact]
    public async Task Several_runs_are_summed_and_alone_they_are_one()
    {
        var profile = new SessionProfile();
        var second = new SessionProfile();
        await RecordAsync(profile, MpcProtocol.Replicated3);
        ProfileReport one = profile.Report();
        await RecordAsync(second, MpcProtocol.Replicated3);
        profile.Add(second);
        ProfileReport two = profile.Report();
        Assert.Equal(2, two.Runs);
        Assert.Equal(2 * one.Total.BytesSent, two.Total.BytesSent);
        Assert.Equal(2 * one.Total.Rounds, two.Total.Rounds);
        Assert.Equal(one.Total.Seconds + second.Report().Total.Seconds, two.Total.Seconds, 1e-9);
    }

    [Fact]
    public async Task A_recording_ends_with_the_session_and_with_what_is_open_in_it()
    {
        var profile = new SessionProfile();
        await using LocalParties parties = LocalParties.Create(MpcProtocol.PlaintextFixedPoint);
        await parties.RunAsync(session =>
        {
            ProfileRecording first = session.BeginProfile(profile);
            Assert.Throws<InvalidOperationException>(() => session.BeginProfile(profile));
            Assert.Throws<InvalidOperationException>(() => profile.Report());
            SessionScope open = session.BeginScope("open");
            first.Dispose();
            first.Dispose();
            Assert.True(first.IsComplete);

            session.BeginProfile(profile);
            open.Dispose();
            session.BeginScope("left open");
            return Task.CompletedTask;
        });
        Assert.Equal(2, profile.Recordings.Count);
        Assert.Equal(["", "open", "left open"], profile.Report().ByLayer().Select(e => e.Layer));
    }

    [Fact]
    public async Task A_failed_operation_ends_its_slices()
    {
        var profile = new SessionProfile();
        await using LocalParties parties = LocalParties.Create(MpcProtocol.PlaintextFixedPoint);
        await parties.RunAsync(async session =>
        {
            using ProfileRecording recording = session.BeginProfile(profile);
            using SecretTensor x = await session.InputAsync(0, new TensorShape(2), new double[2]);
            using (session.BeginScope("failing"))
            {
                await Assert.ThrowsAsync<OverflowException>(async () => await session.InputAsync(0, new TensorShape(1), new[] { 1e300 }));
            }
        });
        ProfileReport report = profile.Report();
        Assert.Contains(report.Entries, e => e is { Layer: "failing", Operation: "input", Calls: 1 });
    }

    [Fact]
    public async Task A_recording_is_of_a_session_between_operations()
    {
        var profile = new SessionProfile();
        await using LocalParties parties = LocalParties.Create(MpcProtocol.Replicated3);
        var gate = new TaskCompletionSource();
        await parties.RunAsync(async session =>
        {
            SecretTensor x = await session.InputAsync(0, new TensorShape(2), new double[2]);
            if (session.PartyId != 0)
            {
                await gate.Task;
                await session.RevealAsync(x);
                return;
            }

            ValueTask<double[]> pending = session.RevealAsync(x);
            Assert.Throws<InvalidOperationException>(() => session.BeginProfile(profile));
            gate.SetResult();
            await pending;
        });
        Assert.Empty(profile.Recordings);
        Assert.Throws<InvalidOperationException>(() => profile.Report());
    }

    [Fact]
    public async Task Parties_that_ran_different_programs_are_not_summed()
    {
        var profile = new SessionProfile();
        await using LocalParties parties = LocalParties.Create(MpcProtocol.Replicated3);
        await parties.RunAsync(session =>
        {
            using ProfileRecording recording = session.BeginProfile(profile);
            using SessionScope scope = session.BeginScope(session.PartyId == 2 ? "other" : "same");
            return Task.CompletedTask;
        });
        InvalidOperationException error = Assert.Throws<InvalidOperationException>(() => profile.Report());
        Assert.Contains("'same' at one, 'other' at another", error.Message, StringComparison.Ordinal);
        Assert.Equal("other", profile.Report(2).ByLayer()[^1].Layer);
    }

    [Fact]
    public async Task What_comes_after_the_bound_is_counted_where_it_fell()
    {
        var profile = new SessionProfile();
        await using LocalParties parties = LocalParties.Create(MpcProtocol.PlaintextFixedPoint);
        await parties.RunAsync(session =>
        {
            using ProfileRecording recording = session.BeginProfile(profile);
            for (int i = 0; i < 1 << 20; i++)
            {
                session.BeginScope("many").Dispose();
            }

            session.BeginScope("late").Dispose();
            return Task.CompletedTask;
        });
        ProfileReport report = profile.Report();
        Assert.True(report.IsTruncated);
        Assert.Equal(["", "many"], report.ByLayer().Select(e => e.Layer));
        Assert.Equal(profile.Recordings[0].Seconds, report.Total.Seconds, 1e-9);
    }

    [Theory]
    [InlineData("encoder.layer.11/attention", "encoder.layer.*/attention")]
    [InlineData("decoder.layer.0", "decoder.layer.*")]
    [InlineData("a.1.2/b.3c", "a.*.*/b.3c")]
    [InlineData("", "")]
    public void Layers_that_differ_in_their_number_are_alike(string layer, string alike) => Assert.Equal(alike, ProfileReport.Alike(layer));

    [Fact]
    public async Task The_table_has_a_line_for_each_operation_and_layer()
    {
        var profile = new SessionProfile();
        await RecordAsync(profile, MpcProtocol.Replicated3);
        using var brief = new StringWriter();
        profile.Report().WriteTable(brief);
        string[] lines = brief.ToString().ReplaceLineEndings("\n").Split('\n');
        Assert.StartsWith("profile of 3 parties:", lines[0], StringComparison.Ordinal);
        Assert.Single(lines, l => l.StartsWith("matmul ", StringComparison.Ordinal));
        Assert.Single(lines, l => l.StartsWith("block.* ", StringComparison.Ordinal));
        string[] totals = [.. lines.Where(l => l.StartsWith("total ", StringComparison.Ordinal))];
        Assert.Equal(2, totals.Length);
        Assert.Equal(totals[0], totals[1]);
        Assert.Contains("100.0%", totals[0], StringComparison.Ordinal);

        using var detailed = new StringWriter();
        profile.Report().WriteTable(detailed, detailed: true);
        Assert.Contains("block.1/inner: matmul ", detailed.ToString(), StringComparison.Ordinal);
        Assert.Contains("normal/maximum/select ", detailed.ToString(), StringComparison.Ordinal);
    }

    /// <summary>Two blocks of a product, a maximum and a function, recorded at every party; what its meter says of the same time.</summary>
    internal static Task<(TrafficSnapshot Traffic, double Waited)[]> RecordAsync(SessionProfile profile, MpcProtocol protocol, TransportOptions? transport = null) =>
        RecordAsync(_ => profile, protocol, transport);

    internal static async Task<(TrafficSnapshot Traffic, double Waited)[]> RecordAsync(
        Func<MpcSession, SessionProfile> profileOf, MpcProtocol protocol, TransportOptions? transport = null)
    {
        await using LocalParties parties = LocalParties.Create(protocol, transport: transport);
        return await parties.RunAsync(async session =>
        {
            // What comes before is not recorded.
            using SecretTensor before = await session.InputAsync(0, new TensorShape(2), Values(7, 2));
            await session.RevealAsync(before);
            await session.AgreeAsync("start", new byte[] { 1 });

            TrafficSnapshot start = session.Meter.Snapshot();
            TimeSpan waited = session.Meter.ReceiveWait;
            using ProfileRecording recording = session.BeginProfile(profileOf(session));
            using SecretTensor x = await session.InputAsync(0, new TensorShape(4, 3), Values(1, 12));
            using SecretTensor y = await session.InputAsync(session.PartyCount - 1, new TensorShape(3, 5), Values(2, 15));
            for (int i = 0; i < 2; i++)
            {
                using SessionScope block = session.BeginScope($"block.{i}");
                SecretTensor product;
                using (SessionScope inner = session.BeginScope("inner"))
                {
                    product = inner.Keep(await session.MatMulAsync(x, y));
                }

                using SessionScope operation = session.BeginOperation("normal");
                SecretTensor largest = await session.MaximumAsync(product);
                await session.EvaluateAsync(new Reciprocal(30, 0), session.AddPublic(session.Subtract(largest, largest), 1));
                Assert.Equal(i == 0 ? "block.0" : "block.1", session.ScopeName);
            }

            await session.RevealAsync(x);
            recording.Dispose();
            return (session.Meter.Snapshot() - start, (session.Meter.ReceiveWait - waited).TotalSeconds);
        });
    }
}
