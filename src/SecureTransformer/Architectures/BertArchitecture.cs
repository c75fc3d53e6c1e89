using SecureTransformer.Layers;
using SecureTransformer.Models;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>BERT with a classification head: Hugging Face's BertForSequenceClassification (Devlin et al., 2019).</summary>
public sealed class BertArchitecture : ModelArchitecture
{
    /// <summary>Describes the weights of a configuration.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="functions">The functions to compute with; by default those that the configuration says.</param>
    /// <exception cref="ArgumentException">The functions do not fit the model.</exception>
    /// <exception cref="InvalidDataException">A value of the configuration is out of bounds.</exception>
    /// <exception cref="NotSupportedException">The configuration names other architectures only, such as BertForMaskedLM.</exception>
    public BertArchitecture(BertConfig config, NonlinearFunctions? functions = null)
        : base(config, "BertForSequenceClassification", functions) => Weights = [.. List(config)];

    /// <summary>The configuration.</summary>
    public new BertConfig Config => (BertConfig)base.Config;

    /// <inheritdoc/>
    public override IReadOnlyList<WeightSpec> Weights { get; }

    /// <summary>Receives the weights; the result is a <see cref="BertClassifier"/>.</summary>
    /// <inheritdoc/>
    public override async ValueTask<SecureModel> BuildAsync(
        MpcSession session, Func<WeightSpec, CancellationToken, ValueTask<SecretTensor>> receive, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(receive);
        double eps = Config.LayerNormEps;
        using var weights = new WeightReceiver(session, Weights, receive);

        SecretTensor words = await weights.NextAsync(cancellationToken).ConfigureAwait(false);       // [vocab, H]
        SecretTensor types = await weights.NextAsync(cancellationToken).ConfigureAwait(false);       // [types, H]
        var embedding = new SecureEmbedding(weights.Pack(transposed: false, words, types));          // [vocab + types, H]
        SecretTensor positions = await weights.NextKeptAsync(cancellationToken).ConfigureAwait(false); // [positions, H]
        SecureLayerNorm embeddingNorm = await weights.LayerNormAsync(eps, cancellationToken).ConfigureAwait(false);

        var blocks = new SecureTransformerBlock[Config.NumHiddenLayers];
        for (int i = 0; i < blocks.Length; i++)
        {
            SecureLinear queryKeyValue = await weights.JoinedLinearAsync(3, cancellationToken).ConfigureAwait(false);
            SecureLinear output = await weights.LinearAsync(cancellationToken).ConfigureAwait(false);
            SecureLayerNorm attentionNorm = await weights.LayerNormAsync(eps, cancellationToken).ConfigureAwait(false);
            SecureLinear up = await weights.LinearAsync(cancellationToken).ConfigureAwait(false);
            SecureLinear down = await weights.LinearAsync(cancellationToken).ConfigureAwait(false);
            SecureLayerNorm outputNorm = await weights.LayerNormAsync(eps, cancellationToken).ConfigureAwait(false);
            blocks[i] = new SecureTransformerBlock(
                new SecureAttention(queryKeyValue, output, Config.NumAttentionHeads, Functions.Blocks[i].Attention),
                attentionNorm,
                new SecureFeedForward(up, Functions.Blocks[i].Activation, down),
                outputNorm);
        }

        SecureLinear pooler = await weights.LinearAsync(cancellationToken).ConfigureAwait(false);
        SecureLinear classifier = await weights.LinearAsync(cancellationToken).ConfigureAwait(false);
        weights.Complete();
        return new BertClassifier(Config, embedding, positions, embeddingNorm, blocks, pooler, Functions.Pooler!, classifier);
    }

    private static IEnumerable<WeightSpec> List(BertConfig config)
    {
        int width = config.HiddenSize;
        double scale = 1 / Math.Sqrt(config.HeadSize);
        return
        [
            new WeightSpec("bert.embeddings.word_embeddings.weight", new TensorShape(config.VocabSize, width)),
            new WeightSpec("bert.embeddings.token_type_embeddings.weight", new TensorShape(config.TypeVocabSize, width)),
            new WeightSpec("bert.embeddings.position_embeddings.weight", new TensorShape(config.MaxPositionEmbeddings, width)),
            .. Norm("bert.embeddings.LayerNorm"),
            .. Enumerable.Range(0, config.NumHiddenLayers).SelectMany(i => Block($"bert.encoder.layer.{i}")),
            .. Linear("bert.pooler.dense", width, width),
            .. Linear("classifier", width, config.NumLabels),
        ];

        WeightSpec[] Block(string name) =>
        [
            .. Linear($"{name}.attention.self.query", width, width, scale),
            .. Linear($"{name}.attention.self.key", width, width),
            .. Linear($"{name}.attention.self.value", width, width),
            .. Linear($"{name}.attention.output.dense", width, width),
            .. Norm($"{name}.attention.output.LayerNorm"),
            .. Linear($"{name}.intermediate.dense", width, config.IntermediateSize),
            .. Linear($"{name}.output.dense", config.IntermediateSize, width),
            .. Norm($"{name}.output.LayerNorm"),
        ];

        // PyTorch stores [out, in].
        static WeightSpec[] Linear(string name, int from, int to, double scale = 1) =>
            [new WeightSpec($"{name}.weight", new TensorShape(to, from), scale), new WeightSpec($"{name}.bias", new TensorShape(to), scale)];

        WeightSpec[] Norm(string name) =>
            [new WeightSpec($"{name}.weight", new TensorShape(width)), new WeightSpec($"{name}.bias", new TensorShape(width))];
    }
}
