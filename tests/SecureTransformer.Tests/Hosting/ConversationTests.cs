using System.Diagnostics;
using SecureTransformer.Architectures;
using SecureTransformer.Generation;
using SecureTransformer.Models;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>What clients, readers and slow links may do to a conversation.</summary>
public class ConversationTests
{
    private const string Model = "gpt2-arith";

    private static GenerationOptions Options(int count, TokenSampling sampling = TokenSampling.Client, bool stopEarly = false, int[]? ends = null) =>
        new() { MaxNewTokens = count, Sampling = sampling, StopEarly = stopEarly, EndTokenIds = ends ?? [] };

    private static InferenceClient Client(HostedParties parties) => new(parties.Network.Client(), ModelConfig.FromDirectory(DecoderRuns.DirectoryOf(Model)), null);

    private static async Task<List<GeneratedToken>> ReadAsync(IAsyncEnumerable<GeneratedToken> tokens)
    {
        var all = new List<GeneratedToken>();
        await foreach (GeneratedToken token in tokens)
        {
            all.Add(token);
        }

        return all;
    }

    [Theory]
    [InlineData(TokenSampling.Client, false)]
    [InlineData(TokenSampling.Private, true)]
    [InlineData(TokenSampling.Private, false)]
    public async Task Breaking_at_the_last_token_keeps_the_conversation(TokenSampling sampling, bool stopEarly)
    {
        await using HostedParties parties = await new HostedParties().LoadAsync(DecoderRuns.DirectoryOf(Model));
        await using InferenceClient client = Client(parties);
        await using Conversation conversation = await client.StartConversationAsync();
        await foreach (GeneratedToken token in conversation.GenerateAsync([1, 2, 3], Options(2, sampling, stopEarly)))
        {
            if (token.Index == 1)
            {
                break;
            }
        }

        Assert.Single(await ReadAsync(conversation.GenerateAsync([4], Options(1, sampling, stopEarly))));
    }

    [Fact]
    public async Task Breaking_at_the_end_token_with_stop_early_keeps_the_conversation()
    {
        await using HostedParties parties = await new HostedParties().LoadAsync(DecoderRuns.DirectoryOf(Model));
        await using InferenceClient client = Client(parties);
        await using Conversation conversation = await client.StartConversationAsync();
        await foreach (GeneratedToken token in conversation.GenerateAsync([1, 2, 3], Options(10, stopEarly: true, ends: [.. Enumerable.Range(0, 357)])))
        {
            if (token.IsEnd)
            {
                break;
            }
        }

        Assert.Single(await ReadAsync(conversation.GenerateAsync([4], Options(1))));
    }

    [Fact]
    public async Task Disposing_a_conversation_that_the_parties_ended_does_not_throw()
    {
        await using var log = new RequestLog();
        await using HostedParties parties = await new HostedParties(new PartyHostOptions { ConversationTimeout = TimeSpan.FromSeconds(1), Logger = log }).LoadAsync(DecoderRuns.DirectoryOf(Model));
        await using InferenceClient client = Client(parties);
        Conversation conversation = await client.StartConversationAsync();
        await ReadAsync(conversation.GenerateAsync([1, 2, 3], Options(1)));
        await log.AwaitAsync("the client said nothing");
        await Task.Delay(500);
        await conversation.DisposeAsync();
    }

    [Fact]
    public async Task A_reader_that_fails_after_the_parties_gave_up_sees_its_own_exception()
    {
        await using HostedParties parties = await new HostedParties(new PartyHostOptions { ConversationTimeout = TimeSpan.FromSeconds(1) }).LoadAsync(DecoderRuns.DirectoryOf(Model));
        await using InferenceClient client = Client(parties);
        await Assert.ThrowsAsync<ArithmeticException>(async () =>
        {
            await foreach (GeneratedToken token in client.GenerateAsync([1, 2, 3], Options(10, stopEarly: true)))
            {
                await Task.Delay(3000);
                throw new ArithmeticException("the reader's own");
            }
        });
    }

    [Fact]
    public async Task A_reader_may_be_slower_than_the_receive_timeout_between_tokens()
    {
        var transport = new TransportOptions { ReceiveTimeout = TimeSpan.FromSeconds(2) };
        await using HostedParties parties = await new HostedParties(null, transport).LoadAsync(DecoderRuns.DirectoryOf(Model));
        await using InferenceClient client = Client(parties);
        int count = 0;
        await foreach (GeneratedToken token in client.GenerateAsync([1, 2, 3], Options(2, stopEarly: true)))
        {
            count++;
            await Task.Delay(3000);
        }

        Assert.Equal(2, count);
    }

