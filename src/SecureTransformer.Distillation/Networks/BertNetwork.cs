using System.Numerics;
using SecureTransformer.Distillation.Differentiation;
using SecureTransformer.Models;

namespace SecureTransformer.Distillation.Networks;

/// <summary>BERT with a classification head (Devlin et al., 2019) in plaintext, as a differentiable computation over a set of parameters.</summary>
internal sealed class BertNetwork<T>
    where T : struct, IBinaryFloatingPointIeee754<T>
{
    private readonly BertConfig _config;
    private readonly Dictionary<string, Variable<T>> _parameters;

    /// <param name="config">The shapes and functions.</param>
    /// <param name="parameters">What BertArchitecture lists.</param>
    public BertNetwork(BertConfig config, ParameterSet<T> parameters)
    {
        _config = config;
        _parameters = parameters.Names.Zip(parameters.Values).ToDictionary(pair => pair.First, pair => pair.Second, StringComparer.Ordinal);
    }

    /// <summary>The forward pass.</summary>
    public BertActivations<T> Forward(Tape<T> tape, TextBatch batch)
    {
        var texts = new Segments(batch.Lengths, _config.NumAttentionHeads);
        Variable<T> words = tape.Rows(At("bert.embeddings.word_embeddings.weight"), batch.Tokens);              // [N, H]
        Variable<T> positions = tape.Rows(At("bert.embeddings.position_embeddings.weight"), batch.Positions);   // [N, H]
        Variable<T> types = tape.Rows(At("bert.embeddings.token_type_embeddings.weight"), new int[batch.Tokens.Length]);
        Variable<T> x = Norm("bert.embeddings.LayerNorm", tape.Add(tape.Add(words, positions), types));         // [N, H]
        var activations = new BertActivations<T> { Embedding = x };
        for (int i = 0; i < _config.NumHiddenLayers; i++)
        {
            string name = $"bert.encoder.layer.{i}";
            Variable<T> q = Linear($"{name}.attention.self.query", x);
            Variable<T> k = Linear($"{name}.attention.self.key", x);
            Variable<T> v = Linear($"{name}.attention.self.value", x);
            Variable<T> scores = tape.Scores(q, k, texts);
            Variable<T> context = tape.Context(Probabilities(scores), v, texts);                                // [N, H]
            Variable<T> attended = Linear($"{name}.attention.output.dense", context);
            Variable<T> middle = Norm($"{name}.attention.output.LayerNorm", tape.Add(x, attended));
            Variable<T> wide = Linear($"{name}.intermediate.dense", middle);                                    // [N, I]
            Variable<T> change = Linear($"{name}.output.dense", Activate(wide));
            x = Norm($"{name}.output.LayerNorm", tape.Add(middle, change));
            activations.Scores.Add(scores);
            activations.Hidden.Add(x);
        }

        Variable<T> pooled = tape.Tanh(Linear("bert.pooler.dense", tape.Rows(x, texts.FirstRows.ToArray())));   // [texts, H]
        activations.Logits = Linear("classifier", pooled);                                                      // [texts, labels]
        return activations;

        Variable<T> Linear(string name, Variable<T> input) => tape.Linear(input, At($"{name}.weight"), At($"{name}.bias"));

        Variable<T> Norm(string name, Variable<T> input) => tape.LayerNorm(input, At($"{name}.weight"), At($"{name}.bias"), _config.LayerNormEps);

        Variable<T> Activate(Variable<T> input) => _config.HiddenAct switch
        {
            Activation.GeluErf => tape.Gelu(input),
            Activation.GeluTanh => tape.GeluTanh(input),
            Activation.Relu => tape.Relu(input),
            Activation.Tanh => tape.Tanh(input),
            Activation.Quad => tape.Quadratic(input, 0.125, 0.25, 0.5),
            _ => throw new NotSupportedException($"The activation {_config.HiddenAct} cannot be trained."),
        };

        Variable<T> Probabilities(Variable<T> scores) => _config.SoftmaxAct switch
        {
            AttentionFunction.TwoQuad => tape.TwoQuad(scores, texts, 5),
            AttentionFunction.TwoRelu => tape.TwoRelu(scores, texts, Math.ScaleB(1, -6)),
            _ => tape.Softmax(scores, texts),
        };
    }

    private Variable<T> At(string name) => _parameters[name];
}

/// <summary>What a forward pass shows: what distillation compares.</summary>
internal sealed class BertActivations<T>
    where T : struct, IBinaryFloatingPointIeee754<T>
{
    /// <summary>After the embedding's LayerNorm, [N, H].</summary>
    public required Variable<T> Embedding { get; init; }

    /// <summary>Each block's output, [N, H].</summary>
    public List<Variable<T>> Hidden { get; } = [];

    /// <summary>Each block's attention scores, before they become probabilities.</summary>
    public List<Variable<T>> Scores { get; } = [];

    /// <summary>[texts, labels].</summary>
    public Variable<T> Logits { get; set; } = null!;
}
