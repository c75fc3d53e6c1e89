using SecureTransformer.Layers;
using SecureTransformer.Models;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>Llama (Touvron et al., 2023; Llama 3, 2024): Hugging Face's LlamaForCausalLM.</summary>
public sealed class LlamaArchitecture : DecoderArchitecture
{
    /// <summary>Describes the weights of a configuration.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="functions">The functions to compute with; by default those that the configuration says.</param>
    /// <exception cref="ArgumentException">The functions do not fit the model.</exception>
    /// <exception cref="InvalidDataException">A value of the configuration is out of bounds.</exception>
    /// <exception cref="NotSupportedException">The configuration names other architectures only.</exception>
    public LlamaArchitecture(LlamaConfig config, NonlinearFunctions? functions = null)
        : base(config, "LlamaForCausalLM", functions) => Rotary = new RotaryEmbedding(InverseFrequencies(config));

    /// <summary>The configuration.</summary>
    public new LlamaConfig Config => (LlamaConfig)base.Config;

    /// <summary>The positions of queries and keys.</summary>
    public RotaryEmbedding Rotary { get; }

    internal override WeightSpec Table => new("model.embed_tokens.weight", new TensorShape(Config.VocabSize, Config.HiddenSize));

    internal override WeightSpec? Positions => null;

    internal override WeightSpec[] LastNorm => [Norm("model.norm")];

    internal override WeightSpec[] BlockWeights(int layer)
    {
        string name = $"model.layers.{layer}";
        int width = Config.HiddenSize;
        int queries = Config.NumAttentionHeads * Config.HeadSize;
        int keys = Config.NumKeyValueHeads * Config.HeadSize;
        return
        [
            Norm($"{name}.input_layernorm"),
            .. Linear($"{name}.self_attn.q_proj", width, queries, Config.AttentionBias, 1 / Math.Sqrt(Config.HeadSize)),
            .. Linear($"{name}.self_attn.k_proj", width, keys, Config.AttentionBias),
            .. Linear($"{name}.self_attn.v_proj", width, keys, Config.AttentionBias),
            .. Linear($"{name}.self_attn.o_proj", queries, width, Config.AttentionBias),
            Norm($"{name}.post_attention_layernorm"),
            .. Linear($"{name}.mlp.gate_proj", width, Config.IntermediateSize, Config.MlpBias),
            .. Linear($"{name}.mlp.up_proj", width, Config.IntermediateSize, Config.MlpBias),
            .. Linear($"{name}.mlp.down_proj", Config.IntermediateSize, width, Config.MlpBias),
        ];

        // PyTorch stores [out, in].
        static WeightSpec[] Linear(string name, int from, int to, bool bias, double scale = 1)
        {
            var weight = new WeightSpec($"{name}.weight", new TensorShape(to, from), scale);
            return bias ? [weight, new WeightSpec($"{name}.bias", new TensorShape(to), scale)] : [weight];
        }
    }

    internal override async ValueTask<SecureDecoderBlock> BuildBlockAsync(WeightReceiver weights, int layer, CancellationToken cancellationToken)
    {
        SecureNorm attentionNorm = await BuildNormAsync(weights, cancellationToken).ConfigureAwait(false);
        SecureLinear queryKeyValue = await weights.JoinedLinearAsync(3, cancellationToken, Config.AttentionBias).ConfigureAwait(false);
        SecureLinear output = await weights.LinearAsync(cancellationToken, bias: Config.AttentionBias).ConfigureAwait(false);
        SecureNorm feedForwardNorm = await BuildNormAsync(weights, cancellationToken).ConfigureAwait(false);
        SecureLinear gateUp = await weights.JoinedLinearAsync(2, cancellationToken, Config.MlpBias).ConfigureAwait(false);
        SecureLinear down = await weights.LinearAsync(cancellationToken, bias: Config.MlpBias).ConfigureAwait(false);
        return new SecureDecoderBlock(
            attentionNorm,
            new SecureCausalAttention(queryKeyValue, output, Config.NumAttentionHeads, Config.NumKeyValueHeads, Rotary, Functions.Blocks[layer].Attention),
            feedForwardNorm,
            new SecureGatedFeedForward(gateUp, Functions.Blocks[layer].Activation, down));
    }

    internal override async ValueTask<SecureNorm> BuildNormAsync(WeightReceiver weights, CancellationToken cancellationToken) =>
        await weights.RmsNormAsync(Config.RmsNormEps, cancellationToken).ConfigureAwait(false);

    /// <summary>theta^(-2i/d), slowed down for long wavelengths where the configuration says so (Llama 3.1's "llama3" scaling, smooth between the two bounds).</summary>
    private static double[] InverseFrequencies(LlamaConfig config)
    {
        int half = config.HeadSize / 2;
        return [.. Enumerable.Range(0, half).Select(i => Scaled(Math.Pow(config.RopeTheta, -(double)i / half)))];

        double Scaled(double frequency)
        {
            if (config.RopeScaling is not { } scaling)
            {
                return frequency;
            }

            double turns = scaling.OriginalMaxPositionEmbeddings * frequency / (2 * Math.PI);
            double weight = Math.Clamp((turns - scaling.LowFreqFactor) / (scaling.HighFreqFactor - scaling.LowFreqFactor), 0, 1);
            return frequency * (weight + ((1 - weight) / scaling.Factor));
        }
    }

    private WeightSpec Norm(string name) => new($"{name}.weight", new TensorShape(Config.HiddenSize));
}
