using SecureTransformer.Architectures;
using SecureTransformer.Generation;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>What an inference will send, part by part, how long it will take and what memory it needs, known before anything runs.</summary>
public sealed class InferenceEstimate
{
    private readonly EstimatedRun _run;
    private readonly int _first;
    private readonly int _end;

    internal InferenceEstimate(EstimatedRun run, int first, int end)
    {
        (_run, _first, _end) = (run, first, end);
        IReadOnlyList<PartEstimate> parts = run.Parts(first, end);
        Parts = [.. parts.Select(part => KeyValuePair.Create(part.Part, part.Cost))];
        Total = parts.Aggregate(default(OperationCost), (sum, part) => sum + part.Cost);
    }

    /// <summary>The cost of each part of the model, such as "encoder.layer.0/attention", in order.</summary>
    public IReadOnlyList<KeyValuePair<string, OperationCost>> Parts { get; }

    /// <summary>The sum: the bytes and rounds of the run, exactly, but for a few bytes of requests to a dealer.</summary>
    public OperationCost Total { get; }

    /// <summary>Bytes at a party for the model's matrices and, at most, for shares of values and the pool they come from.</summary>
    /// <remarks>Exact for tensors; the runtime, frames under way and what an operation needs for itself come on top.</remarks>
    public long PartyMemory => _run.MatrixBytes + _run.TensorBytes;

    /// <summary>Bytes at a party for the model's matrices.</summary>
    public long ModelMemory => _run.MatrixBytes;

    /// <summary>The parts with the time they take, in order. A dealer's time is left out; what parties without one make for each other takes its time as they go.</summary>
    /// <param name="network">Delay and bandwidth of each direction between two places.</param>
    /// <param name="rates">What computing takes at a party; see <see cref="MachineRates"/>.</param>
    public IReadOnlyList<PartEstimate> Predict(NetworkConditions network, MachineRates rates)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(rates);
        return _run.Parts(_first, _end, network, rates);
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
        await using (owner.ConfigureAwait(false))
        {
            var model = (BertClassifier)await new BertArchitecture(bert, options.Nonlinear)
                .BuildAsync(owner, (spec, _) => ValueTask.FromResult(owner.Placeholder(spec.Shape)), cancellationToken).ConfigureAwait(false);
            owner.TrimPool();
            EstimatingSession session = options.DryRun(owner, plan);
            await using (session.ConfigureAwait(false))
            using (model)
            {
                SecretTensor tokens = Take(new TensorShape(length, bert.VocabSize));
                SecretTensor types = Take(new TensorShape(length, bert.TypeVocabSize));
                SecretTensor logits = await model.ForwardAsync(session, new BertInput(tokens, types), cancellationToken).ConfigureAwait(false);
                using (session.BeginScope("output"))
                {
                    session.CountExport(logits.Shape.Count);
                }

                return new InferenceEstimate(session.ToRun(), 0, session.OperationCount);

                SecretTensor Take(TensorShape shape)
                {
                    using SessionScope input = session.BeginScope("input");
                    session.CountImportOneHot(shape.Count);
                    return input.Keep(session.Placeholder(shape, 0));
                }
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
