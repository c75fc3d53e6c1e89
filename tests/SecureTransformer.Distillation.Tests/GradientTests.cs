using SecureTransformer.Architectures;
using SecureTransformer.Distillation.Differentiation;
using SecureTransformer.Distillation.Networks;
using SecureTransformer.Models;
using SecureTransformer.Numerics;

namespace SecureTransformer.Distillation;

public sealed class GradientTests : IDisposable
{
    private static readonly Segments s_texts = new([3, 1, 5], 2);

    private readonly AesCtrPrg _random = RandomSource.Create(7, 1);

    public void Dispose() => _random.Dispose();

    [Fact]
    public void Rows_of_a_table() => GradientCheck.Of((t, x) => t.Rows(x[0], new[] { 2, 0, 2, 3 }), New(4, 3));

    [Fact]
    public void Sum() => GradientCheck.Of((t, x) => t.Add(x[0], x[1]), New(3, 5), New(3, 5));

    [Fact]
    public void Sum_of_a_variable_with_itself() => GradientCheck.Of((t, x) => t.Add(x[0], x[0]), New(2, 2));

    [Fact]
    public void Linear_layer() => GradientCheck.Of((t, x) => t.Linear(x[0], x[1], x[2]), New(5, 7), New(18, 7), New(1, 18));

    [Fact]
    public void Layer_norm() => GradientCheck.Of((t, x) => t.LayerNorm(x[0], x[1], x[2], 1e-5), New(4, 9), New(1, 9), New(1, 9));

    [Fact]
    public void Gelu() => GradientCheck.Of((t, x) => t.Gelu(x[0]), New(6, 7, 2));

    [Fact]
    public void Gelu_by_tanh() => GradientCheck.Of((t, x) => t.GeluTanh(x[0]), New(6, 7, 2));

    [Fact]
    public void Quadratic() => GradientCheck.Of((t, x) => t.Quadratic(x[0], 0.125, 0.25, 0.5), New(6, 7, 2));

    [Fact]
    public void Relu() => GradientCheck.Of((t, x) => t.Relu(x[0]), New(6, 7, 2));

    [Fact]
    public void Tanh() => GradientCheck.Of((t, x) => t.Tanh(x[0]), New(6, 7));

    [Fact]
    public void Scores() => GradientCheck.Of((t, x) => t.Scores(x[0], x[1], s_texts), New(9, 6), New(9, 6));

    [Fact]
    public void Scores_of_a_variable_with_itself() => GradientCheck.Of((t, x) => t.Scores(x[0], x[0], s_texts), New(9, 6));

    [Fact]
    public void Context() => GradientCheck.Of((t, x) => t.Context(x[0], x[1], s_texts), New(1, s_texts.ScoreCount), New(9, 6));

    [Fact]
    public void Softmax() => GradientCheck.Of((t, x) => t.Softmax(x[0], s_texts), New(1, s_texts.ScoreCount));

    [Fact]
    public void Two_quad() => GradientCheck.Of((t, x) => t.TwoQuad(x[0], s_texts, 5), New(1, s_texts.ScoreCount));

    [Fact]
    public void Two_relu() => GradientCheck.Of((t, x) => t.TwoRelu(x[0], s_texts, 0.015625), New(1, s_texts.ScoreCount));

    [Fact]
    public void Cross_entropy() => GradientCheck.Of((t, x) => t.CrossEntropy(x[0], new[] { 2, 0, 1 }), New(3, 4));

    [Fact]
    public void Cross_entropy_with_probabilities() => GradientCheck.Of((t, x) => t.SoftCrossEntropy(x[0], new[] { 0.2, 0.3, 0.5, 0.9, 0.1, 0 }), New(2, 3));

    [Fact]
    public void Weighted_sum() => GradientCheck.Of((t, x) => t.WeightedSum((x[0], 2), (x[1], -0.5), (x[0], 1)), New(1, 1), New(1, 1));

    [Theory]
    [InlineData(Activation.GeluErf, AttentionFunction.Softmax)]
    [InlineData(Activation.GeluTanh, AttentionFunction.TwoRelu)]
    [InlineData(Activation.Quad, AttentionFunction.TwoQuad)]
    public void A_whole_network(Activation activation, AttentionFunction attention)
    {
        BertConfig config = SmallModels.Config(activation, attention, hidden: 4, intermediate: 6, vocabulary: 11, layers: 2);
        ParameterSet<double> parameters = ParameterSet<double>.Create(new BertArchitecture(config), differentiated: true);
        foreach (Variable<double> value in parameters.Values)
        {
            for (int i = 0; i < value.Count; i++)
            {
                value.Values[i] = RandomSource.Normal(_random);
            }
        }

        var batch = new TextBatch([[1, 2, 3], [4, 5]], [0, 1]);
        GradientCheck.Of(
            (tape, _) => tape.CrossEntropy(new BertNetwork<double>(config, parameters).Forward(tape, batch).Logits, batch.Labels),
            [.. parameters.Values]);
    }

    [Fact]
    public void Only_a_number_of_a_pass_that_differentiates_can_be_differentiated()
    {
        var tape = new Tape<double>();
        Assert.Throws<ArgumentException>(() => tape.Differentiate(tape.Tanh(New(2, 2))));
        var forward = new Tape<double>(differentiates: false);
        Assert.Throws<ArgumentException>(() => forward.Differentiate(forward.CrossEntropy(New(1, 2), new[] { 0 })));
        Assert.Throws<ArgumentException>(() => tape.Linear(New(2, 3), New(4, 2), New(1, 4)));
    }

    private Variable<double> New(int rows, int columns, double scale = 1) => GradientCheck.Random(_random, rows, columns, scale);
}
