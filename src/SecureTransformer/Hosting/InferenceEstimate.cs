using SecureTransformer.Architectures;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>What an inference will send, part by part, known before anything runs.</summary>
public sealed class InferenceEstimate
{
    private InferenceEstimate(IReadOnlyList<KeyValuePair<string, OperationCost>> parts, OperationCost total)
    {
        Parts = parts;
        Total = total;
    }

    /// <summary>The cost of each part of the model, such as "encoder.layer.0/attention", in order.</summary>
    public IReadOnlyList<KeyValuePair<string, OperationCost>> Parts { get; }

    /// <summary>The sum. Bytes are exact, rounds an upper bound.</summary>
    public OperationCost Total { get; }

    /// <summary>Seconds that a part spends on a network, computing left out: a delay for each round, and a third of the bytes through each party's link.</summary>
    public static double NetworkSeconds(OperationCost cost, NetworkConditions network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return (cost.Rounds * network.OneWayDelay.TotalSeconds) + (cost.Bytes * 8.0 / ReplicatedSession.Parties / network.BitsPerSecond);
    }

    /// <summary>Estimates one classification under replicated sharing.</summary>
    /// <param name="config">The model's configuration; no weights are needed.</param>
    /// <param name="length">The number of tokens.</param>
    /// <param name="fractionalBits">The precision.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ArgumentException">The model is no classifier, or takes fewer tokens.</exception>
    public static async Task<InferenceEstimate> ForClassificationAsync(
        ModelConfig config, int length, int fractionalBits = 18, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        BertConfig bert = config as BertConfig ?? throw new ArgumentException($"{config.Source} describes no classifier.", nameof(config));
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, bert.MaxPositionEmbeddings);
        var session = new ReplicatedEstimate(new SessionOptions { FractionalBits = fractionalBits });
        await using (session.ConfigureAwait(false))
        {
            var model = (BertClassifier)await new BertArchitecture(bert)
                .BuildAsync(session, (spec, _) => ValueTask.FromResult(session.Placeholder(spec.Shape)), cancellationToken).ConfigureAwait(false);
            using (model)
            {
                SecretTensor tokens = session.Placeholder(new TensorShape(length, bert.VocabSize), 0);
                SecretTensor types = session.Placeholder(new TensorShape(length, bert.TypeVocabSize), 0);
                SecretTensor logits = await model.ForwardAsync(session, new BertInput(tokens, types), cancellationToken).ConfigureAwait(false);
                OperationCost input = ReplicatedCosts.Import(tokens.Shape.Count) + ReplicatedCosts.Import(types.Shape.Count);
                OperationCost output = ReplicatedCosts.Export(logits.Shape.Count);
                KeyValuePair<string, OperationCost>[] parts =
                [
                    KeyValuePair.Create("input", new OperationCost(1, input.Bytes)), .. session.ByScope, KeyValuePair.Create("output", output),
                ];
                return new InferenceEstimate(parts, parts.Aggregate(default(OperationCost), (sum, part) => sum + part.Value));
            }
        }
    }
}
