using SecureTransformer.Architectures;
using SecureTransformer.Generation;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

public class GenerationTests
{
    private static readonly GenerationOptions s_short = new() { MaxNewTokens = 4, EndTokenIds = [] };

    [Theory]
    [InlineData("gpt2-arith", TokenSampling.Client, true)]
    [InlineData("gpt2-arith", TokenSampling.Private, false)]
    [InlineData("llama-story", TokenSampling.Client, false)]
    [InlineData("llama-story", TokenSampling.Private, true)]
    public async Task Answers_are_those_of_the_reference(string model, TokenSampling sampling, bool stopEarly)
    {
        await using HostedParties parties = await new HostedParties().LoadAsync(DecoderRuns.DirectoryOf(model));
        await using InferenceClient client = Client(parties, model);
        foreach (GenerationCase item in GenerationCase.Load(model))
        {
            var options = new GenerationOptions { MaxNewTokens = item.NewIds.Length, Sampling = sampling, StopEarly = stopEarly, EndTokenIds = [] };
            List<GeneratedToken> tokens = await ReadAsync(client.GenerateAsync(item.Prompt, options));
            item.Compare([.. tokens.Select(t => t.Id)]);
            Assert.Equal(Enumerable.Range(0, tokens.Count), tokens.Select(t => t.Index));
            Assert.All(tokens, t => Assert.True(t.Cost.BytesTotal > 0 && t.Cost.RoundsTotal > 0 && t.Cost.Seconds > 0));
        }
    }

    [Fact]
    public async Task Tokens_carry_their_logits_when_asked_to_and_of_private_sampling_there_are_none()
    {
        GenerationCase[] cases = [.. GenerationCase.Load("gpt2-arith").Take(2)];
        await using HostedParties parties = await new HostedParties().LoadAsync(DecoderRuns.DirectoryOf("gpt2-arith"));
        await using InferenceClient client = Client(parties, "gpt2-arith");
        var options = new GenerationOptions { MaxNewTokens = 2, EndTokenIds = [], IncludeLogits = true };
        List<GeneratedToken> tokens = await ReadAsync(client.GenerateAsync([.. cases.Select(c => c.Prompt)], options));
        Assert.Equal(4, tokens.Count);
        foreach (GeneratedToken token in tokens)
        {
            Assert.NotNull(token.Logits);
            double[] logits = [.. token.Logits];
            Assert.Equal(357, logits.Length);
            Assert.Equal(token.Id, Array.IndexOf(logits, logits.Max()));
            if (token.Index == 0)
            {
                Assert.All(cases[token.Sequence].FirstStepLogits.Zip(logits), pair => Assert.Equal(pair.First, pair.Second, 0.03));
            }
        }

        Assert.All(await ReadAsync(client.GenerateAsync(cases[0].Prompt, s_short)), token => Assert.Null(token.Logits));
        await Assert.ThrowsAsync<ArgumentException>(() => ReadAsync(client.GenerateAsync(cases[0].Prompt, new GenerationOptions { Sampling = TokenSampling.Private, IncludeLogits = true })));
    }

    [Theory]
    [InlineData(TokenSampling.Client)]
    [InlineData(TokenSampling.Private)]
    public async Task Several_prompts_go_side_by_side(TokenSampling sampling)
    {
        GenerationCase[] cases = [.. GenerationCase.Load("gpt2-arith")];
        await using HostedParties parties = await new HostedParties().LoadAsync(DecoderRuns.DirectoryOf("gpt2-arith"));
        await using InferenceClient client = Client(parties, "gpt2-arith");
        var options = new GenerationOptions { MaxNewTokens = 20, Sampling = sampling, EndTokenIds = [] };
        List<GeneratedToken> tokens = await ReadAsync(client.GenerateAsync([.. cases.Select(c => c.Prompt)], options));
        for (int i = 0; i < cases.Length; i++)
        {
            cases[i].Compare([.. tokens.Where(t => t.Sequence == i).Select(t => t.Id)]);
        }
    }

