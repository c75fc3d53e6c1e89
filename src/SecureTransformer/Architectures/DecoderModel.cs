using SecureTransformer.Layers;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>One party's shares of a decoder, and its forward pass.</summary>
public sealed class DecoderModel : SecureModel
{
    private readonly TokenTable _tokens;
    private readonly SecretTensor? _positions;
    private readonly LayerSource<SecureDecoderBlock> _blocks;
    private readonly SecureNorm _lastNorm;

    internal DecoderModel(DecoderConfig config, TokenTable tokens, SecretTensor? positions, LayerSource<SecureDecoderBlock> blocks, SecureNorm lastNorm)
        : base(config)
    {
        _tokens = tokens;
        _positions = positions;
        _blocks = blocks;
        _lastNorm = lastNorm;
    }

    /// <summary>The public configuration.</summary>
    public new DecoderConfig Config => (DecoderConfig)base.Config;

    /// <summary>An empty cache for this model.</summary>
    /// <param name="session">The session that will compute; the cache's rows live in it.</param>
    /// <param name="sequences">The number of texts that are continued side by side.</param>
    public KeyValueCache CreateCache(MpcSession session, int sequences = 1) => new(session, _blocks.Count, sequences);

    /// <summary>The rows of tokens, without positions, [N, H]: for <see cref="ForwardRowsAsync"/>. A long text's can be made in runs, of tokens as they arrive.</summary>
    /// <param name="session">The session that received the weights, or one opened under it.</param>
    /// <param name="tokens">One-hot rows, [N, V], without fractional bits.</param>
    /// <param name="cancellationToken">Cancels; inside an operation that ends the session.</param>
    /// <remarks>Costs one product for each element of the result; where the table is streamed, one for each run of its rows, all of which are read at every call.</remarks>
    /// <exception cref="ArgumentException">The tokens do not fit the model.</exception>
    public async ValueTask<SecretTensor> EmbedAsync(MpcSession session, SecretTensor tokens, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(tokens);
        if (tokens.Shape.Rank != 2 || tokens.Shape[1] != Config.VocabSize || tokens.FractionalBits != 0)
        {
            throw new ArgumentException($"Tokens are one-hot rows of the shape [N, {Config.VocabSize}] without fractional bits; these are {tokens}.", nameof(tokens));
        }

        using SessionScope scope = session.BeginScope("embeddings");
        return scope.Keep(await _tokens.EmbedAsync(session, tokens, cancellationToken).ConfigureAwait(false));                      // [N, H]
    }

    /// <summary>The logits of the tokens that follow, [R, V], for the rows whose output the step wants; the new tokens' keys and values go into the cache.</summary>
    /// <param name="session">The session that received the weights, or one opened under it; the cache's.</param>
    /// <param name="tokens">One-hot rows of the new tokens, [N, V], without fractional bits: the sequences of the step one after another.</param>
    /// <param name="step">Which tokens are new: from <see cref="KeyValueCache.Begin"/> of a cache of this model.</param>
    /// <param name="observe">
    /// Is shown "embedding_output" [N, H], each block's output under the block's name, "decoder.layer.0" [N, H], and so on (of the last block [R, H]),
    /// "head/final_norm_output" [R, H], and what the blocks show.
    /// </param>
    /// <param name="cancellationToken">Cancels; inside an operation that ends the session.</param>
    /// <remarks>Nothing is revealed. What does not lead to a wanted output is left out of the last block.</remarks>
    /// <exception cref="ArgumentException">The tokens do not fit the model or the step, or a position is past the model's last.</exception>
    public async ValueTask<SecretTensor> ForwardAsync(
        MpcSession session, SecretTensor tokens, DecoderStep step, TensorObserver? observe = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(tokens);
        ArgumentNullException.ThrowIfNull(step);
        if (tokens.Shape != new TensorShape(step.Count, Config.VocabSize) || tokens.FractionalBits != 0)
        {
            throw new ArgumentException($"{step.Count} new tokens are one-hot rows of the shape [{step.Count}, {Config.VocabSize}] without fractional bits; these are {tokens}.", nameof(tokens));
        }

        Require(step);
        using SessionScope scope = session.BeginScope();
        SecretTensor rows = await EmbedAsync(session, tokens, cancellationToken).ConfigureAwait(false);                             // [N, H]
        SecretTensor x = Place(session, rows, step);                                                                                // [N, H]
        rows.Dispose();
        return scope.Keep(await RunAsync(session, x, step, observe, cancellationToken).ConfigureAwait(false));                      // [R, V]
    }

