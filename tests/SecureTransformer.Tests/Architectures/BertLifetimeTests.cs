using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>Nothing stays behind: not after a pass, not after an error midway, not when loading breaks off.</summary>
public sealed class BertLifetimeTests
{
    private static readonly ModelArchitecture s_architecture = RandomBert.Architecture();
    private static readonly Func<WeightSpec, double[]> s_weights = RandomBert.Weights(s_architecture, 7301);
    private static readonly BertCase s_case = RandomBert.Cases(7301)[3];

    [Theory]
    [InlineData(MpcProtocol.PlaintextFloat64)]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive)]
    public async Task A_pass_leaves_the_logits_only_and_a_disposed_model_nothing(MpcProtocol protocol)
    {
        await using var parties = LocalParties.Create(protocol);
        MpcSession[] sessions = await parties.RunAsync(async session =>
        {
            BertClassifier model = await BertRuns.LoadAsync(session, s_architecture, s_weights);
            int loaded = session.OutstandingBuffers;
            BertInput input = await BertRuns.InputAsync(session, model.Config, s_case);
            int given = session.OutstandingBuffers;
            SecretTensor logits = await model.ForwardAsync(session, input);
            int components = (given - loaded) / 2;
            Assert.Equal(given + components, session.OutstandingBuffers);
            logits.Dispose();
            Assert.Equal(given, session.OutstandingBuffers);
            model.Dispose();
            model.Dispose();
            Assert.Equal(given - loaded, session.OutstandingBuffers);
            input.Tokens.Dispose();
            input.TokenTypes.Dispose();
            Assert.Equal(0, session.OutstandingBuffers);
            return session;
        });
        Assert.All(sessions, s => Assert.Equal(0, s.OutstandingBuffers));
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive)]
    public async Task A_disposed_session_frees_a_model_that_was_not(MpcProtocol protocol)
    {
        await using var parties = LocalParties.Create(protocol);
        (MpcSession Session, BertClassifier Model)[] ends = await parties.RunAsync(async session => (session, await BertRuns.LoadAsync(session, s_architecture, s_weights)));
        Assert.All(ends, e => Assert.Equal(0, e.Session.OutstandingBuffers));
        Assert.All(ends, e => e.Model.Dispose());
    }

    [Fact]
    public async Task An_error_midway_frees_the_pass_wherever_it_happens()
    {
        await using var session = new Float64Session();
        BertClassifier model = await BertRuns.LoadAsync(session, s_architecture, s_weights);
        BertInput input = await BertRuns.InputAsync(session, model.Config, s_case);
        int before = session.OutstandingBuffers;
        var names = new List<string>();
        (await model.ForwardAsync(session, input, (name, _) =>
        {
            names.Add(name);
            return ValueTask.CompletedTask;
        })).Dispose();
        Assert.Equal(18, names.Count);
        foreach (string stop in names)
        {
            await Assert.ThrowsAsync<InvalidDataException>(async () =>
                await model.ForwardAsync(session, input, (name, _) => name == stop ? throw new InvalidDataException(stop) : ValueTask.CompletedTask));
            Assert.Equal(before, session.OutstandingBuffers);
            Assert.Null(session.ScopeName);
        }
    }

    [Fact]
    public async Task A_cancelled_pass_frees_everything_with_its_session()
    {
        using var cancel = new CancellationTokenSource();
        MpcSession?[] ends = new MpcSession?[3];
        await using var parties = LocalParties.Create(MpcProtocol.Replicated3);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => parties.RunAsync(async session =>
        {
            ends[session.PartyId] = session;
            BertClassifier model = await BertRuns.LoadAsync(session, s_architecture, s_weights);
            BertInput input = await BertRuns.InputAsync(session, model.Config, s_case);
            await model.ForwardAsync(session, input, async (name, _) =>
            {
                if (name == "encoder.layer.0/attention_output")
                {
                    await cancel.CancelAsync();
                }
            }, cancel.Token);
        }));
        Assert.All(ends, s => Assert.Equal(0, s!.OutstandingBuffers));
    }

    [Fact]
    public async Task Loading_that_breaks_off_at_any_weight_frees_what_came_before()
    {
        await using var session = new PlaintextSession();
        foreach (WeightSpec stop in s_architecture.Weights)
        {
            await Assert.ThrowsAsync<IOException>(async () => await s_architecture.BuildAsync(session, (spec, ct) =>
                spec == stop ? throw new IOException(stop.Name) : session.InputAsync(0, spec.Shape, s_weights(spec), cancellationToken: ct)));
            Assert.Equal(0, session.OutstandingBuffers);
        }
    }

    [Fact]
    public async Task Sessions_under_the_loading_one_use_its_weights()
    {
        BertResult[] expected = await BertRuns.RunAsync(MpcProtocol.PlaintextFloat64, s_architecture, s_weights, [s_case]);
        await using var loading = new Float64Session();
        using BertClassifier model = await BertRuns.LoadAsync(loading, s_architecture, s_weights);
        int loaded = loading.OutstandingBuffers;
        for (int request = 0; request < 3; request++)
        {
            await using (var session = new Float64Session(parent: loading))
            {
                BertInput input = await BertRuns.InputAsync(session, model.Config, s_case);
                SecretTensor logits = await model.ForwardAsync(session, input);
                Assert.Equal(expected[0].Logits, await session.RevealAsync(logits));
            }

            Assert.Equal(loaded, loading.OutstandingBuffers);
        }

        await using var stranger = new Float64Session();
        BertInput strange = await BertRuns.InputAsync(stranger, model.Config, s_case);
        await Assert.ThrowsAsync<ArgumentException>(async () => await model.ForwardAsync(stranger, strange));
    }

    [Fact]
    public async Task A_disposed_model_says_so()
    {
        await using var session = new Float64Session();
        BertClassifier model = await BertRuns.LoadAsync(session, s_architecture, s_weights);
        BertInput input = await BertRuns.InputAsync(session, model.Config, s_case);
        model.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await model.ForwardAsync(session, input));
    }
}
