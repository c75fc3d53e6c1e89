using SecureTransformer.Distillation.Differentiation;
using SecureTransformer.Distillation.Networks;
using SecureTransformer.Models;

namespace SecureTransformer.Distillation;

/// <summary>A BERT classifier in plaintext and single precision: what a private run of the same model is compared with.</summary>
public sealed class PlaintextClassifier
{
    private const int TextsAtOnce = 64;

    private readonly ParameterSet<float> _parameters;

    private PlaintextClassifier(BertConfig config, ParameterSet<float> parameters)
    {
        Config = config;
        _parameters = parameters;
    }

    /// <summary>The configuration.</summary>
    public BertConfig Config { get; }

    /// <summary>Reads a model directory.</summary>
    /// <param name="directory">The model directory.</param>
    /// <exception cref="InvalidDataException">A file is damaged, or the model is no BERT classifier.</exception>
    /// <exception cref="IOException">A file cannot be read.</exception>
    public static PlaintextClassifier FromDirectory(string directory)
    {
        (BertConfig config, ParameterSet<float> parameters) = ModelFiles.Read(directory);
        return new PlaintextClassifier(config, parameters);
    }

    /// <summary>The class of each text.</summary>
    /// <param name="texts">The texts, as token ids.</param>
    public int[] Classify(IReadOnlyList<LabelledText> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        var classes = new int[texts.Count];
        var tape = new Tape<float>(differentiates: false);
        var network = new BertNetwork<float>(Config, _parameters);
        for (int start = 0; start < texts.Count; start += TextsAtOnce)
        {
            LabelledText[] some = [.. texts.Skip(start).Take(TextsAtOnce)];
            var batch = new TextBatch([.. some.Select(t => t.Tokens)], [.. some.Select(t => t.Label)]);
            Variable<float> logits = network.Forward(tape, batch).Logits;
            for (int i = 0; i < some.Length; i++)
            {
                classes[start + i] = System.Numerics.Tensors.TensorPrimitives.IndexOfMax<float>(logits.Row(i));
            }

            tape.Clear();
        }

        return classes;
    }

    /// <summary>The share of texts whose class is their label.</summary>
    /// <param name="texts">The texts, as token ids.</param>
    public double Accuracy(IReadOnlyList<LabelledText> texts)
    {
        ArgumentNullException.ThrowIfNull(texts);
        return Classify(texts).Zip(texts).Count(pair => pair.First == pair.Second.Label) / (double)Math.Max(1, texts.Count);
    }
}
