using System.Text.Json;

namespace SecureTransformer.Protocols;

/// <summary>
/// Recordings in the Chrome trace event format ("Trace Event Format", Google): a process for each party, nested complete events ("X") in microseconds, and a counter of the
/// bytes that the party has sent.
/// </summary>
internal static class TraceWriter
{
    public const string Format = "SecureTransformer profile 1";

    private const int FlushBytes = 1 << 16;

    public static void Write(Stream destination, IReadOnlyList<ProfileRecording> recordings)
    {
        DateTimeOffset origin = recordings.Count == 0 ? DateTimeOffset.UnixEpoch : recordings.Min(r => r.Started);
        using var json = new Utf8JsonWriter(destination);
        json.WriteStartObject();
        json.WriteString("displayTimeUnit", "ms");
        json.WriteStartObject("otherData");
        json.WriteString("format", Format);
        json.WriteString("origin", origin);
        json.WriteEndObject();
        json.WriteStartArray("traceEvents");
        foreach (IGrouping<int, ProfileRecording> party in recordings.GroupBy(r => r.Party).OrderBy(g => g.Key))
        {
            json.WriteStartObject();
            json.WriteString("name", "process_name");
            json.WriteString("ph", "M");
            json.WriteNumber("pid", party.Key);
            json.WriteNumber("tid", 0);
            json.WriteStartObject("args");
            json.WriteString("name", $"party {party.Key}");
            json.WriteEndObject();
            json.WriteEndObject();

            // Events of one track must nest: runs that overlap get tracks of their own.
            var tracks = new List<long>();
            foreach (ProfileRecording recording in party)
            {
                long start = (recording.Started - origin).Ticks * TimeSpan.NanosecondsPerTick;
                int track = tracks.FindIndex(end => end <= start);
                if (track < 0)
                {
                    track = tracks.Count;
                    tracks.Add(0);
                }

                tracks[track] = start + recording.Slices[0].End.Nanoseconds;
                Write(json, recording, start, track);
            }
        }

        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, ProfileRecording recording, long start, int track)
    {
        foreach (ProfileSlice slice in recording.Slices)
        {
            Begin(json, recording, slice.Name, "X", start + slice.Start.Nanoseconds, track);
            json.WriteString("cat", CategoryOf(slice.Kind));
            Microseconds(json, "dur", slice.Used.Nanoseconds);
            json.WriteStartObject("args");
            json.WriteNumber("bytes", slice.Used.Bytes);
            json.WriteNumber("rounds", slice.Used.Clock);
            Microseconds(json, "waiting_us", slice.Used.WaitingNanoseconds);
            if (slice.Kind == ProfileKind.Primitive)
            {
                json.WriteNumber("elements", slice.Elements);
                json.WriteNumber("products", slice.Products);
            }

            json.WriteNumber("depth", slice.Depth);
            json.WriteNumber("clock", slice.Start.Clock);
            json.WriteNumber("sent", slice.Start.Bytes);
            if (slice.Kind == ProfileKind.Run && recording.IsTruncated)
            {
                json.WriteBoolean("truncated", true);
            }

            json.WriteEndObject();
            json.WriteEndObject();
            if (slice.Kind == ProfileKind.Primitive && slice.Used.Bytes > 0)
            {
                Begin(json, recording, "bytes sent", "C", start + slice.End.Nanoseconds, track);
                json.WriteStartObject("args");
                json.WriteNumber("bytes", slice.End.Bytes);
                json.WriteEndObject();
                json.WriteEndObject();
            }

            if (json.BytesPending > FlushBytes)
            {
                json.Flush();
            }
        }
    }

    public static string CategoryOf(ProfileKind kind) => kind switch
    {
        ProfileKind.Run => "run",
        ProfileKind.Scope => "layer",
        ProfileKind.Operation => "operation",
        _ => "primitive",
    };

    private static void Begin(Utf8JsonWriter json, ProfileRecording recording, string name, string phase, long nanoseconds, int track)
    {
        json.WriteStartObject();
        json.WriteString("name", name);
        json.WriteString("ph", phase);
        json.WriteNumber("pid", recording.Party);
        json.WriteNumber("tid", track);
        Microseconds(json, "ts", nanoseconds);
    }

    private static void Microseconds(Utf8JsonWriter json, string name, long nanoseconds) => json.WriteNumber(name, nanoseconds / 1000m);
}
