using System.Text;
using Microsoft.Extensions.Logging;
using SecureTransformer.Architectures;
using SecureTransformer.Models;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;
using SecureTransformer.ShareFiles;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <content>Taking shares of a model from its owner.</content>
public sealed partial class PartyHost
{
    private async Task LoadAsync(ClientConnection client, PartyRequest request, CancellationToken cancellationToken)
    {
        if (!await _loading.WaitAsync(0, cancellationToken).ConfigureAwait(false))
        {
            throw new RefusalException("another model is being loaded");
        }

        try
        {
            if (_model is not null)
            {
                throw new RefusalException("this party already holds a model; restart it to load another");
            }

            MpcProtocol protocol = ProtocolNames.Find(request.Protocol) ?? throw new RefusalException($"there is no such protocol; there are {string.Join(", ", ProtocolNames.All)}");
            int? threshold = RequireNetwork(protocol, request.Threshold);
            byte[] configuration = Encoding.UTF8.GetBytes(request.Configuration ?? throw new RefusalException("the configuration is missing"));
            string digest = PublicDigest.Of(configuration);
            ModelConfig config = ModelConfig.Parse(configuration, "the model owner's configuration");
            ModelArchitecture architecture = ModelArchitecture.Create(config, FunctionsOf(request, config));
            string functions = architecture.Functions.Description;
            _material?.RequireModel(protocol, _endpoint.PartyId, PartyCount, request.FractionalBits, digest, functions, _options.ShareDirectory is not null);
            RequireRoom(architecture);
            string identity = $"{client.SessionId}/{digest}";
            using ShareFileWriter? writer = _options.ShareDirectory is { } directory
                ? BeginShareFile(directory, new ShareFileLayout(identity, protocol, PartyCount, _endpoint.PartyId, request.FractionalBits, architecture.Weights, threshold))
                : null;
            ShareFile? shares = null;
            var options = new SessionOptions
            {
                FractionalBits = request.FractionalBits,
                Threshold = threshold,
                MaxDegreeOfParallelism = _options.MaxDegreeOfParallelism,
                Agreement = identity,
                NonlinearFunctions = functions,
                RecycleMatrices = _options.ShareDirectory is not null,
                Material = _material?.Store,
            };
            MpcSession? session = null;
            SecureModel? model = null;
            try
            {
                // The weights outlive the session's links: requests have their own.
                ChannelSet channels = await OpenLinksAsync(client, protocol, cancellationToken).ConfigureAwait(false);
                await using (channels.ConfigureAwait(false))
                {
                    session = await OpenSessionAsync(client, channels, protocol, options, null, cancellationToken).ConfigureAwait(false);
                    session.Meter.Phase = TrafficPhase.Setup;
                    SendReady(client.Channel);
                    if (writer is null)
                    {
                        model = await architecture.BuildAsync(
                            session,
                            async (spec, ct) =>
                            {
                                SecretTensor weight = await session.ImportAsync(client.Channel, spec.Shape, cancellationToken: ct).ConfigureAwait(false);
                                ControlChannel.Signal(client.Channel, HostOperations.Progress);
                                return weight;
                            },
                            cancellationToken).ConfigureAwait(false);
                        await session.PrepareMatricesAsync(cancellationToken).ConfigureAwait(false);
                    }
                    else
                    {
                        foreach (WeightSpec spec in architecture.Weights)
                        {
                            await session.KeepAsync(client.Channel, spec.Shape, writer.Begin(spec.Name), cancellationToken).ConfigureAwait(false);
                            ControlChannel.Signal(client.Channel, HostOperations.Progress);
                        }

                        shares = writer.Complete();
                        await session.VerifyKeptAsync([.. architecture.Weights.Select(spec => (shares.Tensor(spec.Name), spec.Shape.Count))], cancellationToken).ConfigureAwait(false);
                        model = await architecture.StreamAsync(session, shares.Tensor, cancellationToken).ConfigureAwait(false);
                    }
                }

                session.Trim();

                // The model counts when all parties have it: when the owner has heard so from each.
                SendReady(client.Channel);
                await ControlChannel.AwaitSignalAsync(client.Channel, HostOperations.Commit, cancellationToken).ConfigureAwait(false);
                _model = new LoadedModel(identity, digest, functions, protocol, session, model, shares);
                SendReady(client.Channel);
            }
            catch when (_model is null)
            {
                model?.Dispose();
                if (session is not null)
                {
                    await session.DisposeAsync().ConfigureAwait(false);
                }

                shares?.Dispose();
                throw;
            }

            LogLoaded(_options.Logger, _endpoint.PartyId, identity);
        }
        finally
        {
            _loading.Release();
        }
    }

