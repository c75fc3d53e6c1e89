using SecureTransformer.Layers;
using SecureTransformer.Models;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>
/// A decoder with a language-model head: a token table, perhaps positions, blocks, a last normalisation, and the table again (tied) or a matrix of its own.
/// The weights come in that order.
/// </summary>
public abstract class DecoderArchitecture : ModelArchitecture
{
    private protected DecoderArchitecture(DecoderConfig config, string supported, NonlinearFunctions? functions)
        : base(config, supported, functions)
    {
    }

    /// <summary>The configuration.</summary>
    public new DecoderConfig Config => (DecoderConfig)base.Config;

    /// <inheritdoc/>
    public sealed override IReadOnlyList<WeightSpec> Weights => field ??=
        [Table, .. Positions is null ? (WeightSpec[])[] : [Positions], .. Enumerable.Range(0, Config.NumHiddenLayers).SelectMany(BlockWeights), .. LastNorm, .. Head is null ? (WeightSpec[])[] : [Head]];

    /// <summary>The rows of the tokens, [V, H].</summary>
    internal abstract WeightSpec Table { get; }

    /// <summary>The rows of the positions, [positions, H]; null where the model has none.</summary>
    internal abstract WeightSpec? Positions { get; }

    /// <summary>The last normalisation.</summary>
    internal abstract WeightSpec[] LastNorm { get; }

    /// <summary>The head, [V, H]; null where it is the table.</summary>
    internal WeightSpec? Head => Config.TieWordEmbeddings ? null : new WeightSpec("lm_head.weight", new TensorShape(Config.VocabSize, Config.HiddenSize));

    /// <summary>Receives the weights; the result is a <see cref="DecoderModel"/>.</summary>
    /// <inheritdoc/>
    public sealed override async ValueTask<SecureModel> BuildAsync(
        MpcSession session, Func<WeightSpec, CancellationToken, ValueTask<SecretTensor>> receive, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(receive);
        using var weights = new WeightReceiver(session, Weights, receive);

        SecretMatrix table = weights.Pack(transposed: false, await weights.NextAsync(cancellationToken).ConfigureAwait(false));              // [V, H]
        SecretTensor? positions = Positions is null ? null : await weights.NextKeptAsync(cancellationToken).ConfigureAwait(false);           // [positions, H]
        var blocks = new SecureDecoderBlock[Config.NumHiddenLayers];
        for (int i = 0; i < blocks.Length; i++)
        {
            blocks[i] = await BuildBlockAsync(weights, i, cancellationToken).ConfigureAwait(false);
        }

        SecureNorm lastNorm = await BuildNormAsync(weights, cancellationToken).ConfigureAwait(false);
        SecureLinear? head = Head is null ? null : await weights.LinearAsync(cancellationToken, bias: false).ConfigureAwait(false);         // [H, V]
        weights.Complete();
        return new DecoderModel(
            Config, new ResidentTokenTable(new SecureEmbedding(table), head), positions, new ResidentLayers<SecureDecoderBlock>(blocks), lastNorm);
    }

    /// <inheritdoc/>
    internal sealed override long? StreamedBytes(long bytesPerWeight)
    {
        long block = Enumerable.Range(0, Config.NumHiddenLayers).Max(i => BlockWeights(i).Sum(w => (long)w.Shape.Count));
        long kept = LastNorm.Sum(w => (long)w.Shape.Count) + (Positions?.Shape.Count ?? 0);
        return bytesPerWeight * ((2 * block) + kept + KeptWeights.RunElements + (2L * StreamedTokenTable.RunElements));
    }

    /// <inheritdoc/>
    internal sealed override ValueTask<SecureModel> StreamAsync(MpcSession session, Func<string, IShareReader> shares, CancellationToken cancellationToken) =>
        StreamAsync(session, shares, KeptWeights.RunElements, StreamedTokenTable.RunElements, cancellationToken);

    /// <summary>As above, reading so many elements at a time of a block and of the table.</summary>
    internal async ValueTask<SecureModel> StreamAsync(
        MpcSession session, Func<string, IShareReader> shares, int blockElements, int tableElements, CancellationToken cancellationToken = default)
    {
        var kept = new KeptWeights(session, shares, blockElements);
        using var weights = new WeightReceiver(session, [.. Positions is null ? (WeightSpec[])[] : [Positions], .. LastNorm], kept.ReceiveAsync);
        SecretTensor? positions = Positions is null ? null : await weights.NextKeptAsync(cancellationToken).ConfigureAwait(false);           // [positions, H]
        SecureNorm lastNorm = await BuildNormAsync(weights, cancellationToken).ConfigureAwait(false);
        weights.Complete();
        var blocks = new StreamedLayers<SecureDecoderBlock>(Config.NumHiddenLayers, ReadBlockAsync);
        return new DecoderModel(Config, new StreamedTokenTable(Table, Head ?? Table, shares, tableElements), positions, blocks, lastNorm);

        async ValueTask<SecureDecoderBlock> ReadBlockAsync(int layer, CancellationToken ct)
        {
            using var block = new WeightReceiver(session, BlockWeights(layer), kept.ReceiveAsync, spec => kept.Runs(spec, ct));
            SecureDecoderBlock result = await BuildBlockAsync(block, layer, ct).ConfigureAwait(false);
            block.Complete();
            return result;
        }
    }

    /// <summary>The weights of a block, in order.</summary>
    internal abstract WeightSpec[] BlockWeights(int layer);

    /// <summary>Receives a block's weights.</summary>
    internal abstract ValueTask<SecureDecoderBlock> BuildBlockAsync(WeightReceiver weights, int layer, CancellationToken cancellationToken);

    /// <summary>Receives a normalisation's weights.</summary>
    internal abstract ValueTask<SecureNorm> BuildNormAsync(WeightReceiver weights, CancellationToken cancellationToken);
}
