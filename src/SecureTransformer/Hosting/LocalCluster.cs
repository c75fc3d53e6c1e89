using System.Diagnostics;
using SecureTransformer.Architectures;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.ShareFiles;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>
/// All parties of a protocol, and its dealer where it has one, on this machine, holding a model: in this process, or each a process of its own over TLS on loopback.
/// For tries, tests and demonstrations; for privacy the parties belong on machines of different owners.
/// </summary>
public sealed class LocalCluster : IAsyncDisposable
{
    private readonly LocalClusterOptions _options;
    private readonly ModelConfig _config;
    private readonly Tokenizer? _tokenizer;
    private readonly IClusterBackend _backend;
    private readonly InferenceOptions _inference;

    private LocalCluster(LocalClusterOptions options, ModelConfig config, Tokenizer? tokenizer, IClusterBackend backend, double setupSeconds)
    {
        _options = options;
        _inference = options.Inference;
        _config = config;
        _tokenizer = tokenizer;
        _backend = backend;
        SetupSeconds = setupSeconds;
    }

    /// <summary>Seconds from the start until the parties held the model: start, connect, load, encode, share, pack.</summary>
    public double SetupSeconds { get; }

    /// <summary>The number of parties, without a dealer.</summary>
    public int PartyCount => _options.PartyCount;

    /// <summary>Starts the parties and hands them shares of the model.</summary>
    /// <param name="modelDirectory">A directory with config.json, safetensors files and, for texts, a tokenizer.</param>
    /// <param name="options">Protocol, precision and transport.</param>
    /// <param name="progress">Told how far the setup is.</param>
    /// <param name="cancellationToken">Cancels; the parties are stopped.</param>
    /// <exception cref="ArgumentException">The options do not fit the model.</exception>
    /// <exception cref="InvalidDataException">A file is damaged or not supported.</exception>
    /// <exception cref="IOException">A party could not be started or reached.</exception>
    public static async Task<LocalCluster> StartAsync(
        string modelDirectory,
        LocalClusterOptions? options = null,
        IProgress<InferenceProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        options ??= new LocalClusterOptions();
        options.Validate();
        long started = Stopwatch.GetTimestamp();
        ModelConfig config = ModelConfig.FromDirectory(modelDirectory);
        Tokenizer? tokenizer = TokenizerOf(modelDirectory);
        InferenceClient.RequireVocabulary(config, tokenizer);
        return await StartAsync(
            config, tokenizer, network => ModelOwner.LoadAsync(network, modelDirectory, options.Inference, progress, cancellationToken), options, progress, started).ConfigureAwait(false);
    }

    /// <summary>Starts the parties and hands them shares of weights from elsewhere than files.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <param name="weights">Gives the values of each weight; see <see cref="ModelOwner"/>.</param>
    /// <param name="options">Protocol, precision and transport.</param>
    /// <param name="progress">Told how far the setup is.</param>
    /// <param name="cancellationToken">Cancels; the parties are stopped.</param>
    /// <exception cref="IOException">A party could not be started or reached.</exception>
    public static Task<LocalCluster> StartAsync(
        ModelConfig config,
        Func<WeightSpec, ValueReader> weights,
        LocalClusterOptions? options = null,
        IProgress<InferenceProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(weights);
        options ??= new LocalClusterOptions();
        options.Validate();
        return StartAsync(
            config, null, network => ModelOwner.LoadAsync(network, config, weights, options.Inference, progress, cancellationToken), options, progress, Stopwatch.GetTimestamp());
    }

    private static async Task<LocalCluster> StartAsync(
        ModelConfig config, Tokenizer? tokenizer, Func<IClientEndpoint, Task> load, LocalClusterOptions options, IProgress<InferenceProgress>? progress, long started)
    {
        _ = options.Nonlinear.For(config);
        progress?.Report(new InferenceProgress("starting the parties"));
        IClusterBackend backend = options.Transport == ClusterTransport.Memory
            ? new MemoryCluster(options)
            : ProcessCluster.Start(options);
        try
        {
            IClientEndpoint network = backend.CreateClient();
            await using (network.ConfigureAwait(false))
            {
                await backend.GuardAsync(load(network)).ConfigureAwait(false);
            }

            backend.Started();
            return new LocalCluster(options, config, tokenizer, backend, Stopwatch.GetElapsedTime(started).TotalSeconds);
        }
        catch
        {
            await StopAsync(backend, options).ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Makes a client of the cluster.</summary>
    public InferenceClient Connect() => new(_backend.CreateClient(), _config, _tokenizer, _inference);

    /// <summary>The tokenizer of a model directory; null where it has none and only token ids are given.</summary>
    internal static Tokenizer? TokenizerOf(string modelDirectory)
    {
        try
        {
            return TokenizerLoader.FromDirectory(modelDirectory);
        }
        catch (FileNotFoundException)
        {
            return null;
        }
    }

    /// <summary>Stops the parties; their shares are zeroed, their keys and share files removed.</summary>
    public ValueTask DisposeAsync() => StopAsync(_backend, _options);

    private static async ValueTask StopAsync(IClusterBackend backend, LocalClusterOptions options)
    {
        await backend.DisposeAsync().ConfigureAwait(false);

        // A party that had to be killed removed nothing.
        for (int party = 0; party < options.PartyCount; party++)
        {
            if (options.ShareDirectoryOf(party) is { } directory && Directory.Exists(directory))
            {
                ShareFileWriter.Prepare(directory, party);
                if (!Directory.EnumerateFileSystemEntries(directory).Any())
                {
                    Directory.Delete(directory);
                }
            }
        }
    }
}