    [Theory]
    [InlineData(TokenSampling.Client, true)]
    [InlineData(TokenSampling.Client, false)]
    [InlineData(TokenSampling.Private, true)]
    [InlineData(TokenSampling.Private, false)]
    public async Task A_text_ends_at_its_end_and_the_parties_learn_where_only_with_stop_early(TokenSampling sampling, bool stopEarly)
    {
        GenerationCase[] cases = [.. GenerationCase.Load("gpt2-arith").Take(3)];
        int[] ends = [.. cases.Select(c => c.NewIds[2])];
        await using var log = new RequestLog();
        await using HostedParties parties = await new HostedParties(new PartyHostOptions { Logger = log }).LoadAsync(DecoderRuns.DirectoryOf("gpt2-arith"));
        await using InferenceClient client = Client(parties, "gpt2-arith");
        var options = new GenerationOptions { MaxNewTokens = 12, Sampling = sampling, StopEarly = stopEarly, EndTokenIds = ends };
        List<GeneratedToken> tokens = await ReadAsync(client.GenerateAsync([.. cases.Select(c => c.Prompt)], options));
        int computed = 0;
        for (int i = 0; i < cases.Length; i++)
        {
            int[] wanted = [.. cases[i].NewIds.Take(1 + Array.FindIndex(cases[i].NewIds, id => ends.Contains(id)))];
            GeneratedToken[] mine = [.. tokens.Where(t => t.Sequence == i)];
            Assert.Equal(wanted, mine.Select(t => t.Id));
            Assert.True(mine[^1].IsEnd);
            Assert.All(mine[..^1], t => Assert.False(t.IsEnd));
            computed += cases[i].Prompt.Length + (stopEarly ? wanted.Length - 1 : options.MaxNewTokens - 1);
        }

        string line = await log.AwaitAsync("conversation");
        Assert.Contains($"its cache of {computed} tokens is zeroed", line, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TokenSampling.Client, false)]
    [InlineData(TokenSampling.Private, false)]
    [InlineData(TokenSampling.Private, true)]
    public async Task A_conversation_goes_on_where_it_stood(TokenSampling sampling, bool stopEarly)
    {
        GenerationCase item = GenerationCase.Load("llama-story")[0];
        const int First = 6;
        await using HostedParties parties = await new HostedParties().LoadAsync(DecoderRuns.DirectoryOf("llama-story"));
        await using InferenceClient client = Client(parties, "llama-story");
        await using Conversation conversation = await client.StartConversationAsync();
        List<GeneratedToken> first = await ReadAsync(conversation.GenerateAsync(item.Prompt[..9], Options(1, [])));
        Assert.Single(first);
        Assert.Equal(10, conversation.LengthOf(0));

        // The first answer ended at its first token; what the parties computed behind it is forgotten. Here the tokens that follow are given as a prompt.
        List<GeneratedToken> second = await ReadAsync(conversation.GenerateAsync(item.Prompt[9..], Options(First, [])));
        await using Conversation whole = await client.StartConversationAsync();
        List<GeneratedToken> wanted = await ReadAsync(whole.GenerateAsync([.. item.Prompt[..9], first[0].Id, .. item.Prompt[9..]], Options(First, [])));
        Assert.Equal(wanted.Select(t => t.Id), second.Select(t => t.Id));
        Assert.Equal(item.Prompt.Length + 1 + First, conversation.LengthOf(0));
        Assert.True(second[0].Cost.BytesTotal < wanted[0].Cost.BytesTotal, "The second turn is not cheaper than the whole text.");

        // Now an answer with an end before its last token, and a turn after it.
        int end = wanted[2].Id;
        await using Conversation ended = await client.StartConversationAsync();
        List<GeneratedToken> cut = await ReadAsync(ended.GenerateAsync([.. item.Prompt[..9], first[0].Id, .. item.Prompt[9..]], Options(First, [end])));
        int shown = 1 + wanted.FindIndex(t => t.Id == end);
        Assert.Equal(wanted.Take(shown).Select(t => t.Id), cut.Select(t => t.Id));
        List<GeneratedToken> next = await ReadAsync(ended.GenerateAsync([.. wanted[shown..^1].Select(t => t.Id)], Options(1, [])));
        Assert.Equal(wanted[^1].Id, next[0].Id);

        GenerationOptions Options(int count, int[] ends) => new() { MaxNewTokens = count, Sampling = sampling, StopEarly = stopEarly, EndTokenIds = ends };
    }

