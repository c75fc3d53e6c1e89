using SecureTransformer.Architectures;
using SecureTransformer.Hosting;
using SecureTransformer.Layers;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Calibration;

/// <summary>One text to run a model on, checked against its configuration.</summary>
internal sealed class CalibrationText
{
    /// <summary>The most tokens of a decoder's pass: each has a row of logits as long as the vocabulary.</summary>
    private const int DecoderRows = 64;

    private readonly int[] _ids;
    private readonly int[] _types;

    private CalibrationText(int[] ids, int[] types)
    {
        _ids = ids;
        _types = types;
    }

    public int Length => _ids.Length;

    /// <param name="config">The model's configuration.</param>
    /// <param name="number">Which text it is, from 1.</param>
    /// <param name="ids">The token ids.</param>
    /// <param name="types">The token types; none for all zeros.</param>
    /// <exception cref="ArgumentException">The text has no token, more than the model takes, or one outside the vocabulary; the message says which text.</exception>
    public static CalibrationText Create(ModelConfig config, int number, IReadOnlyList<int> ids, IReadOnlyList<int>? types = null)
    {
        (int vocabulary, int longest) = config switch
        {
            BertConfig bert => (bert.VocabSize, bert.MaxPositionEmbeddings),
            DecoderConfig decoder => (decoder.VocabSize, decoder.MaxPositionEmbeddings),
            _ => throw new NotSupportedException($"{config.Source}: models of type '{config.ModelType}' cannot be calibrated."),
        };
        if (ids.Count < 1 || ids.Count > longest)
        {
            throw new ArgumentException($"Text {number} has {ids.Count} tokens; the model takes between 1 and {longest}. Shorten it or split it.");
        }

        if (ids.Any(id => id < 0 || id >= vocabulary))
        {
            throw new ArgumentException($"Text {number} has a token outside [0, {vocabulary}).");
        }

        return new CalibrationText([.. ids], types is { Count: > 0 } ? [.. types] : new int[ids.Count]);
    }

    /// <summary>Runs the model; of decoders the output of every position is computed, of classifiers the answer.</summary>
    public async ValueTask RunAsync(MpcSession session, SecureModel model, CancellationToken cancellationToken)
    {
        using SessionScope scope = session.BeginScope();
        if (model is BertClassifier bert)
        {
            SecretTensor tokens = await InputAsync(session, _ids, bert.Config.VocabSize, cancellationToken).ConfigureAwait(false);
            SecretTensor types = await InputAsync(session, _types, bert.Config.TypeVocabSize, cancellationToken).ConfigureAwait(false);
            await bert.ForwardAsync(session, new BertInput(tokens, types), cancellationToken).ConfigureAwait(false);
            return;
        }

        var decoder = (DecoderModel)model;
        using KeyValueCache cache = decoder.CreateCache(session);
        foreach (int[] part in _ids.Chunk(DecoderRows))
        {
            using SessionScope pass = session.BeginScope();
            SecretTensor tokens = await InputAsync(session, part, decoder.Config.VocabSize, cancellationToken).ConfigureAwait(false);
            await decoder.ForwardAsync(session, tokens, cache.Begin([part.Length], allRows: true), null, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async ValueTask<SecretTensor> InputAsync(MpcSession session, int[] ids, int width, CancellationToken cancellationToken)
    {
        using SessionScope scope = session.BeginScope("input");
        var rows = new double[checked(ids.Length * width)];
        for (int i = 0; i < ids.Length; i++)
        {
            rows[(i * width) + ids[i]] = 1;
        }

        return scope.Keep(await session.InputAsync(0, new TensorShape(ids.Length, width), rows, 0, cancellationToken).ConfigureAwait(false));
    }
}
