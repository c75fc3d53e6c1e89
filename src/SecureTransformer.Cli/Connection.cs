using System.CommandLine;
using Microsoft.Extensions.Logging;
using SecureTransformer.Hosting;
using SecureTransformer.Protocols;

namespace SecureTransformer.Cli;

/// <summary>The options that say where the parties are, which <c>infer</c> and <c>generate</c> share.</summary>
internal sealed class ConnectionOptions
{
    private readonly Option<DirectoryInfo?> _model = new("--model") { Description = "Model directory: config.json, *.safetensors and the tokenizer's files." };
    private readonly Option<FileInfo?> _client = new("--client") { Description = "Client file of parties that run elsewhere, instead of --model." };
    private readonly Option<string> _protocol = ProtocolOptions.CreateProtocol();
    private readonly Option<int?> _parties = ProtocolOptions.CreateParties();
    private readonly Option<int?> _threshold = ProtocolOptions.CreateThreshold();
    private readonly Option<string> _transport = new("--transport") { Description = "memory: parties in this process. tcp: a process each, over TLS on loopback.", DefaultValueFactory = _ => "memory" };
    private readonly Option<int> _bits = new("--precision-bits") { Description = "Fractional bits of the fixed-point numbers.", DefaultValueFactory = _ => 18 };
    private readonly Option<string> _nonlinear = NonlinearOption.Create();
    private readonly Option<DirectoryInfo?> _stream = new("--stream-weights")
    {
        Description = "Keep the parties' shares of a GPT-2 or Llama model in files in this folder, and read them as they are needed; they go at the end.",
    };
    private readonly Option<DirectoryInfo?> _material = new("--material")
    {
        Description = "With --protocol additive: the folder that 'preprocess' wrote, in place of a dealer; each request uses up a part of it.",
    };
    private readonly Option<bool> _verbose = new("--verbose") { Description = "Show the parties' messages." };
    private readonly Option<double> _timeout = TimeoutOption.Create();
    private readonly ProfileOptions _profile = new();
    private readonly Option<string?> _network = NetworkOption.Create("Emulate a network between the parties on this machine and you; loading the model goes through it too.");

    public ConnectionOptions()
    {
        _transport.AcceptOnlyFromAmong("memory", "tcp");
    }

    /// <summary>Adds the options that name the model, which come first in the help.</summary>
    public void AddTargetTo(Command command)
    {
        command.Options.Add(_model);
        command.Options.Add(_client);
        command.Validators.Add(result =>
        {
            if (result.GetValue(_model) is null == result.GetValue(_client) is null)
            {
                result.AddError("Give either --model DIR or --client FILE.");
            }

            if (result.GetValue(_client) is not null && result.GetValue(_material) is not null)
            {
                result.AddError("--material is for parties on this machine, with --model DIR; parties elsewhere are told so where they start.");
            }

            if (result.GetValue(_client) is not null && result.GetResult(_nonlinear) is { Implicit: false })
            {
                result.AddError("--nonlinear is for parties on this machine, with --model DIR; for those elsewhere the client file says so, with \"nonlinear\".");
            }

            if (result.GetValue(_client) is not null && result.GetValue(_network) is not null)
            {
                result.AddError("--network is for parties on this machine, with --model DIR; those elsewhere have a network of their own.");
            }

            if (result.GetValue(_client) is not null && _profile.IsGiven(result))
            {
                result.AddError("--profile and --trace are for parties on this machine, with --model DIR; parties elsewhere write profiles with 'party --profile DIR', which 'profile' shows.");
            }

            if (result.GetValue(_client) is not null && result.GetValue(_stream) is not null)
            {
                result.AddError("--stream-weights is for parties on this machine, with --model DIR; parties elsewhere are told so where they start.");
            }
        });
    }

    /// <summary>Adds the others.</summary>
    public void AddSettingsTo(Command command)
    {
        command.Options.Add(_protocol);
        command.Options.Add(_parties);
        command.Options.Add(_threshold);
        command.Options.Add(_transport);
        command.Options.Add(_bits);
        command.Options.Add(_nonlinear);
        command.Options.Add(_stream);
        command.Options.Add(_material);
        command.Options.Add(_network);
        _profile.AddTo(command);
        command.Options.Add(_timeout);
        command.Options.Add(_verbose);
    }

