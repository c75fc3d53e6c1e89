using SecureTransformer.Layers;
using SecureTransformer.Models;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>GPT-2 (Radford et al., 2019): Hugging Face's GPT2LMHeadModel.</summary>
public sealed class Gpt2Architecture : DecoderArchitecture
{
    /// <summary>Describes the weights of a configuration.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="functions">The functions to compute with; by default those that the configuration says.</param>
    /// <exception cref="ArgumentException">The functions do not fit the model.</exception>
    /// <exception cref="InvalidDataException">A value of the configuration is out of bounds.</exception>
    /// <exception cref="NotSupportedException">The configuration names other architectures only.</exception>
    public Gpt2Architecture(Gpt2Config config, NonlinearFunctions? functions = null)
        : base(config, "GPT2LMHeadModel", functions)
    {
    }

    /// <summary>The configuration.</summary>
    public new Gpt2Config Config => (Gpt2Config)base.Config;

    internal override WeightSpec Table => new("transformer.wte.weight", new TensorShape(Config.VocabSize, Config.HiddenSize));

    internal override WeightSpec? Positions => new("transformer.wpe.weight", new TensorShape(Config.MaxPositionEmbeddings, Config.HiddenSize));

    internal override WeightSpec[] LastNorm => Norm("transformer.ln_f");

    internal override WeightSpec[] BlockWeights(int layer)
    {
        string name = $"transformer.h.{layer}";
        int width = Config.HiddenSize;
        double scale = (Config.ScaleAttention ? 1 / Math.Sqrt(Config.HeadSize) : 1) / (Config.ScaleByInverseLayerIndex ? layer + 1 : 1);
        return
        [
            .. Norm($"{name}.ln_1"),
            // Queries, keys and values side by side; the queries take the scale of attention.
            .. Convolution($"{name}.attn.c_attn", width, 3 * width, scale, width),
            .. Convolution($"{name}.attn.c_proj", width, width),
            .. Norm($"{name}.ln_2"),
            .. Convolution($"{name}.mlp.c_fc", width, Config.IntermediateSize),
            .. Convolution($"{name}.mlp.c_proj", Config.IntermediateSize, width),
        ];

        // GPT-2 stores [in, out].
        static WeightSpec[] Convolution(string name, int from, int to, double scale = 1, int? scaled = null) =>
            [new WeightSpec($"{name}.weight", new TensorShape(from, to), scale, scaled), new WeightSpec($"{name}.bias", new TensorShape(to), scale, scaled)];
    }

    internal override async ValueTask<SecureDecoderBlock> BuildBlockAsync(WeightReceiver weights, int layer, CancellationToken cancellationToken)
    {
        SecureNorm attentionNorm = await BuildNormAsync(weights, cancellationToken).ConfigureAwait(false);
        SecureLinear queryKeyValue = await weights.LinearAsync(cancellationToken, transposed: false).ConfigureAwait(false);
        SecureLinear output = await weights.LinearAsync(cancellationToken, transposed: false).ConfigureAwait(false);
        SecureNorm feedForwardNorm = await BuildNormAsync(weights, cancellationToken).ConfigureAwait(false);
        SecureLinear up = await weights.LinearAsync(cancellationToken, transposed: false).ConfigureAwait(false);
        SecureLinear down = await weights.LinearAsync(cancellationToken, transposed: false).ConfigureAwait(false);
        return new SecureDecoderBlock(
            attentionNorm,
            new SecureCausalAttention(queryKeyValue, output, Config.NumAttentionHeads, Config.NumAttentionHeads, function: Functions.Blocks[layer].Attention),
            feedForwardNorm,
            new SecureFeedForward(up, Functions.Blocks[layer].Activation, down));
    }

    internal override async ValueTask<SecureNorm> BuildNormAsync(WeightReceiver weights, CancellationToken cancellationToken) =>
        await weights.LayerNormAsync(Config.LayerNormEps, cancellationToken).ConfigureAwait(false);

    private WeightSpec[] Norm(string name) =>
        [new WeightSpec($"{name}.weight", new TensorShape(Config.HiddenSize)), new WeightSpec($"{name}.bias", new TensorShape(Config.HiddenSize))];
}
