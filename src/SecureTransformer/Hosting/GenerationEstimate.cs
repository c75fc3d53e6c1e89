using SecureTransformer.Architectures;
using SecureTransformer.Generation;
using SecureTransformer.Layers;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>What the continuation of a text will send, known before anything runs; see <see cref="InferenceEstimate.ForGenerationAsync"/>.</summary>
public sealed class GenerationEstimate
{
    private GenerationEstimate(InferenceEstimate prefill, InferenceEstimate lastToken, OperationCost total)
    {
        Prefill = prefill;
        LastToken = lastToken;
        Total = total;
    }

    /// <summary>The prompt and the first token of the answer, part by part.</summary>
    public InferenceEstimate Prefill { get; }

    /// <summary>The last token of the answer, when the cache is the longest, part by part; that of the prompt where there is only one.</summary>
    public InferenceEstimate LastToken { get; }

    /// <summary>All tokens. Bytes are exact, rounds an upper bound.</summary>
    public OperationCost Total { get; }

    /// <summary>Seconds of all tokens on a network, computing left out.</summary>
    public double NetworkSeconds(NetworkConditions network) => Prefill.NetworkSeconds(Total, network);

    internal static async Task<GenerationEstimate> CreateAsync(
        ModelConfig config, int promptTokens, GenerationOptions generation, InferenceOptions options, MaterialPlan? plan, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(config);
        DecoderConfig decoder = config as DecoderConfig
            ?? throw new ArgumentException($"{config.Source} describes a model of type '{config.ModelType}', which does not generate text.", nameof(config));
        ArgumentOutOfRangeException.ThrowIfLessThan(promptTokens, 1);
        generation.Validate();
        options.Validate();
        if ((long)promptTokens + generation.MaxNewTokens - 1 > decoder.MaxPositionEmbeddings)
        {
            throw new ArgumentException(
                $"{promptTokens} tokens of the prompt and {generation.MaxNewTokens} new ones do not fit into the model's context of {decoder.MaxPositionEmbeddings}.", nameof(promptTokens));
        }

        EstimatingSession owner = options.DryRun();
        EstimatingSession session = options.DryRun(owner, plan);
        await using (owner.ConfigureAwait(false))
        await using (session.ConfigureAwait(false))
        {
            var model = (DecoderModel)await ModelArchitecture.Create(decoder)
                .BuildAsync(owner, (spec, _) => ValueTask.FromResult(owner.Placeholder(spec.Shape)), cancellationToken).ConfigureAwait(false);
            using (model)
            {
                using KeyValueCache cache = model.CreateCache(session);
                InferenceEstimate prefill = await StepAsync(promptTokens, first: true).ConfigureAwait(false);
                InferenceEstimate last = prefill;
                OperationCost total = prefill.Total;
                for (int made = 1; made < generation.MaxNewTokens; made++)
                {
                    last = await StepAsync(1, first: false).ConfigureAwait(false);
                    total += last.Total;
                }

                return new GenerationEstimate(prefill, last, total);

                // As a party serves it: the parties compare what the client asks for, take in new tokens or have chosen them, compute, and answer.
                async ValueTask<InferenceEstimate> StepAsync(int tokens, bool first)
                {
                    Dictionary<string, OperationCost> before = new(session.ByScope);
                    bool clientChooses = generation.Sampling == TokenSampling.Client;
                    OperationCost input = default;
                    OperationCost output;
                    using (SessionScope step = session.BeginScope())
                    {
                        var rows = new List<SecretTensor>();
                        foreach ((_, int count) in PromptRuns.Of(tokens))
                        {
                            SecretTensor run = session.Placeholder(new TensorShape(count, decoder.VocabSize), 0);
                            input += first || clientChooses ? session.CostOfImport(run.Shape.Count) : default;
                            rows.Add(await model.EmbedAsync(session, run, cancellationToken).ConfigureAwait(false));
                        }

                        SecretTensor logits = await model.ForwardRowsAsync(session, session.Concatenate(rows, 0), cache.Begin([tokens]), null, cancellationToken).ConfigureAwait(false);
                        if (!clientChooses)
                        {
                            using SessionScope choice = session.BeginScope("choice");
                            using SecretToken token = generation.Temperature == 0
                                ? await PrivateChoice.GreedyAsync(session, logits, cancellationToken: cancellationToken).ConfigureAwait(false)
                                : await PrivateChoice.SampleAsync(session, logits, generation.Temperature, cancellationToken: cancellationToken).ConfigureAwait(false);
                        }

                        output = session.CostOfExport(clientChooses ? logits.Shape.Count : 1);
                        if (first || clientChooses || generation.StopEarly)
                        {
                            using SessionScope agreement = session.BeginScope("agreement");
                            await session.AgreeAsync("dry run", default, cancellationToken).ConfigureAwait(false);
                        }
                    }

                    return new InferenceEstimate(
                        session.PartyCount,
                        [
                            .. input == default ? [] : new[] { KeyValuePair.Create("input", input) },
                            .. session.ByScope.Select(part => KeyValuePair.Create(part.Key, Difference(part.Value, before.GetValueOrDefault(part.Key)))).Where(part => part.Value != default),
                            KeyValuePair.Create("output", output),
                        ]);
                }
            }
        }
    }

    private static OperationCost Difference(OperationCost after, OperationCost before) => new(after.Rounds - before.Rounds, after.Bytes - before.Bytes, after.OfflineBytes - before.OfflineBytes);
}