    /// <summary>Where the model's public files are, and how its parties compute.</summary>
    public (string Model, InferenceOptions Options) TargetOf(ParseResult parsed)
    {
        if (parsed.GetValue(_client) is { } file)
        {
            var described = ClientFile.Load(file.FullName);
            return (described.Model, described.Options);
        }

        return (parsed.GetValue(_model)!.FullName, ProtocolOptions.ValueOf(parsed, _protocol, _parties, _threshold, _bits, _nonlinear));
    }

    /// <summary>Starts parties on this machine and hands them the model, or makes a client of those elsewhere.</summary>
    public async Task<Connection> OpenAsync(ParseResult parsed, ConsoleProgress progress, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_client) is { } file)
        {
            var described = ClientFile.Load(file.FullName);
            InferenceClient remote = described.CreateClient(TimeoutOption.Transport(parsed.GetValue(_timeout)));
            return new Connection(null, remote, described.Options.Protocol, remote.PartyCount, "tcp", described.Model);
        }

        (string model, InferenceOptions inference) = TargetOf(parsed);
        RunProfile? profile = _profile.ValueOf(parsed);
        var options = new LocalClusterOptions
        {
            Protocol = inference.Protocol,
            Parties = inference.Parties,
            Threshold = inference.Threshold,
            FractionalBits = inference.FractionalBits,
            Nonlinear = inference.Nonlinear,
            // Without privacy there is one party and nothing to separate.
            Transport = parsed.GetValue(_transport) == "tcp" && MpcProtocols.PartyCountOf(inference.Protocol, inference.Parties) > 1 ? ClusterTransport.Tcp : ClusterTransport.Memory,
            TransportOptions = TimeoutOption.Transport(parsed.GetValue(_timeout), NetworkOption.ValueOf(parsed, _network)),
            ShareDirectory = parsed.GetValue(_stream)?.FullName,
            MaterialDirectory = parsed.GetValue(_material)?.FullName,
            ProfileDirectory = profile?.Directory,
            Logger = new ConsoleLogger(parsed.GetValue(_verbose) ? LogLevel.Debug : LogLevel.Warning),
        };
        try
        {
            LocalCluster cluster = await LocalCluster.StartAsync(model, options, progress, cancellationToken);
            return new Connection(cluster, cluster.Connect(), options.Protocol, cluster.PartyCount, options.Transport == ClusterTransport.Tcp ? "tcp" : "memory", model, options.MaterialDirectory is not null, profile);
        }
        catch
        {
            profile?.Dispose();
            throw;
        }
    }
}

/// <summary>A client, and the parties where they were started for it.</summary>
internal sealed class Connection(
    LocalCluster? cluster, InferenceClient client, MpcProtocol protocol, int parties, string transport, string model, bool hasMaterial = false, RunProfile? profile = null) : IAsyncDisposable
{
    public InferenceClient Client { get; } = client;

    public MpcProtocol Protocol { get; } = protocol;

    /// <summary>The number of parties, without a dealer.</summary>
    public int Parties { get; } = parties;

    /// <summary>Whether the parties started here use up stored material.</summary>
    public bool HasMaterial { get; } = hasMaterial;

    /// <summary>The profile that is wanted of the run.</summary>
    public RunProfile? Profile { get; } = profile;

    /// <summary>Whether a run that is profiled has one before it, so that the profile is not of a program's start; unless that would use up stored material.</summary>
    public bool WarmsUp => Profile is not null && !HasMaterial;

    public string Transport { get; } = transport;

    public string Model { get; } = model;

    /// <summary>0 for parties that hold the model already.</summary>
    public double SetupSeconds { get; } = cluster?.SetupSeconds ?? 0;

    /// <summary>Shows the profile that is wanted, and gives it for the report.</summary>
    public async Task<ProfileData?> FinishProfileAsync(CancellationToken cancellationToken) =>
        Profile is null ? null : ProfileData.Of(await Profile.FinishAsync(Parties, cancellationToken));

    public async ValueTask DisposeAsync()
    {
        await Client.DisposeAsync();
        if (cluster is not null)
        {
            await cluster.DisposeAsync();
        }

        Profile?.Dispose();
    }
}
