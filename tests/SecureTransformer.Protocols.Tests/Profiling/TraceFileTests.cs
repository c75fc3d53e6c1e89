using System.Text.Json;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Profiles as files of the Chrome trace event format.</summary>
public sealed class TraceFileTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("profile-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Events_nest_within_the_track_of_their_party()
    {
        SessionProfile profile = await TwoRunsAsync();
        string path = Path.Combine(_folder, "trace.json");
        profile.SaveTrace(path);
        using var document = JsonDocument.Parse(await File.ReadAllBytesAsync(path));
        JsonElement[] events = [.. document.RootElement.GetProperty("traceEvents").EnumerateArray()];

        Assert.Equal(["party 0", "party 1", "party 2"], events.Where(e => Is(e, "M")).Select(e => e.GetProperty("args").GetProperty("name").GetString()));
        Assert.All(events.Where(e => !Is(e, "M")), e => Assert.True(e.GetProperty("ts").GetDecimal() >= 0));
        foreach (var track in events.Where(e => Is(e, "X")).GroupBy(e => (e.GetProperty("pid").GetInt32(), e.GetProperty("tid").GetInt32())))
        {
            var open = new Stack<(decimal Start, decimal End)>();
            foreach (JsonElement slice in track)
            {
                decimal start = slice.GetProperty("ts").GetDecimal();
                decimal end = start + slice.GetProperty("dur").GetDecimal();
                Assert.True(end >= start);
                int depth = slice.GetProperty("args").GetProperty("depth").GetInt32();
                while (open.Count > depth)
                {
                    open.Pop();
                }

                Assert.Equal(depth, open.Count);
                if (depth > 0)
                {
                    Assert.InRange(start, open.Peek().Start, open.Peek().End);
                    Assert.InRange(end, start, open.Peek().End);
                }

                open.Push((start, end));
            }
        }

        long sent = events.Where(e => Is(e, "X") && e.GetProperty("cat").ValueEquals("primitive")).Sum(e => e.GetProperty("args").GetProperty("bytes").GetInt64());
        Assert.Equal(profile.Report().Total.BytesSent, sent);
        Assert.Contains(events, e => Is(e, "C") && e.GetProperty("args").GetProperty("bytes").GetInt64() > 0);
        Assert.Equal(["trace.json"], Directory.GetFiles(_folder).Select(Path.GetFileName));

        static bool Is(JsonElement e, string phase) => e.GetProperty("ph").ValueEquals(phase);
    }

    [Fact]
    public async Task What_is_read_back_is_what_was_written()
    {
        SessionProfile profile = await TwoRunsAsync();
        string path = Path.Combine(_folder, "trace.json");
        profile.SaveTrace(path);
        SessionProfile read = SessionProfile.LoadTrace(path);
        Assert.Equal(profile.Report().Entries, read.Report().Entries);
        Assert.Equal(profile.Report(1).Entries, read.Report(1).Entries);
        Assert.Equal(profile.Recordings.OrderBy(r => r.Party).Select(r => r.Started), read.Recordings.Select(r => r.Started));

        using var again = new MemoryStream();
        read.WriteTrace(again);
        Assert.Equal(await File.ReadAllBytesAsync(path), again.ToArray());
    }

    [Fact]
    public async Task The_files_of_the_parties_make_one_profile()
    {
        SessionProfile[] own = [new(), new(), new()];
        await SessionProfileTests.RecordAsync(session => own[session.PartyId], MpcProtocol.Replicated3);
        var whole = new SessionProfile();
        var joined = new SessionProfile();
        for (int party = 2; party >= 0; party--)
        {
            string path = Path.Combine(_folder, $"{party}.json");
            own[party].SaveTrace(path);
            joined.Add(SessionProfile.LoadTrace(path));
            whole.Add(own[party]);
        }

        Assert.Equal(3, joined.Report().Parties);
        Assert.Equal(whole.Report().Entries, joined.Report().Entries);
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("""{"otherData":{"format":"other"},"traceEvents":[]}""")]
    [InlineData("""{"otherData":{"format":"SecureTransformer profile 1","origin":"yesterday"},"traceEvents":[]}""")]
    [InlineData("""{"otherData":{"format":"SecureTransformer profile 1","origin":"2026-01-01T00:00:00Z"},"traceEvents":7}""")]
    [InlineData("""{"otherData":{"format":"SecureTransformer profile 1","origin":"2026-01-01T00:00:00Z"},"traceEvents":[{"ph":"X","cat":"x"}]}""")]
    [InlineData("""{"otherData":{"format":"SecureTransformer profile 1","origin":"2026-01-01T00:00:00Z"},"traceEvents":[{"ph":"X","cat":"layer","name":"a","pid":0,"ts":0,"dur":1,"args":{"depth":1,"clock":0,"sent":0,"bytes":0,"rounds":0,"waiting_us":0}}]}""")]
    public void A_file_that_is_no_profile_is_refused_by_name(string text)
    {
        string path = Path.Combine(_folder, "broken.json");
        File.WriteAllText(path, text);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => SessionProfile.LoadTrace(path));
        Assert.Contains("broken.json", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_trace_that_cannot_be_written_leaves_nothing()
    {
        var profile = new SessionProfile();
        await using LocalParties parties = LocalParties.Create(MpcProtocol.PlaintextFixedPoint);
        await parties.RunAsync(session =>
        {
            session.BeginProfile(profile);
            Assert.Throws<InvalidOperationException>(() => profile.SaveTrace(Path.Combine(_folder, "early.json")));
            return Task.CompletedTask;
        });
        Assert.Empty(Directory.GetFiles(_folder));
        profile.SaveTrace(Path.Combine(_folder, "late.json"));
        Assert.Single(SessionProfile.LoadTrace(Path.Combine(_folder, "late.json")).Recordings);
    }

    private static async Task<SessionProfile> TwoRunsAsync()
    {
        var profile = new SessionProfile();
        await SessionProfileTests.RecordAsync(profile, MpcProtocol.Replicated3);
        await SessionProfileTests.RecordAsync(profile, MpcProtocol.Replicated3);
        return profile;
    }
}