    [Fact]
    public async Task Disposing_the_conversation_within_its_answer_does_not_throw()
    {
        await using HostedParties parties = await new HostedParties().LoadAsync(DecoderRuns.DirectoryOf(Model));
        await using InferenceClient client = Client(parties);
        Conversation conversation = await client.StartConversationAsync();
        await foreach (GeneratedToken token in conversation.GenerateAsync([1, 2, 3], Options(10)))
        {
            await conversation.DisposeAsync();
            break;
        }

        await conversation.DisposeAsync();
        Assert.Single(await ReadAsync(client.GenerateAsync([4], Options(1))));
    }

    [Fact]
    public async Task Cancelling_between_tokens_is_a_cancellation_and_leaves_the_parties_usable()
    {
        await using HostedParties parties = await new HostedParties().LoadAsync(DecoderRuns.DirectoryOf(Model));
        await using InferenceClient client = Client(parties);
        foreach (TokenSampling sampling in Enum.GetValues<TokenSampling>())
        {
            using var cancellation = new CancellationTokenSource();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
            {
                await foreach (GeneratedToken token in client.GenerateAsync([1, 2, 3], Options(30, sampling), cancellation.Token))
                {
                    await cancellation.CancelAsync();
                }
            });
        }

        Assert.Single(await ReadAsync(client.GenerateAsync([4], Options(1))));
    }

    [Fact]
    public async Task Enumerating_a_turn_twice_is_two_turns()
    {
        await using HostedParties parties = await new HostedParties().LoadAsync(DecoderRuns.DirectoryOf(Model));
        await using InferenceClient client = Client(parties);
        await using Conversation conversation = await client.StartConversationAsync();
        IAsyncEnumerable<GeneratedToken> turn = conversation.GenerateAsync([1, 2, 3], Options(2));
        Assert.Equal(2, (await ReadAsync(turn)).Count);
        Assert.Equal(2, (await ReadAsync(turn)).Count);
        Assert.Equal(10, conversation.LengthOf(0));
        await using IAsyncEnumerator<GeneratedToken> one = turn.GetAsyncEnumerator();
        Assert.True(await one.MoveNextAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(() => ReadAsync(turn));
        Assert.True(await one.MoveNextAsync());
    }

    /// <summary>A client of its own making, at the level of messages.</summary>
    private static async Task<(ClientChannels Channels, IChannel[] Parties)> OpenAsync(HostedParties parties, int sequences = 1)
    {
        IClientEndpoint endpoint = parties.Network.Client();
        ClientChannels channels = await endpoint.ConnectAsync(SessionId.New());
        IChannel[] all = [.. Enumerable.Range(0, 3).Select(i => channels[i])];
        ModelConfig config = ModelConfig.FromDirectory(DecoderRuns.DirectoryOf(Model));
        PartyRequests.Send(all, new PartyRequest
        {
            Kind = PartyRequest.Generate,
            Protocol = ProtocolNames.NameOf(MpcProtocol.Replicated3),
            FractionalBits = 18,
            LibraryVersion = HostVersion.Current,
            ConfigurationDigest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(config.ToJson())),
            Functions = NonlinearFunctions.Exact.For(config).Description,
            VocabularySize = 357,
            Sequences = sequences,
        });
        await PartyRequests.ProgressAsync(all, default);
        return (channels, all);
    }

    private static void Send(IChannel party, GenerationTurn turn) =>
        ControlChannel.Send(party, HostOperations.Turn, ControlChannel.Encode(turn, ControlJson.Default.GenerationTurn));

    [Fact]
    public async Task A_client_that_leaves_one_party_without_its_turn_does_not_hold_that_partys_place()
    {
        await using var log = new RequestLog();
        var transport = new TransportOptions { ReceiveTimeout = TimeSpan.FromSeconds(3) };
        await using HostedParties parties = await new HostedParties(new PartyHostOptions { MaxConcurrentRequests = 1, AdmissionTimeout = TimeSpan.FromSeconds(2), ConversationTimeout = TimeSpan.FromMinutes(10), Logger = log }, transport).LoadAsync(DecoderRuns.DirectoryOf(Model));
        (ClientChannels channels, IChannel[] all) = await OpenAsync(parties);
        var turn = new GenerationTurn { NewTokens = [1], Kept = [0], MaxNewTokens = 1 };
        Send(all[0], turn);
        Send(all[1], turn);

        // Parties 0 and 1 give up soon; party 2 waits for the client, who keeps its link open.
        await log.AwaitAsync("Party 0: the request");
        await Task.Delay(6000);
        await using InferenceClient honest = Client(parties);
        try
        {
            Assert.Single(await ReadAsync(honest.GenerateAsync([4], Options(1))));
        }
        finally
        {
            await channels.DisposeAsync();
        }
    }

    /// <summary>At full length the parties must not see where the text ended: the client's words come at the same pace before and after.</summary>
    [Fact]
    public async Task The_pace_of_a_full_length_answer_does_not_change_at_its_end()
    {
        var times = new List<long>();
        var transport = new TransportOptions
        {
            FrameObserver = (in ObservedFrame frame) =>
            {
                if (frame.Operation == HostOperations.Next && frame.To.Contains('0'))
                {
                    lock (times)
                    {
                        times.Add(Stopwatch.GetTimestamp());
                    }
                }
            },
        };
        await using HostedParties parties = await new HostedParties(null, transport).LoadAsync(DecoderRuns.DirectoryOf(Model));
        await using InferenceClient client = Client(parties);
        List<GeneratedToken> all = await ReadAsync(client.GenerateAsync([1, 2, 3], Options(8)));
        times.Clear();
        int end = all[2].Id;
        int shown = 0;
        await foreach (GeneratedToken token in client.GenerateAsync([1, 2, 3], Options(8, ends: [end])))
        {
            shown++;
            await Task.Delay(2000);
        }

        double[] gaps = [.. times.Zip(times.Skip(1), (a, b) => Stopwatch.GetElapsedTime(a, b).TotalSeconds)];
        Assert.Equal(6, gaps.Length);
        Assert.True(gaps.Max() < 1.5, $"{shown} tokens shown; seconds between the client's words: {string.Join(", ", gaps)}");
    }

    /// <summary>A client whose link is slow but never silent: each frame of its tokens comes within the time-out, all of them together do not.</summary>
    [Fact]
    public async Task A_long_prompt_over_a_slow_link_is_served()
    {
        await using var log = new RequestLog();
        var transport = new TransportOptions { ReceiveTimeout = TimeSpan.FromSeconds(4) };
        await using HostedParties parties = await new HostedParties(new PartyHostOptions { Logger = log }, transport).LoadAsync(DecoderRuns.DirectoryOf(Model));
        (ClientChannels channels, IChannel[] all) = await OpenAsync(parties, sequences: 4);
        foreach (IChannel party in all)
        {
            Send(party, new GenerationTurn { NewTokens = [32, 32, 32, 32], Kept = new int[4], MaxNewTokens = 1 });
        }

        try
        {
            foreach ((_, int rows) in PromptRuns.Of(4 * 32))
            {
                await ShareCodec.Create(MpcProtocol.Replicated3).SendAsync(all, rows * 357, 0, "tokens", (start, values) =>
                {
                    Thread.Sleep(2500);
                    values.Clear();
                });
            }

            for (int layer = 0; layer < 2; layer++)
            {
                await PartyRequests.ProgressAsync(all, default);
            }
        }
        finally
        {
            await channels.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_party_that_requires_private_sampling_gives_no_logits()
    {
        await using HostedParties parties = await new HostedParties(new PartyHostOptions { RequirePrivateSampling = true }).LoadAsync(DecoderRuns.DirectoryOf(Model));
        await using InferenceClient client = Client(parties);
        Assert.Equal(2, (await ReadAsync(client.GenerateAsync([1, 2], Options(2, TokenSampling.Private)))).Count);
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => ReadAsync(client.GenerateAsync([1, 2], Options(2))));
        Assert.Contains("private sampling only", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Conversations_are_bounded_by_client_and_in_all()
    {
        await using HostedParties parties = await new HostedParties(new PartyHostOptions { MaxConversations = 3, MaxConversationsPerClient = 2 }).LoadAsync(DecoderRuns.DirectoryOf(Model));
        await using InferenceClient one = Client(parties);
        await using InferenceClient other = Client(parties);
        await using Conversation first = await one.StartConversationAsync();
        Conversation second = await one.StartConversationAsync();
        ProtocolException mine = await Assert.ThrowsAsync<ProtocolException>(() => one.StartConversationAsync());
        Assert.Contains("this client has 2 conversations open already", mine.Message, StringComparison.Ordinal);
        await using Conversation third = await other.StartConversationAsync();
        ProtocolException all = await Assert.ThrowsAsync<ProtocolException>(() => other.StartConversationAsync());
        Assert.Contains("the party has 3 conversations open already", all.Message, StringComparison.Ordinal);
        await second.DisposeAsync();
        for (int i = 0; ; i++)
        {
            try
            {
                await using Conversation again = await one.StartConversationAsync();
                break;
            }
            catch (ProtocolException) when (i < 100)
            {
                await Task.Delay(20);
            }
        }
    }

    [Fact]
    public async Task A_turn_beyond_a_partys_memory_is_refused_before_it_is_taken()
    {
        await using HostedParties parties = await new HostedParties(new PartyHostOptions { MaxRequestBytes = 1 << 20 }).LoadAsync(DecoderRuns.DirectoryOf(Model));
        await using InferenceClient client = Client(parties);
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => ReadAsync(client.GenerateAsync(new int[100], Options(1))));
        Assert.Contains("MiB of memory", error.Message, StringComparison.Ordinal);
        Assert.Single(await ReadAsync(client.GenerateAsync(new int[10], Options(1))));
    }

    [Theory]
    [InlineData(64, 64)]
    [InlineData(100, 29)]
    public async Task Prompts_of_different_lengths_cost_like_their_tokens(int longest, int others)
    {
        await using HostedParties parties = await new HostedParties(new PartyHostOptions { MaxSequences = 100 }).LoadAsync(DecoderRuns.DirectoryOf(Model));
        await using InferenceClient client = Client(parties);
        int each = (longest + others) / 4;
        List<GeneratedToken> even = await ReadAsync(client.GenerateAsync([.. Enumerable.Range(0, 4).Select(_ => new int[each])], Options(1)));
        List<GeneratedToken> ragged = await ReadAsync(client.GenerateAsync([new int[longest], .. Enumerable.Range(0, others).Select(_ => new int[1])], Options(1)));
        Assert.True(ragged[0].Cost.BytesTotal < 4 * even[0].Cost.BytesTotal, $"{even[0].Cost.BytesTotal} and {ragged[0].Cost.BytesTotal} bytes");
    }

    /// <summary>More rows than one run of the prompt has, for one text and over several.</summary>
    [Fact]
    public async Task Long_prompts_are_taken_in_runs()
    {
        await using HostedParties parties = await new HostedParties().LoadAsync(DecoderRuns.DirectoryOf(Model));
        await using InferenceClient client = Client(parties);
        int[] prompt = DecoderCase.Load(Model).MaxBy(c => c.Ids.Length)!.Ids;
        Assert.True(prompt.Length > PromptRuns.Length);
        GeneratedToken alone = (await ReadAsync(client.GenerateAsync(prompt, Options(1))))[0];
        List<GeneratedToken> together = await ReadAsync(client.GenerateAsync([prompt, prompt[..3], prompt], Options(1)));
        Assert.Equal(3, together.Count);
        Assert.Equal([alone.Id, alone.Id], together.Where(t => t.Sequence != 1).Select(t => t.Id));
        double[] logits = DecoderCase.Load(Model).MaxBy(c => c.Ids.Length)!.Logits[^357..];
        Assert.Equal(BertRuns.Top(logits), alone.Id);
    }

    [Fact]
    public async Task Idle_conversations_of_one_client_do_not_shut_out_another()
    {
        await using HostedParties parties = await new HostedParties().LoadAsync(DecoderRuns.DirectoryOf(Model));
        await using InferenceClient idle = Client(parties);
        Conversation[] held = [await idle.StartConversationAsync(), await idle.StartConversationAsync(), await idle.StartConversationAsync(), await idle.StartConversationAsync()];
        await using InferenceClient honest = Client(parties);
        try
        {
            Assert.Single(await ReadAsync(honest.GenerateAsync([4], Options(1))));
        }
        finally
        {
            foreach (Conversation conversation in held)
            {
                await conversation.DisposeAsync();
            }
        }
    }
}
