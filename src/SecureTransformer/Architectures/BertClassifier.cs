using SecureTransformer.Layers;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>One party's shares of a BERT classifier, and its forward pass.</summary>
public sealed class BertClassifier : SecureModel
{
    private readonly SecureEmbedding _embedding;
    private readonly SecretTensor _positions;
    private readonly SecureLayerNorm _embeddingNorm;
    private readonly SecureTransformerBlock[] _blocks;
    private readonly SecureLinear _pooler;
    private readonly SecretFunction _poolerFunction;
    private readonly SecureLinear _classifier;

    internal BertClassifier(
        BertConfig config,
        SecureEmbedding embedding,
        SecretTensor positions,
        SecureLayerNorm embeddingNorm,
        SecureTransformerBlock[] blocks,
        SecureLinear pooler,
        SecretFunction poolerFunction,
        SecureLinear classifier)
        : base(config)
    {
        _embedding = embedding;
        _positions = positions;
        _embeddingNorm = embeddingNorm;
        _blocks = blocks;
        _pooler = pooler;
        _poolerFunction = poolerFunction;
        _classifier = classifier;
    }

    /// <summary>The public configuration.</summary>
    public new BertConfig Config => (BertConfig)base.Config;

    /// <summary>The logits, [labels], of one text.</summary>
    /// <param name="session">The session that received the weights, or one opened under it.</param>
    /// <param name="input">The text, secret-shared in <paramref name="session"/>.</param>
    /// <param name="cancellationToken">Cancels; inside an operation that ends the session.</param>
    /// <remarks>Nothing is revealed. Padding is left out before the first layer and costs nothing; of the last block only the first token's row is computed, since the classifier reads no other.</remarks>
    /// <exception cref="ArgumentException">The input does not fit the configuration, or is of another session.</exception>
    public ValueTask<SecretTensor> ForwardAsync(MpcSession session, BertInput input, CancellationToken cancellationToken = default) =>
        ForwardAsync(session, input, null, cancellationToken);

    /// <summary>The logits, [labels], of one text, showing what happens on the way.</summary>
    /// <param name="session">The session that received the weights, or one opened under it.</param>
    /// <param name="input">The text, secret-shared in <paramref name="session"/>.</param>
    /// <param name="observe">
    /// Is shown "embedding_output" [T, H], each block's output under the block's name, "encoder.layer.0" [T, H], and so on (of the last block [1, H]), "pooled" [1, H],
    /// and what the blocks show. T counts the tokens that are not padding.
    /// </param>
    /// <param name="cancellationToken">Cancels; inside an operation that ends the session.</param>
    /// <exception cref="ArgumentException">The input does not fit the configuration, or is of another session.</exception>
    public async ValueTask<SecretTensor> ForwardAsync(MpcSession session, BertInput input, TensorObserver? observe, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(input);
        Require(input);
        using SessionScope scope = session.BeginScope();

        SecretTensor x = await EmbedAsync(session, input, cancellationToken).ConfigureAwait(false); // [T, H]
        await observe.ShowAsync(session, "embedding_output", x).ConfigureAwait(false);

        bool[]? keep = input.ComputePadding ? [.. input.AttentionMask] : null;
        for (int i = 0; i < _blocks.Length; i++)
        {
            int? rows = i == _blocks.Length - 1 ? 1 : null;
            SecretTensor y;
            using (SessionScope block = session.BeginScope($"encoder.layer.{i}"))
            {
                y = block.Keep(await _blocks[i].ForwardAsync(session, x, rows, keep, observe, cancellationToken).ConfigureAwait(false)); // [T, H]; at last [1, H]
            }

            x.Dispose();
            x = y;
            await observe.ShowAsync(session, $"encoder.layer.{i}", x).ConfigureAwait(false);
        }

        SecretTensor pooled;
        using (SessionScope inner = session.BeginScope("pooler"))
        {
            SecretTensor dense = await _pooler.ForwardAsync(session, x, cancellationToken).ConfigureAwait(false);                      // [1, H]
            pooled = inner.Keep(await session.EvaluateAsync(_poolerFunction, dense, cancellationToken).ConfigureAwait(false));         // [1, H]
        }

        await observe.ShowAsync(session, "pooled", pooled).ConfigureAwait(false);

        using SessionScope head = session.BeginScope("classifier");
        SecretTensor logits = await _classifier.ForwardAsync(session, pooled, cancellationToken).ConfigureAwait(false);                // [1, labels]
        return scope.Keep(head.Keep(session.Reshape(logits, new TensorShape(Config.NumLabels))));                                      // [labels]
    }

    private async ValueTask<SecretTensor> EmbedAsync(MpcSession session, BertInput input, CancellationToken cancellationToken)
    {
        using SessionScope scope = session.BeginScope("embeddings");
        int[] real = [.. Enumerable.Range(0, input.Length).Where(i => input.AttentionMask[i] || input.ComputePadding)];
        int[] positionIds = [.. real.Select(i => input.PositionIds[i])];
        bool padded = real.Length < input.Length;

        SecretTensor tokens = padded ? session.GatherRows(input.Tokens, real) : input.Tokens;                                      // [T, vocab]
        SecretTensor types = padded ? session.GatherRows(input.TokenTypes, real) : input.TokenTypes;                               // [T, types]
        SecretTensor oneHot = session.Concatenate([tokens, types], 1);                                                             // [T, vocab + types], two ones a row
        SecretTensor rows = await _embedding.ForwardAsync(session, oneHot, cancellationToken).ConfigureAwait(false);               // [T, H]
        oneHot.Dispose();
        SecretTensor sum = session.Add(rows, session.GatherRows(_positions, positionIds));                                         // [T, H]
        return scope.Keep(await _embeddingNorm.ForwardAsync(session, sum, cancellationToken).ConfigureAwait(false));               // [T, H]
    }

    private void Require(BertInput input)
    {
        if (input.Tokens.Shape[1] != Config.VocabSize)
        {
            throw new ArgumentException($"The tokens have the shape {input.Tokens.Shape}; the model's vocabulary has {Config.VocabSize} tokens.", nameof(input));
        }

        if (input.TokenTypes.Shape[1] != Config.TypeVocabSize)
        {
            throw new ArgumentException($"The token types have the shape {input.TokenTypes.Shape}; the model has {Config.TypeVocabSize}.", nameof(input));
        }

        if (input.PositionIds.Max() >= Config.MaxPositionEmbeddings)
        {
            throw new ArgumentException($"The position {input.PositionIds.Max()} is past the model's last, {Config.MaxPositionEmbeddings - 1}.", nameof(input));
        }
    }

    private protected override void DisposeCore()
    {
        _embedding.Dispose();
        _positions.Dispose();
        _embeddingNorm.Dispose();
        foreach (SecureTransformerBlock block in _blocks)
        {
            block.Dispose();
        }

        _pooler.Dispose();
        _classifier.Dispose();
    }
}
