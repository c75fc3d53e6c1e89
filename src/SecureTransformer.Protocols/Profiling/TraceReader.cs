using System.Text.Json;

namespace SecureTransformer.Protocols;

/// <summary>Reads what <see cref="TraceWriter"/> wrote, and checks that slices nest.</summary>
internal static class TraceReader
{
    private static readonly Dictionary<string, ProfileKind> s_kinds = Enum.GetValues<ProfileKind>().ToDictionary(TraceWriter.CategoryOf);

    public static List<ProfileRecording> Read(Stream source, string name)
    {
        try
        {
            using var document = JsonDocument.Parse(source);
            JsonElement about = document.RootElement.GetProperty("otherData");
            if (about.GetProperty("format").GetString() != TraceWriter.Format)
            {
                throw new InvalidDataException($"{name} is no profile of this version.");
            }

            return Recordings(document.RootElement.GetProperty("traceEvents"), about.GetProperty("origin").GetDateTimeOffset());
        }
        catch (Exception error) when (error is JsonException or KeyNotFoundException or InvalidOperationException or FormatException or OverflowException)
        {
            throw new InvalidDataException($"{name} is no profile, or is damaged: {error.Message}", error);
        }
    }

    private static List<ProfileRecording> Recordings(JsonElement events, DateTimeOffset origin)
    {
        var recordings = new List<ProfileRecording>();
        var slices = new List<ProfileSlice>();
        var open = new Stack<int>();
        (int Party, long Start, bool Truncated) run = default;
        foreach (JsonElement one in events.EnumerateArray().Where(e => e.GetProperty("ph").ValueEquals("X")))
        {
            ProfileKind kind = s_kinds[one.GetProperty("cat").GetString()!];
            JsonElement args = one.GetProperty("args");
            long at = Nanoseconds(one, "ts");
            if (kind == ProfileKind.Run)
            {
                Finish();
                run = (one.GetProperty("pid").GetInt32(), at, args.TryGetProperty("truncated", out _));
            }

            int depth = args.GetProperty("depth").GetInt32();
            if (depth < 0 || depth > open.Count || (depth == 0) != (kind == ProfileKind.Run))
            {
                throw new FormatException("slices do not nest");
            }

            while (open.Count > depth)
            {
                open.Pop();
            }

            var start = new ProfileCounters(at - run.Start, 0, args.GetProperty("sent").GetInt64(), args.GetProperty("clock").GetInt32());
            var end = new ProfileCounters(
                start.Nanoseconds + Nanoseconds(one, "dur"), Nanoseconds(args, "waiting_us"), start.Bytes + args.GetProperty("bytes").GetInt64(), start.Clock + args.GetProperty("rounds").GetInt32());
            slices.Add(new ProfileSlice(
                open.TryPeek(out int parent) ? parent : -1, depth, kind, one.GetProperty("name").GetString()!, Optional(args, "elements"), Optional(args, "products"), start, end));
            open.Push(slices.Count - 1);
        }

        Finish();
        return recordings;

        void Finish()
        {
            if (slices.Count > 0)
            {
                recordings.Add(new ProfileRecording(run.Party, origin + TimeSpan.FromTicks(run.Start / TimeSpan.NanosecondsPerTick), slices, run.Truncated));
            }

            slices.Clear();
            open.Clear();
        }
    }

    private static long Nanoseconds(JsonElement element, string name) => (long)(element.GetProperty(name).GetDecimal() * 1000);

    private static long Optional(JsonElement element, string name) => element.TryGetProperty(name, out JsonElement value) ? value.GetInt64() : 0;
}
