using SecureTransformer.Architectures;
using SecureTransformer.Generation;
using SecureTransformer.Layers;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Hosting;

/// <summary>What the continuation of a text will send and take, known before anything runs; see <see cref="InferenceEstimate.ForGenerationAsync"/>.</summary>
public sealed class GenerationEstimate
{
    private GenerationEstimate(EstimatedRun run, IReadOnlyList<int> ends)
    {
        Prefill = new InferenceEstimate(run, 0, ends[0]);
        LastToken = ends.Count == 1 ? Prefill : new InferenceEstimate(run, ends[^2], ends[^1]);
        All = ends.Count == 1 ? Prefill : new InferenceEstimate(run, 0, ends[^1]);
    }

    /// <summary>The prompt and the first token of the answer, part by part.</summary>
    public InferenceEstimate Prefill { get; }

    /// <summary>The last token of the answer, when the cache is the longest, part by part; that of the prompt where there is only one.</summary>
    public InferenceEstimate LastToken { get; }

    /// <summary>All tokens, part by part.</summary>
    public InferenceEstimate All { get; }

    /// <summary>All tokens: the bytes and rounds of the run, exactly, but for a few bytes of requests to a dealer.</summary>
    public OperationCost Total => All.Total;

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
        await using (owner.ConfigureAwait(false))
        {
            var model = (DecoderModel)await ModelArchitecture.Create(decoder, options.Nonlinear)
                .BuildAsync(owner, (spec, _) => ValueTask.FromResult(owner.Placeholder(spec.Shape)), cancellationToken).ConfigureAwait(false);
            owner.TrimPool();
            EstimatingSession session = options.DryRun(owner, plan);
            await using (session.ConfigureAwait(false))
            using (model)
            {
                using KeyValueCache cache = model.CreateCache(session);
                var ends = new List<int>();
                for (int made = 0; made < generation.MaxNewTokens; made++)
                {
                    await StepAsync(made == 0 ? promptTokens : 1, made == 0).ConfigureAwait(false);
                    ends.Add(session.OperationCount);
                }

                return new GenerationEstimate(session.ToRun(), ends);

                // As a party serves it: the parties compare what the client asks for, take in new tokens or have chosen them, compute, and answer.
                async ValueTask StepAsync(int tokens, bool first)
                {
                    bool clientChooses = generation.Sampling == TokenSampling.Client;
                    using SessionScope step = session.BeginScope();
                    if (first || clientChooses || generation.StopEarly)
                    {
                        using SessionScope agreement = session.BeginScope("agreement");
                        session.CountWord();
                        await session.AgreeAsync("dry run", default, cancellationToken).ConfigureAwait(false);
                    }

                    var rows = new List<SecretTensor>();
                    foreach ((_, int count) in PromptRuns.Of(tokens))
                    {
                        using SecretTensor run = session.Placeholder(new TensorShape(count, decoder.VocabSize), 0);
                        if (first || clientChooses)
                        {
                            using SessionScope input = session.BeginScope("input");
                            session.CountImportOneHot(run.Shape.Count);
                        }

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

                    using SessionScope output = session.BeginScope("output");
                    session.CountExport(clientChooses ? logits.Shape.Count : 1);
                }
            }
        }
    }
}
