using System.Text;
using Microsoft.Extensions.Logging;
using SecureTransformer.Architectures;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>What does not fit is refused, by name, and the parties go on serving.</summary>
public class RefusalTests
{
    private const string Text = "the old man has sudden chest pain.";

    [Fact]
    public async Task A_request_before_a_model_is_there_is_refused()
    {
        await using var parties = new HostedParties();
        await using InferenceClient client = parties.Client();
        await AssertRefused(client.ClassifyAsync(Text), "holds no model yet");
    }

    [Fact]
    public async Task A_request_with_another_protocol_or_precision_is_refused()
    {
        await using HostedParties parties = await new HostedParties().LoadAsync();
        await using InferenceClient client = parties.Client(new InferenceOptions { FractionalBits = 16 });
        await AssertRefused(client.ClassifyAsync(Text), "number of fractional bits 16, the party's model 18");
        await AssertServing(parties);

        await AssertRefused(parties, Request("plaintext", 18, """ "vocabulary_size":184 """), "protocol plaintext, the party's model replicated");
        await AssertServing(parties);
    }

    [Fact]
    public async Task A_request_for_another_model_is_refused()
    {
        await using HostedParties parties = await new HostedParties().LoadAsync();
        string json = File.ReadAllText(Path.Combine(HostedParties.Model, "config.json"));
        await using InferenceClient smaller = parties.Client(config: Config(json.Replace("\"vocab_size\": 184", "\"vocab_size\": 100", StringComparison.Ordinal)));
        await AssertRefused(smaller.ClassifyAsync(new ClassificationInput { InputIds = [1, 2] }), "vocabulary size 100, the party's model 184");
        await using InferenceClient wider = parties.Client(config: Config(json.Replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3", StringComparison.Ordinal)));
        await AssertRefused(wider.ClassifyAsync(new ClassificationInput { InputIds = [1, 2] }), "model configuration");
        await AssertServing(parties);

        static ModelConfig Config(string json) => ModelConfig.Parse(Encoding.UTF8.GetBytes(json), "test");
    }

    [Theory]
    [InlineData(""" "attention_mask":"11", "position_ids":[0] """, "number of positions 1")]
    [InlineData(""" "attention_mask":"11", "position_ids":[0,64] """, "positions are out of range")]
    [InlineData(""" "attention_mask":"11", "position_ids":[0,-1] """, "positions are out of range")]
    [InlineData(""" "attention_mask":"1x", "position_ids":[0,1] """, "padding mask or positions are out of range")]
    [InlineData(""" "attention_mask":"" """, "the request has 0 tokens; this party takes between 1 and")]
    [InlineData(""" "attention_mask":"111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111" """, "tokens; this party takes between 1 and")]
    public async Task A_malformed_request_is_refused(string fields, string complaint)
    {
        await using HostedParties parties = await new HostedParties().LoadAsync();
        var config = ModelConfig.FromDirectory(HostedParties.Model);
        string digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(config.ToJson()));
        await AssertRefused(parties, Request("replicated", 18, $""" "vocabulary_size":184, "configuration_digest":"{digest}", "functions":"blocks 0 to 1: gelu and softmax; pooler: tanh", {fields} """), complaint);
        await AssertServing(parties);
    }

    [Theory]
    [InlineData("{", "not of the expected form")]
    [InlineData("null", "empty control message")]
    [InlineData("""{"kind":"classify","protocol":"replicated","fractional_bits":18}""", "version")]
    [InlineData("""{"kind":"classify","protocol":null,"fractional_bits":18}""", "not of the expected form")]
    [InlineData("""{"kind":"classify","protocol":"replicated","fractional_bits":18,"extra":1}""", "not of the expected form")]
    [InlineData("""{"kind":"classify","protocol":"replicated","fractional_bits":18,"library_version":"9.9.9"}""", "version")]
    public async Task A_message_that_is_no_request_is_refused(string message, string complaint)
    {
        await using HostedParties parties = await new HostedParties().LoadAsync();
        await AssertRefused(parties, message, complaint);
        await AssertServing(parties);
    }

    [Fact]
    public async Task An_input_that_does_not_fit_the_model_is_an_argument_error_at_the_client()
    {
        await using HostedParties parties = await new HostedParties().LoadAsync();
        await using InferenceClient client = parties.Client();
        var config = (BertConfig)ModelConfig.FromDirectory(HostedParties.Model);
        await Throws(new ClassificationInput { InputIds = [] }, "0 tokens");
        await Throws(new ClassificationInput { InputIds = new int[config.MaxPositionEmbeddings + 1] }, "tokens");
        await Throws(new ClassificationInput { InputIds = [1, config.VocabSize] }, "InputIds");
        await Throws(new ClassificationInput { InputIds = [1, -1] }, "InputIds");
        await Throws(new ClassificationInput { InputIds = [1, 2], TokenTypeIds = [0, config.TypeVocabSize] }, "TokenTypeIds");
        await Throws(new ClassificationInput { InputIds = [1, 2], AttentionMask = [1] }, "AttentionMask");
        await Throws(new ClassificationInput { InputIds = [1, 2], PositionIds = [0, config.MaxPositionEmbeddings] }, "PositionIds");
        await Assert.ThrowsAsync<ArgumentException>(() => client.ClassifyAsync(string.Join(' ', Enumerable.Repeat("pain", 1000))));
        await AssertServing(parties);

        async Task Throws(ClassificationInput input, string thing)
        {
            ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => client.ClassifyAsync(input));
            Assert.Contains(thing, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_a_client_sent_makes_no_line_in_the_log()
    {
        var log = new Lines();
        await using HostedParties parties = await new HostedParties(new PartyHostOptions { Logger = log }).LoadAsync();
        await AssertRefused(parties, Request(@"replicated\nParty 0 is fine", 18, """ "vocabulary_size":184 """), "the request has the protocol replicated?Party 0 is fine");
        string[] lines = log.Snapshot();
        Assert.Contains(lines, l => l.Contains("replicated?Party 0 is fine", StringComparison.Ordinal));
        Assert.DoesNotContain(lines, l => l.Contains('\n', StringComparison.Ordinal));
    }

    [Fact]
    public async Task Only_listed_owners_load_and_only_listed_clients_ask()
    {
        await using var parties = new HostedParties(new PartyHostOptions { Owners = ["client 1"], Clients = ["client 2"] });
        await using IClientEndpoint stranger = parties.Network.Client();
        await AssertRefused(ModelOwner.LoadAsync(stranger, HostedParties.Model), "not listed as that of a model owner");
        await using IClientEndpoint owner = parties.Network.Client();
        await ModelOwner.LoadAsync(owner, HostedParties.Model);
        await using InferenceClient client = parties.Client();
        Assert.Equal("urgent", (await client.ClassifyAsync(Text)).Label);
        await using InferenceClient other = parties.Client();
        await AssertRefused(other.ClassifyAsync(Text), "not listed as that of a client");
    }

    internal static async Task AssertServing(HostedParties parties)
    {
        await using InferenceClient client = parties.Client();
        Assert.Equal("urgent", (await client.ClassifyAsync(Text)).Label);
    }

    internal static async Task AssertRefused(Task request, string complaint)
    {
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => request.WaitAsync(TimeSpan.FromSeconds(4)));
        Assert.Contains(complaint, error.Message, StringComparison.Ordinal);
        Assert.Contains("party ", error.Message, StringComparison.Ordinal);
    }

    internal static string Request(string protocol, int bits, string fields) =>
        $$"""{"kind":"classify","protocol":"{{protocol}}","fractional_bits":{{bits}},"library_version":"{{HostVersionText}}",{{fields}}}""";

    internal static string HostVersionText => typeof(PartyHost).Assembly.GetName().Version!.ToString(3);

    /// <summary>Sends a message in the place of a request, and expects every party to refuse it.</summary>
    private static async Task AssertRefused(HostedParties parties, string message, string complaint)
    {
        await using IClientEndpoint endpoint = parties.Network.Client();
        await using ClientChannels channels = await endpoint.ConnectAsync(SessionId.New());
        for (int i = 0; i < 3; i++)
        {
            RawRequests.Send(channels[i], message);
        }

        for (int i = 0; i < 3; i++)
        {
            await AssertRefused(channels[i].ReceiveAsync(RawRequests.Progress, 0).AsTask(), complaint);
        }
    }
}

/// <summary>Keeps what is logged.</summary>
internal sealed class Lines : ILogger
{
    private readonly List<string> _lines = [];

    public string[] Snapshot()
    {
        lock (_lines)
        {
            return [.. _lines];
        }
    }

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lines)
        {
            _lines.Add(formatter(state, exception));
        }
    }
}

/// <summary>Requests as bytes, as a client of another make would send them.</summary>
internal static class RawRequests
{
    public const ushort Request = 0x1000;
    public const ushort Ready = 0x1001;
    public const ushort Progress = 0x1002;

    public static void Send(IChannel channel, string message)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(message);
        FrameBuffer frame = channel.Rent(bytes.Length);
        bytes.CopyTo(frame.Span);
        channel.Send(frame, Request);
    }
}
