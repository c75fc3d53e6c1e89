using System.CommandLine;
using SecureTransformer.Hosting;
using SecureTransformer.Models;
using SecureTransformer.Transport;

namespace SecureTransformer.Cli.Commands;

/// <summary><c>load</c>: the model's owner hands out weight shares.</summary>
internal static class LoadCommand
{
    public static Command Create()
    {
        var network = new Option<FileInfo>("--network") { Description = "The network file.", Required = true };
        var key = new Option<FileInfo>("--key") { Description = "The owner's key file; its fingerprint must be among the network file's owners.", Required = true };
        var model = new Option<DirectoryInfo>("--model") { Description = "Model directory: config.json and *.safetensors.", Required = true };
        Option<string> protocol = ProtocolOptions.CreateProtocol();
        Option<int?> parties = ProtocolOptions.CreateParties();
        parties.Description = "With --protocol additive or shamir: the number of parties; those of the network file if not given.";
        Option<int?> threshold = ProtocolOptions.CreateThreshold();
        threshold.Description = "With --protocol shamir: how many of the parties may collude; as the network file says if not given, or else the most, fewer than half.";
        var bits = new Option<int>("--precision-bits") { Description = "Fractional bits of the fixed-point numbers.", DefaultValueFactory = _ => 18 };
        Option<string> nonlinear = NonlinearOption.Create();
        Option<double> timeout = TimeoutOption.Create();
        var command = new Command("load", "Hand out secret shares of a model's weights to running parties. No party sees a weight.") { network, key, model, protocol, parties, threshold, bits, nonlinear, timeout };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var identity = PartyIdentity.Load(parsed.GetValue(key)!.FullName);
            var description = NetworkDescription.Load(parsed.GetValue(network)!.FullName);
            await using IClientEndpoint endpoint = TcpNetwork.CreateClient(description, identity, TimeoutOption.Transport(parsed.GetValue(timeout)));
            InferenceOptions options = ProtocolOptions.ValueOf(parsed, protocol, parties, threshold, bits, nonlinear, description);
            var progress = new ConsoleProgress();
            await ModelOwner.LoadAsync(endpoint, parsed.GetValue(model)!.FullName, options, progress, cancellationToken);
            progress.Clear();
            Console.WriteLine($"functions: {options.Nonlinear.For(ModelConfig.FromDirectory(parsed.GetValue(model)!.FullName))}");
            Console.WriteLine("The parties hold the model. Clients may ask now: secure-transformer infer --client FILE --text \"...\"");
            return 0;
        });
        return command;
    }
}