    [Fact]
    public async Task Leaving_an_answer_the_client_directs_keeps_the_conversation()
    {
        GenerationCase item = GenerationCase.Load("gpt2-arith")[3];
        await using HostedParties parties = await new HostedParties().LoadAsync(DecoderRuns.DirectoryOf("gpt2-arith"));
        await using InferenceClient client = Client(parties, "gpt2-arith");
        await using Conversation conversation = await client.StartConversationAsync();
        var seen = new List<int>();
        await foreach (GeneratedToken token in conversation.GenerateAsync(item.Prompt, new GenerationOptions { MaxNewTokens = 20, EndTokenIds = [] }))
        {
            seen.Add(token.Id);
            if (seen.Count == 3)
            {
                break;
            }
        }

        Assert.Equal(item.Prompt.Length + 3, conversation.LengthOf(0));
        List<GeneratedToken> more = await ReadAsync(conversation.GenerateAsync([item.NewIds[3]], new GenerationOptions { MaxNewTokens = 1 }));
        Assert.Equal(item.NewIds[..3], seen);
        Assert.Equal(item.NewIds[4], more[0].Id);
    }

    [Fact]
    public async Task Leaving_an_answer_that_runs_to_its_length_ends_the_conversation_and_frees_the_place()
    {
        await using var log = new RequestLog();
        await using HostedParties parties = await new HostedParties(new PartyHostOptions { MaxConcurrentRequests = 1, Logger = log }).LoadAsync(DecoderRuns.DirectoryOf("gpt2-arith"));
        await using InferenceClient client = Client(parties, "gpt2-arith");
        await using (Conversation conversation = await client.StartConversationAsync())
        {
            await foreach (GeneratedToken token in conversation.GenerateAsync([1, 2, 3], new GenerationOptions { MaxNewTokens = 100, Sampling = TokenSampling.Private, EndTokenIds = [] }))
            {
                break;
            }

            InvalidOperationException over = await Assert.ThrowsAsync<InvalidOperationException>(() => ReadAsync(conversation.GenerateAsync([1], s_short)));
            Assert.Contains("over", over.Message, StringComparison.Ordinal);
        }

        await log.AwaitAsync("zeroed");
        Assert.Equal(4, (await RetryAsync(() => ReadAsync(client.GenerateAsync([1, 2, 3], s_short)))).Count);
    }

