using SecureTransformer.Generation;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Hosting;

/// <summary>
/// A dealer ahead of time, for a model: makes the correlated randomness of so many requests and writes each party's part to a folder. It needs the model's public
/// configuration and no weights. Parties that hold it (<see cref="PartyHostOptions.MaterialDirectory"/>) need no dealer while they serve.
/// </summary>
/// <remarks>See <see cref="MaterialStore"/> for what whoever runs this must be trusted with.</remarks>
public static class Preprocessing
{
    /// <summary>Writes material for classifications of texts of up to so many tokens: shorter ones are padded by the client.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="length">The number of tokens.</param>
    /// <param name="count">The number of requests.</param>
    /// <param name="directory">A folder that does not exist yet or is empty; each party's part is a folder in it, <see cref="MaterialStore.PathOf"/>.</param>
    /// <param name="options">Protocol, parties and precision, as the parties and the client have them.</param>
    /// <param name="progress">Told how far the work is.</param>
    /// <param name="cancellationToken">Cancels; what was written stays and is no material.</param>
    /// <exception cref="ArgumentException">The model is no classifier or takes fewer tokens, or the protocol has no dealer.</exception>
    /// <exception cref="IOException">The folder is not empty or cannot be written.</exception>
    public static async Task WriteForClassificationAsync(
        ModelConfig config,
        int length,
        int count,
        string directory,
        InferenceOptions options,
        IProgress<InferenceProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        Require(options);
        var plan = new MaterialPlan();
        progress?.Report(new InferenceProgress("planning"));
        await InferenceEstimate.ForClassificationAsync(config, length, options, plan, cancellationToken).ConfigureAwait(false);
        await WriteAsync(directory, PreprocessedProgram.Classification(config, options.Nonlinear, length), plan, count, options, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes material for continuations of prompts of exactly so many tokens by exactly so many.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="promptTokens">The number of the prompt's tokens.</param>
    /// <param name="generation">How many tokens the answer has, and how they are chosen.</param>
    /// <param name="count">The number of requests.</param>
    /// <param name="directory">A folder that does not exist yet or is empty.</param>
    /// <param name="options">Protocol, parties and precision.</param>
    /// <param name="progress">Told how far the work is.</param>
    /// <param name="cancellationToken">Cancels; what was written stays and is no material.</param>
    /// <exception cref="ArgumentException">The model generates no text, its context is shorter, or the protocol has no dealer.</exception>
    /// <exception cref="IOException">The folder is not empty or cannot be written.</exception>
    public static async Task WriteForGenerationAsync(
        ModelConfig config,
        int promptTokens,
        GenerationOptions generation,
        int count,
        string directory,
        InferenceOptions options,
        IProgress<InferenceProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(generation);
        Require(options);
        var plan = new MaterialPlan();
        progress?.Report(new InferenceProgress("planning"));
        await GenerationEstimate.CreateAsync(config, promptTokens, generation, options, plan, cancellationToken).ConfigureAwait(false);
        string choice = generation.Sampling == TokenSampling.Client ? "client" : generation.Temperature == 0 ? "parties-greedily" : "parties-at-random";
        PreprocessedProgram program = PreprocessedProgram.Generation(config, options.Nonlinear, promptTokens, generation.MaxNewTokens, choice);
        await WriteAsync(directory, program, plan, count, options, progress, cancellationToken).ConfigureAwait(false);
    }

    private static Task WriteAsync(
        string directory, PreprocessedProgram program, MaterialPlan plan, int count, InferenceOptions options, IProgress<InferenceProgress>? progress, CancellationToken cancellationToken)
    {
        var session = new SessionOptions { FractionalBits = options.FractionalBits, MaxDegreeOfParallelism = Environment.ProcessorCount };
        return MaterialStore.WriteAsync(
            directory,
            program.ToString(),
            [.. Enumerable.Repeat(plan, count)],
            options.PartyCount,
            session,
            progress is null ? null : new Share(progress),
            cancellationToken);
    }

    private static void Require(InferenceOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (!MpcProtocols.HasDealer(options.Protocol))
        {
            throw new ArgumentException($"The protocol {ProtocolNames.NameOf(options.Protocol)} has no dealer, so there is nothing to make ahead of time.", nameof(options));
        }
    }

    private sealed class Share(IProgress<InferenceProgress> progress) : IProgress<double>
    {
        public void Report(double value) => progress.Report(new InferenceProgress("dealing", value));
    }
}
