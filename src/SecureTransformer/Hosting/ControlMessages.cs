using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>The first message of a client: what it wants. Everything in it is public.</summary>
internal sealed class PartyRequest
{
    public const string Load = "load";
    public const string Classify = "classify";
    public const string Generate = "generate";
    public const string Check = "check";

    public required string Kind { get; init; }

    public required string Protocol { get; init; }

    public required int FractionalBits { get; init; }

    /// <summary>How many parties may collude, for a protocol where one chooses it; null for others.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? Threshold { get; init; }

    // What has a default has a setter: the generated reader would null it where the message leaves it out.
    public string LibraryVersion { get; set; } = "";

    /// <summary>For a check: the sender's clock.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>For a load: the public config.json.</summary>
    public string? Configuration { get; init; }

    /// <summary>For a load: the choice of nonlinear functions; null for those that the configuration says.</summary>
    public string? Nonlinear { get; init; }

    /// <summary>For a classification or a conversation: the functions that the client expects, in words.</summary>
    public string Functions { get; set; } = "";

    /// <summary>For a classification or a conversation: the digest of the client's configuration.</summary>
    public string ConfigurationDigest { get; set; } = "";

    /// <summary>For a classification or a conversation: the extent of the one-hot rows.</summary>
    public int VocabularySize { get; set; }

    /// <summary>For a conversation: the number of texts that are continued side by side.</summary>
    public int Sequences { get; set; }

    /// <summary>For a classification: '1' for each real position, '0' for padding.</summary>
    public string AttentionMask { get; set; } = "";

    /// <summary>For a classification: the position of each token.</summary>
    public int[] PositionIds { get; set; } = [];
}

/// <summary>One turn of a conversation, or its end. Everything in it is public.</summary>
internal sealed class GenerationTurn
{
    /// <summary>How many new tokens each sequence gets before the answer; empty to end the conversation.</summary>
    public int[] NewTokens { get; set; } = [];

    /// <summary>How many tokens of the cache each sequence keeps.</summary>
    public int[] Kept { get; set; } = [];

    /// <summary>The most tokens of the answer.</summary>
    public int MaxNewTokens { get; set; }

    /// <summary>Whether the parties choose the tokens.</summary>
    public bool Private { get; set; }

    /// <summary>For the parties' choice: 0 for the largest logit.</summary>
    public double Temperature { get; set; }

    /// <summary>Whether the client says after each token which sequences go on.</summary>
    public bool StopEarly { get; set; }

    /// <summary>Whether the parties wait for the client after each token: for its choice, or for whether to go on.</summary>
    [JsonIgnore]
    public bool IsDirected => !Private || StopEarly;
}

/// <summary>A party's answer that it is ready, with what it knows of itself.</summary>
internal sealed class PartyReady
{
    public required string LibraryVersion { get; init; }

    public required DateTimeOffset Time { get; init; }

    /// <summary>The identity of the model that the party holds shares of; null when it holds none.</summary>
    public string? Model { get; init; }
}

/// <summary>What a party measured over one request.</summary>
internal sealed class PartyReport
{
    public required long[] BytesByPhase { get; init; }

    /// <summary>The party's logical clock when it had the input.</summary>
    public required int InputClock { get; init; }

    /// <summary>What the party got offline: from the dealer, where there is one.</summary>
    public required long BytesFromDealer { get; init; }

    /// <summary>How long the party spent on what does not depend on the input: waiting for the dealer, or making it with the others.</summary>
    public required double SecondsOffline { get; init; }

    public required long PeakMemoryBytes { get; init; }

    /// <summary>The runs of stored material that the party has left; null where it has none.</summary>
    public int? MaterialLeft { get; init; }

