using System.CommandLine;
using SecureTransformer.Hosting;
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
        var protocol = new Option<string>("--protocol") { Description = "The protocol.", DefaultValueFactory = _ => "replicated" };
        var bits = new Option<int>("--precision-bits") { Description = "Fractional bits of the fixed-point numbers.", DefaultValueFactory = _ => 18 };
        Option<double> timeout = TimeoutOption.Create();
        protocol.AcceptOnlyFromAmong([.. ProtocolNames.All]);
        var command = new Command("load", "Hand out secret shares of a model's weights to running parties. No party sees a weight.") { network, key, model, protocol, bits, timeout };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            using var identity = PartyIdentity.Load(parsed.GetValue(key)!.FullName);
            await using IClientEndpoint endpoint = TcpNetwork.CreateClient(NetworkDescription.Load(parsed.GetValue(network)!.FullName), identity, TimeoutOption.Transport(parsed.GetValue(timeout)));
            var options = new InferenceOptions { Protocol = ProtocolNames.Parse(parsed.GetValue(protocol)!), FractionalBits = parsed.GetValue(bits) };
            var progress = new ConsoleProgress();
            await ModelOwner.LoadAsync(endpoint, parsed.GetValue(model)!.FullName, options, progress, cancellationToken);
            progress.Clear();
            Console.WriteLine("The parties hold the model. Clients may ask now: secure-transformer infer --client FILE --text \"...\"");
            return 0;
        });
        return command;
    }
}