    /// <summary>The functions that the owner wants, where they fit the model.</summary>
    private static NonlinearFunctions FunctionsOf(PartyRequest request, ModelConfig config)
    {
        try
        {
            NonlinearFunctions functions = request.Nonlinear is { } text ? NonlinearFunctions.Parse(Encoding.UTF8.GetBytes(text), "the model owner's functions") : NonlinearFunctions.Exact;
            _ = functions.For(config);
            return functions;
        }
        catch (ArgumentException error)
        {
            throw new RefusalException(error.Message);
        }
    }

    /// <summary>
    /// Refuses a model that does not fit, before anything is allocated for it: two words a weight, and as much again for the largest tensor while it is arranged;
    /// where weights are streamed, two words for those that stand in memory at once.
    /// </summary>
    private void RequireRoom(ModelArchitecture architecture)
    {
        const long BytesPerWeight = 2 * sizeof(ulong);
        long bytes = _options.ShareDirectory is not null
            ? architecture.StreamedBytes(BytesPerWeight) ?? throw new RefusalException($"this party streams weights, and those of models of type '{architecture.Config.ModelType}' cannot be streamed")
            : BytesPerWeight * (architecture.Weights.Sum(w => (long)w.Shape.Count) + architecture.Weights.Max(w => (long)w.Shape.Count));
        if (bytes > _options.MaxModelBytes)
        {
            throw new RefusalException($"the model's shares need {bytes >> 20} MiB and this party has {_options.MaxModelBytes >> 20} MiB for a model");
        }
    }

    /// <summary>Begins the file that the shares go to. What is wrong with the folder is for the party's own log.</summary>
    private ShareFileWriter BeginShareFile(string directory, ShareFileLayout layout)
    {
        try
        {
            ShareFileWriter.Prepare(directory, layout.Party);
            long free = ShareFileWriter.FreeBytes(directory);
            return layout.FileBytes <= free
                ? new ShareFileWriter(directory, layout)
                : throw new RefusalException($"the party's share file needs {layout.FileBytes >> 20} MiB and its volume has {free >> 20} MiB left");
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            LogNoShareFile(_options.Logger, _endpoint.PartyId, error.Message);
            throw new RefusalException("the party cannot write its share file; its log says why");
        }
    }

    private sealed class LoadedModel(string identity, string configurationDigest, string functions, MpcProtocol protocol, MpcSession session, SecureModel model, ShareFile? shares)
    {
        public string Identity => identity;

        public string ConfigurationDigest => configurationDigest;

        /// <summary>The functions that the model is computed with, in words.</summary>
        public string Functions => functions;

        public MpcProtocol Protocol => protocol;

        public MpcSession Session => session;

        public SecureModel Model => model;

        /// <summary>The file that a streamed model reads; null for one in memory.</summary>
        public ShareFile? Shares => shares;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "Party {Party} cannot write its share file: {Reason}")]
    private static partial void LogNoShareFile(ILogger logger, int party, string reason);

    [LoggerMessage(Level = LogLevel.Information, Message = "Party {Party} holds its shares of model {Model}")]
    private static partial void LogLoaded(ILogger logger, int party, string model);
}