    /// <summary>As <see cref="ForwardAsync"/>, for tokens whose rows are made.</summary>
    /// <param name="session">The session that received the weights, or one opened under it; the cache's.</param>
    /// <param name="rows">The rows of the new tokens, [N, H], from <see cref="EmbedAsync"/>; they stay the caller's.</param>
    /// <param name="step">Which tokens are new: from <see cref="KeyValueCache.Begin"/> of a cache of this model.</param>
    /// <param name="observe">Is shown what <see cref="ForwardAsync"/> shows.</param>
    /// <param name="cancellationToken">Cancels; inside an operation that ends the session.</param>
    /// <exception cref="ArgumentException">The rows do not fit the model or the step, or a position is past the model's last.</exception>
    public async ValueTask<SecretTensor> ForwardRowsAsync(
        MpcSession session, SecretTensor rows, DecoderStep step, TensorObserver? observe = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentNullException.ThrowIfNull(step);
        if (rows.Shape != new TensorShape(step.Count, Config.HiddenSize))
        {
            throw new ArgumentException($"The rows of {step.Count} new tokens have the shape [{step.Count}, {Config.HiddenSize}]; these are {rows}.", nameof(rows));
        }

        Require(step);
        using SessionScope scope = session.BeginScope();
        return scope.Keep(await RunAsync(session, Place(session, rows, step), step, observe, cancellationToken).ConfigureAwait(false)); // [R, V]
    }

    /// <summary>Rows of tokens with their positions added, as a tensor of its own.</summary>
    private SecretTensor Place(MpcSession session, SecretTensor rows, DecoderStep step)
    {
        if (_positions is null)
        {
            return session.Reshape(rows, rows.Shape);
        }

        using SessionScope scope = session.BeginScope("embeddings");
        return scope.Keep(session.Add(rows, session.GatherRows(_positions, [.. step.Positions])));
    }

    /// <summary>Blocks and head; x [N, H] is freed.</summary>
    private async ValueTask<SecretTensor> RunAsync(MpcSession session, SecretTensor x, DecoderStep step, TensorObserver? observe, CancellationToken cancellationToken)
    {
        using SessionScope scope = session.BeginScope();
        await observe.ShowAsync(session, "embedding_output", x).ConfigureAwait(false);

        IReadOnlyList<int> all = [.. Enumerable.Range(0, step.Count)];
        for (int i = 0; i < _blocks.Count; i++)
        {
            IReadOnlyList<int> rows = i == _blocks.Count - 1 ? step.OutputRows : all;
            SecureDecoderBlock block = await _blocks.RentAsync(i, cancellationToken).ConfigureAwait(false);
            try
            {
                using SessionScope inner = session.BeginScope($"decoder.layer.{i}");
                SecretTensor y = inner.Keep(await block.ForwardAsync(session, x, step, i, rows, observe, cancellationToken).ConfigureAwait(false)); // [N, H]; at last [R, H]
                x.Dispose();
                x = y;
            }
            finally
            {
                _blocks.Return(i, block);
            }

            await observe.ShowAsync(session, $"decoder.layer.{i}", x).ConfigureAwait(false);
        }

        using SessionScope head = session.BeginScope("head");
        SecretTensor normed = await _lastNorm.ForwardAsync(session, x, cancellationToken).ConfigureAwait(false);                    // [R, H]
        await observe.ShowAsync(session, "final_norm_output", normed).ConfigureAwait(false);
        return scope.Keep(head.Keep(await _tokens.LogitsAsync(session, normed, cancellationToken).ConfigureAwait(false)));          // [R, V]
    }

    private void Require(DecoderStep step)
    {
        if (step.Cache.Layers != _blocks.Count)
        {
            throw new ArgumentException($"The cache has {step.Cache.Layers} blocks and the model {_blocks.Count}.", nameof(step));
        }

        if (step.Positions.Max() >= Config.MaxPositionEmbeddings)
        {
            throw new ArgumentException($"The position {step.Positions.Max()} is past the model's last, {Config.MaxPositionEmbeddings - 1}.", nameof(step));
        }
    }

    private protected override void DisposeCore()
    {
        _tokens.Dispose();
        _positions?.Dispose();
        _blocks.Dispose();
        _lastNorm.Dispose();
    }
}
