using System.Text;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

public sealed class BertErrorTests
{
    private static readonly ModelArchitecture s_architecture = RandomBert.Architecture();
    private static readonly Func<WeightSpec, double[]> s_weights = RandomBert.Weights(s_architecture, 7401);

    [Fact]
    public void Another_head_is_named_with_what_is_supported()
    {
        string json = Encoding.UTF8.GetString(s_architecture.Config.ToJson()).Replace("\"architectures\":[]", "\"architectures\":[\"BertForMaskedLM\"]", StringComparison.Ordinal);
        ModelConfig config = ModelConfig.Parse(Encoding.UTF8.GetBytes(json), "the owner");
        var error = Assert.Throws<NotSupportedException>(() => ModelArchitecture.Create(config));
        Assert.Contains("BertForMaskedLM", error.Message, StringComparison.Ordinal);
        Assert.Contains("BertForSequenceClassification", error.Message, StringComparison.Ordinal);
        Assert.Contains("the owner", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_configuration_made_by_hand_is_checked()
    {
        var config = new BertConfig
        {
            VocabSize = 10,
            HiddenSize = 10,
            NumHiddenLayers = 1,
            NumAttentionHeads = 3,
            IntermediateSize = 10,
            MaxPositionEmbeddings = 10,
        };
        Assert.Contains("num_attention_heads", Assert.Throws<InvalidDataException>(() => ModelArchitecture.Create(config)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_weight_received_with_another_shape_or_encoding_is_refused()
    {
        await using var session = new PlaintextSession();
        var shape = await Assert.ThrowsAsync<InvalidOperationException>(async () => await s_architecture.BuildAsync(session, (_, ct) => session.InputAsync(0, new TensorShape(1), new double[1], cancellationToken: ct)));
        Assert.Contains("bert.embeddings.word_embeddings.weight [37, 48]", shape.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<InvalidOperationException>(async () =>
            await s_architecture.BuildAsync(session, (spec, ct) => session.InputAsync(0, spec.Shape, s_weights(spec), 12, ct)));
        Assert.Equal(0, session.OutstandingBuffers);
    }

    [Fact]
    public async Task Inputs_that_do_not_fit_together_are_refused()
    {
        await using var session = new Float64Session();
        SecretTensor tokens = session.Constant(new TensorShape(4, 37), 0, 0);
        SecretTensor types = session.Constant(new TensorShape(4, 3), 0, 0);
        Assert.Equal([0, 1, 2, 3], new BertInput(tokens, types).PositionIds);
        Assert.Throws<ArgumentException>("tokenTypes", () => new BertInput(tokens, session.Constant(new TensorShape(5, 3), 0, 0)));
        Assert.Throws<ArgumentException>("tokenTypes", () => new BertInput(tokens, session.Constant(new TensorShape(4, 3), 0)));
        Assert.Throws<ArgumentException>("tokens", () => new BertInput(session.Constant(new TensorShape(4), 0, 0), types));
        Assert.Throws<ArgumentNullException>("tokens", () => new BertInput(null!, types));
        Assert.Throws<ArgumentException>("positionIds", () => new BertInput(tokens, types, [0, 1, 2]));
        Assert.Throws<ArgumentException>("positionIds", () => new BertInput(tokens, types, [0, 1, 2, -1]));
        Assert.Throws<ArgumentException>("attentionMask", () => new BertInput(tokens, types, null, [true]));
        Assert.Throws<ArgumentException>("attentionMask", () => new BertInput(tokens, types, null, [false, true, true, true]));
    }

    [Fact]
    public async Task Inputs_that_do_not_fit_the_model_are_refused_and_the_session_lives_on()
    {
        await using var session = new Float64Session();
        using BertClassifier model = await BertRuns.LoadAsync(session, s_architecture, s_weights);
        SecretTensor tokens = session.Constant(new TensorShape(4, 37), 0, 0);
        SecretTensor types = session.Constant(new TensorShape(4, 3), 0, 0);
        await RefusedAsync(new BertInput(session.Constant(new TensorShape(4, 36), 0, 0), types), "[4, 36]");
        await RefusedAsync(new BertInput(tokens, session.Constant(new TensorShape(4, 2), 0, 0)), "[4, 2]");
        await RefusedAsync(new BertInput(tokens, types, [0, 1, 2, 19]), "19");
        using SecretTensor logits = await model.ForwardAsync(session, new BertInput(tokens, types, [0, 1, 2, 18]));
        Assert.Equal(new TensorShape(3), logits.Shape);

        async Task RefusedAsync(BertInput input, string part)
        {
            var error = await Assert.ThrowsAsync<ArgumentException>(nameof(input), async () => await model.ForwardAsync(session, input));
            Assert.Contains(part, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Positions_may_be_any_the_model_has()
    {
        await using var session = new Float64Session();
        using BertClassifier model = await BertRuns.LoadAsync(session, s_architecture, s_weights);
        BertCase item = RandomBert.Cases(7402)[2];
        BertInput plain = await BertRuns.InputAsync(session, model.Config, item);
        double[] usual = await session.RevealAsync(await model.ForwardAsync(session, plain));
        double[] same = await session.RevealAsync(await model.ForwardAsync(session, new BertInput(plain.Tokens, plain.TokenTypes, [0, 1, 2, 3, 4, 5, 6])));
        double[] shifted = await session.RevealAsync(await model.ForwardAsync(session, new BertInput(plain.Tokens, plain.TokenTypes, [5, 5, 7, 8, 9, 10, 18])));
        Assert.Equal(usual, same);
        Assert.True(BertRuns.LargestDifference(usual, shifted) > 1e-3);
    }
}
