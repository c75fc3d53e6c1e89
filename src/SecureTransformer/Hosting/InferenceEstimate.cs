using SecureTransformer.Architectures;
using SecureTransformer.Generation;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>What an inference will send, part by part, known before anything runs.</summary>
public sealed class InferenceEstimate
{
    private readonly int _parties;

    internal InferenceEstimate(int parties, IReadOnlyList<KeyValuePair<string, OperationCost>> parts)
    {
        _parties = parties;
        Parts = parts;
        Total = parts.Aggregate(default(OperationCost), (sum, part) => sum + part.Value);
    }

    /// <summary>The cost of each part of the model, such as "encoder.layer.0/attention", in order.</summary>
    public IReadOnlyList<KeyValuePair<string, OperationCost>> Parts { get; }

    /// <summary>The sum. Bytes, offline ones apart, are exact, rounds an upper bound.</summary>
    public OperationCost Total { get; }

    /// <summary>Seconds that a part spends on a network, computing and the dealer left out: a delay for each round, and an equal part of the bytes through each party's link.</summary>
    public double NetworkSeconds(OperationCost cost, NetworkConditions network)
    {
        ArgumentNullException.ThrowIfNull(network);
        return (cost.Rounds * network.OneWayDelay.TotalSeconds) + (cost.Bytes * 8.0 / _parties / network.BitsPerSecond);
    }

    /// <summary>Estimates one classification.</summary>
    /// <param name="config">The model's configuration; no weights are needed.</param>
    /// <param name="length">The number of tokens.</param>
    /// <param name="options">Protocol and precision.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ArgumentException">The model is no classifier, or takes fewer tokens.</exception>
    public static Task<InferenceEstimate> ForClassificationAsync(
        ModelConfig config, int length, InferenceOptions? options = null, CancellationToken cancellationToken = default) =>
        ForClassificationAsync(config, length, options ?? new InferenceOptions(), null, cancellationToken);

    /// <summary>As a party serves it: in a session under the one that holds the weights.</summary>
    internal static async Task<InferenceEstimate> ForClassificationAsync(
        ModelConfig config, int length, InferenceOptions options, MaterialPlan? plan, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(config);
        BertConfig bert = config as BertConfig ?? throw new ArgumentException($"{config.Source} describes no classifier.", nameof(config));
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(length, bert.MaxPositionEmbeddings);
        options.Validate();
        EstimatingSession owner = options.DryRun();
        EstimatingSession session = options.DryRun(owner, plan);
        await using (owner.ConfigureAwait(false))
        await using (session.ConfigureAwait(false))
        {
            var model = (BertClassifier)await new BertArchitecture(bert)
                .BuildAsync(owner, (spec, _) => ValueTask.FromResult(owner.Placeholder(spec.Shape)), cancellationToken).ConfigureAwait(false);
            using (model)
            {
                SecretTensor tokens = session.Placeholder(new TensorShape(length, bert.VocabSize), 0);
                SecretTensor types = session.Placeholder(new TensorShape(length, bert.TypeVocabSize), 0);
                SecretTensor logits = await model.ForwardAsync(session, new BertInput(tokens, types), cancellationToken).ConfigureAwait(false);
                OperationCost input = session.CostOfImport(tokens.Shape.Count) + session.CostOfImport(types.Shape.Count);
                OperationCost output = session.CostOfExport(logits.Shape.Count);
                KeyValuePair<string, OperationCost>[] parts =
                [
                    KeyValuePair.Create("input", input), .. session.ByScope, KeyValuePair.Create("output", output),
                ];
                return new InferenceEstimate(session.PartyCount, parts);
            }
        }
    }

    /// <summary>Estimates the continuation of a text: the prompt, each step, and all of it.</summary>
    /// <param name="config">The model's configuration; no weights are needed.</param>
    /// <param name="promptTokens">The number of the prompt's tokens.</param>
    /// <param name="generation">How many tokens, and how they are chosen; the estimate is for all of them.</param>
    /// <param name="options">Protocol and precision.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="ArgumentException">The model generates no text, or its context is shorter.</exception>
    public static Task<GenerationEstimate> ForGenerationAsync(
        ModelConfig config, int promptTokens, GenerationOptions? generation = null, InferenceOptions? options = null, CancellationToken cancellationToken = default) =>
        GenerationEstimate.CreateAsync(config, promptTokens, generation ?? new GenerationOptions(), options ?? new InferenceOptions(), null, cancellationToken);
}