    /// <summary>Receives what a party has measured.</summary>
    /// <exception cref="ProtocolException">It is not of the expected form.</exception>
    public static async ValueTask<PartyReport> ReceiveAsync(IChannel party, CancellationToken cancellationToken)
    {
        PartyReport report = await ControlChannel.ReceiveAsync(party, HostOperations.Report, ControlJson.Default.PartyReport, cancellationToken).ConfigureAwait(false);
        return report.BytesByPhase.Length == Enum.GetValues<TrafficPhase>().Length && double.IsFinite(report.SecondsOffline)
            ? report
            : throw new ProtocolException($"{party.PeerName} sent a report that is not of the expected form.");
    }

    /// <summary>Sends what the party has measured so far.</summary>
    public static void Send(IChannel channel, MpcSession session, int inputClock)
    {
        TrafficPhase[] phases = Enum.GetValues<TrafficPhase>();
        TrafficMeter meter = session.Meter;
        using var process = Process.GetCurrentProcess();
        var report = new PartyReport
        {
            BytesByPhase = [.. phases.Select(meter.BytesSent)],
            InputClock = inputClock,
            BytesFromDealer = meter.BytesReceived(TrafficPhase.Offline),
            SecondsOffline = Math.Max(meter.OfflineWait.TotalSeconds, meter.OfflineTime.TotalSeconds),
            PeakMemoryBytes = process.PeakWorkingSet64,
            MaterialLeft = session.Options.Material?.Remaining,
        };
        TrafficPhase phase = meter.Phase;
        meter.Phase = TrafficPhase.Setup;
        ControlChannel.Send(channel, HostOperations.Report, report, ControlJson.Default.PartyReport);
        meter.Phase = phase;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, MaxDepth = 4, RespectNullableAnnotations = true, UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow)]
[JsonSerializable(typeof(PartyRequest))]
[JsonSerializable(typeof(GenerationTurn))]
[JsonSerializable(typeof(PartyReady))]
[JsonSerializable(typeof(PartyReport))]
internal sealed partial class ControlJson : JsonSerializerContext;

/// <summary>Sends and receives control messages as bounded JSON.</summary>
internal static class ControlChannel
{
    public const int MaxLength = 1 << 20;

    /// <summary>A message that says only that something is done.</summary>
    public static void Signal(IChannel channel, ushort operation)
    {
        // Control traffic belongs to the setup, whatever the session is doing.
        TrafficPhase phase = channel.Meter.Phase;
        channel.Meter.Phase = TrafficPhase.Setup;
        channel.Send(channel.Rent(0), operation);
        channel.Meter.Phase = phase;
    }

    public static async ValueTask AwaitSignalAsync(IChannel channel, ushort operation, CancellationToken cancellationToken)
    {
        using FrameBuffer frame = await channel.ReceiveAsync(operation, 0, cancellationToken).ConfigureAwait(false);
    }

    public static byte[] Encode<T>(T message, JsonTypeInfo<T> type) => JsonSerializer.SerializeToUtf8Bytes(message, type);

    public static void Send(IChannel channel, ushort operation, ReadOnlySpan<byte> message)
    {
        FrameBuffer frame = channel.Rent(message.Length);
        message.CopyTo(frame.Span);
        channel.Send(frame, operation);
    }

    public static void Send<T>(IChannel channel, ushort operation, T message, JsonTypeInfo<T> type) => Send(channel, operation, Encode(message, type));

    public static async ValueTask<byte[]> ReceiveAsync(IChannel channel, ushort operation, CancellationToken cancellationToken)
    {
        using FrameBuffer frame = await channel.ReceiveAtMostAsync(operation, MaxLength, cancellationToken).ConfigureAwait(false);
        return frame.Span.ToArray();
    }

    public static T Decode<T>(byte[] message, JsonTypeInfo<T> type, string sender)
    {
        try
        {
            return JsonSerializer.Deserialize(message, type) ?? throw new ProtocolException($"{sender} sent an empty control message.");
        }
        catch (JsonException)
        {
            throw new ProtocolException($"{sender} sent a control message that is not of the expected form.");
        }
    }

    public static async ValueTask<T> ReceiveAsync<T>(IChannel channel, ushort operation, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        Decode(await ReceiveAsync(channel, operation, cancellationToken).ConfigureAwait(false), type, channel.PeerName);
}
