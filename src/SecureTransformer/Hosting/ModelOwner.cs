using System.Text;
using SecureTransformer.Architectures;
using SecureTransformer.Models;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>Hands out shares of a model's weights to the parties, once.</summary>
public static class ModelOwner
{
    /// <summary>Reads a model directory block by block and sends each party its shares.</summary>
    /// <param name="network">The owner's end of the network.</param>
    /// <param name="modelDirectory">A directory with config.json and safetensors files.</param>
    /// <param name="options">Protocol and precision.</param>
    /// <param name="progress">Told how much has been sent.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <remarks>The parties learn the configuration, thus all shapes; of the weights nothing.</remarks>
    /// <exception cref="InvalidDataException">A file is damaged, or a tensor is missing or of another shape.</exception>
    /// <exception cref="OverflowException">A weight is outside the range of the encoding; the message names the tensor.</exception>
    /// <exception cref="ProtocolException">A party refuses; the message says which and why.</exception>
    /// <exception cref="IOException">A party cannot be reached.</exception>
    public static async Task LoadAsync(
        IClientEndpoint network,
        string modelDirectory,
        InferenceOptions? options = null,
        IProgress<InferenceProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ModelConfig config = ModelConfig.FromDirectory(modelDirectory);
        using ModelWeights weights = ModelWeights.Open(modelDirectory);
        WeightSource.Validate(weights, ModelArchitecture.Create(config, options?.Nonlinear));
        await LoadAsync(network, config, spec => WeightSource.Reader(weights, spec), options, progress, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Takes weights from elsewhere than files, block by block, and sends each party its shares.</summary>
    /// <param name="network">The owner's end of the network.</param>
    /// <param name="config">The configuration.</param>
    /// <param name="weights">Gives the values of each of the architecture's <see cref="ModelArchitecture.Weights"/>, multiplied by its scale already.</param>
    /// <param name="options">Protocol and precision.</param>
    /// <param name="progress">Told how much has been sent.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <inheritdoc cref="LoadAsync(IClientEndpoint, string, InferenceOptions?, IProgress{InferenceProgress}?, CancellationToken)" path="/remarks"/>
    /// <exception cref="OverflowException">A weight is outside the range of the encoding; the message names the tensor.</exception>
    /// <exception cref="ProtocolException">A party refuses; the message says which and why.</exception>
    /// <exception cref="IOException">A party cannot be reached.</exception>
    public static async Task LoadAsync(
        IClientEndpoint network,
        ModelConfig config,
        Func<WeightSpec, ValueReader> weights,
        InferenceOptions? options = null,
        IProgress<InferenceProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(weights);
        options ??= new InferenceOptions();
        options.Validate();
        ModelArchitecture architecture = ModelArchitecture.Create(config, options.Nonlinear);
        ShareCodec codec = options.CodecFor(network);
        ClientChannels channels = await network.ConnectAsync(SessionId.New(), cancellationToken).ConfigureAwait(false);
        await using (channels.ConfigureAwait(false))
        {
            try
            {
                var request = new PartyRequest
                {
                    Kind = PartyRequest.Load,
                    Protocol = ProtocolNames.NameOf(options.Protocol),
                    Threshold = options.StatedThreshold(codec.PartyCount),
                    FractionalBits = options.FractionalBits,
                    LibraryVersion = HostVersion.Current,
                    Configuration = Encoding.UTF8.GetString(config.ToJson()),
                    Nonlinear = Encoding.UTF8.GetString(options.Nonlinear.ToJson()),
                };
                IChannel[] parties = [.. Enumerable.Range(0, channels.PartyCount).Select(i => channels[i])];
                PartyRequests.Send(parties, request);
                await PartyRequests.ReadyAsync(parties, cancellationToken).ConfigureAwait(false);
                long total = architecture.Weights.Sum(w => (long)w.Shape.Count);
                long sent = 0;
                for (int i = 0; i < architecture.Weights.Count; i++)
                {
                    WeightSpec spec = architecture.Weights[i];
                    await codec.SendAsync(
                        parties, spec.Shape.Count, options.FractionalBits, spec.Name, weights(spec), cancellationToken).ConfigureAwait(false);
                    if (i > 0)
                    {
                        // Never more than two weights on their way: a slow party holds the owner up instead of filling its memory.
                        await PartyRequests.ProgressAsync(parties, cancellationToken).ConfigureAwait(false);
                    }

                    sent += spec.Shape.Count;
                    progress?.Report(new InferenceProgress("sharing weights", (double)sent / total));
                }

                await PartyRequests.ProgressAsync(parties, cancellationToken).ConfigureAwait(false);
                await PartyRequests.ReadyAsync(parties, cancellationToken).ConfigureAwait(false);
                foreach (IChannel party in parties)
                {
                    ControlChannel.Signal(party, HostOperations.Commit);
                }

                await PartyRequests.ReadyAsync(parties, cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                channels.Abort($"the model owner failed with {error.GetType().Name}");
                throw;
            }
        }
    }
}