    [Fact]
    public async Task A_client_that_disconnects_or_cancels_frees_the_cache_and_the_parties_say_so()
    {
        await using var log = new RequestLog();
        var slow = new TransportOptions { Conditions = new NetworkConditions { OneWayDelay = TimeSpan.FromMilliseconds(2) } };
        await using HostedParties parties = await new HostedParties(new PartyHostOptions { MaxConcurrentRequests = 1, Logger = log }, slow).LoadAsync(DecoderRuns.DirectoryOf("gpt2-arith"));
        await using InferenceClient client = Client(parties, "gpt2-arith");
        using var cancellation = new CancellationTokenSource();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (GeneratedToken token in client.GenerateAsync([5, 6, 7], new GenerationOptions { MaxNewTokens = 100, EndTokenIds = [] }, cancellation.Token))
            {
                cancellation.CancelAfter(TimeSpan.FromMilliseconds(50));
            }
        });
        string line = await log.AwaitAsync("zeroed");
        Assert.Contains("conversation with client", line, StringComparison.Ordinal);
        await log.AwaitAsync("ended its request");
        Assert.Equal(4, (await RetryAsync(() => ReadAsync(client.GenerateAsync([1, 2, 3], s_short)))).Count);
    }

    [Fact]
    public async Task A_conversation_of_a_silent_client_is_over_after_a_while()
    {
        await using var log = new RequestLog();
        var options = new PartyHostOptions { MaxConcurrentRequests = 1, ConversationTimeout = TimeSpan.FromSeconds(1), Logger = log };
        await using HostedParties parties = await new HostedParties(options).LoadAsync(DecoderRuns.DirectoryOf("gpt2-arith"));
        await using InferenceClient client = Client(parties, "gpt2-arith");
        await using Conversation conversation = await client.StartConversationAsync();
        await ReadAsync(conversation.GenerateAsync([1, 2, 3], s_short));
        await log.AwaitAsync("the client said nothing");
        ProtocolException over = await Assert.ThrowsAsync<ProtocolException>(() => ReadAsync(conversation.GenerateAsync([4], s_short)));
        Assert.Contains("cache zeroed", over.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => ReadAsync(conversation.GenerateAsync([4], s_short)));
    }

    [Fact]
    public async Task Prompts_that_do_not_fit_are_argument_errors_that_name_the_numbers()
    {
        await using HostedParties parties = await new HostedParties().LoadAsync(DecoderRuns.DirectoryOf("gpt2-arith"));
        await using InferenceClient client = Client(parties, "gpt2-arith");
        await ThrowsAsync([], "empty");
        await ThrowsAsync([3, 357], "position 1 is outside the vocabulary of 357");
        await ThrowsAsync([-1], "position 0 is outside the vocabulary of 357");
        await ThrowsAsync(new int[126], "126 tokens of the prompt and up to 4 new ones do not fit into the model's context of 128");
        Assert.Equal(4, (await ReadAsync(client.GenerateAsync(new int[125], s_short))).Count);

        await using Conversation conversation = await client.StartConversationAsync();
        await ReadAsync(conversation.GenerateAsync(new int[100], s_short));
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => ReadAsync(conversation.GenerateAsync(new int[22], s_short)));
        Assert.Contains("104 tokens of the conversation, 22 tokens", error.Message, StringComparison.Ordinal);
        await ReadAsync(conversation.GenerateAsync(new int[21], s_short));
        await Assert.ThrowsAsync<ArgumentException>(() => ReadAsync(conversation.GenerateAsync([[1], [2]], s_short)));

        async Task ThrowsAsync(int[] prompt, string complaint)
        {
            ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => ReadAsync(client.GenerateAsync(prompt, s_short)));
            Assert.Contains(complaint, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_party_refuses_what_a_client_should_have_refused()
    {
        // The parties' own bound is lower than the model's context.
        await using HostedParties parties = await new HostedParties(new PartyHostOptions { MaxTokens = 20, MaxSequences = 20 }).LoadAsync(DecoderRuns.DirectoryOf("gpt2-arith"));
        await using InferenceClient client = Client(parties, "gpt2-arith");
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => ReadAsync(client.GenerateAsync(new int[18], s_short)));
        Assert.Contains("would have 21 tokens; this party takes 20", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<ProtocolException>(() => client.StartConversationAsync(21));
        Assert.Contains("21 sequences", error.Message, StringComparison.Ordinal);
        await using InferenceClient classifier = new(parties.Network.Client(), ModelConfig.FromDirectory(HostedParties.Model), null);
        error = await Assert.ThrowsAsync<ProtocolException>(() => classifier.ClassifyAsync(new ClassificationInput { InputIds = [1, 2] }));
        Assert.Contains("no classifier", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(() => classifier.StartConversationAsync());
        await Assert.ThrowsAsync<InvalidOperationException>(() => client.ClassifyAsync(new ClassificationInput { InputIds = [1, 2] }));
        Assert.Equal(4, (await ReadAsync(client.GenerateAsync(new int[17], s_short))).Count);
    }

    [Fact]
    public async Task The_decode_costs_the_same_whatever_the_position_but_for_attentions_rows()
    {
        await using HostedParties parties = await new HostedParties().LoadAsync(DecoderRuns.DirectoryOf("gpt2-arith"));
        await using InferenceClient client = Client(parties, "gpt2-arith");
        List<GeneratedToken> tokens = await ReadAsync(client.GenerateAsync(new int[16], new GenerationOptions { MaxNewTokens = 40, EndTokenIds = [] }));

        // One more cached token costs each head one more column of scores, about 300 bytes: 2 blocks of 4 heads.
        Assert.InRange(tokens[39].Cost.BytesTotal - tokens[1].Cost.BytesTotal, 38, 38 * 2 * 4 * 400);
        Assert.InRange(tokens[39].Cost.RoundsTotal - tokens[1].Cost.RoundsTotal, 0, 40);
    }

    private static InferenceClient Client(HostedParties parties, string model) => new(parties.Network.Client(), ModelConfig.FromDirectory(DecoderRuns.DirectoryOf(model)), null);

    private static async Task<List<GeneratedToken>> ReadAsync(IAsyncEnumerable<GeneratedToken> tokens)
    {
        var all = new List<GeneratedToken>();
        await foreach (GeneratedToken token in tokens)
        {
            all.Add(token);
        }

        return all;
    }

    /// <summary>A place is free a moment after its request ended.</summary>
    private static async Task<T> RetryAsync<T>(Func<Task<T>> request)
    {
        for (int i = 0; ; i++)
        {
            try
            {
                return await request();
            }
            catch (ProtocolException error) when (i < 100 && error.Message.Contains("its bound", StringComparison.Ordinal))
            {
                await Task.Delay(20);
            }
        }
    }
}
