using System.CommandLine;
using System.Globalization;
using SecureTransformer.Transport;

namespace SecureTransformer.Cli.Commands;

/// <summary><c>network</c>: write the one file that all hosts share.</summary>
internal static class NetworkCommand
{
    public static Command Create()
    {
        var parties = new Option<string[]>("--party") { Description = "HOST:PORT=FINGERPRINT, once for each party, in order.", Required = true, AllowMultipleArgumentsPerToken = true };
        var dealer = new Option<string?>("--dealer") { Description = "HOST:PORT=FINGERPRINT of the dealer, for --protocol additive." };
        var threshold = new Option<int?>("--threshold") { Description = "How many of the parties may collude, for --protocol shamir: the parties refuse a model whose owner says otherwise." };
        var clients = new Option<string[]>("--client") { Description = "Fingerprint of a client that the parties serve; any number.", AllowMultipleArgumentsPerToken = true };
        var owners = new Option<string[]>("--owner") { Description = "Fingerprint of a model's owner, who may hand the parties a model; any number.", AllowMultipleArgumentsPerToken = true };
        var output = new Option<FileInfo>("--out") { Description = "The network file to write.", Required = true };
        var command = new Command("network", "Write the network file: parties, addresses and key fingerprints. It holds nothing secret; copy it to every host.") { parties, dealer, threshold, clients, owners, output };
        command.SetAction(parsed =>
        {
            string[] described = parsed.GetValue(parties)!;
            var network = new NetworkDescription
            {
                Parties = [.. described.Select((text, id) => Parse(text, id))],
                Dealer = parsed.GetValue(dealer) is { } place ? Parse(place, described.Length) : null,
                Threshold = parsed.GetValue(threshold),
                Clients = parsed.GetValue(clients) ?? [],
                Owners = parsed.GetValue(owners) ?? [],
            };
            network.Validate();
            network.Save(parsed.GetValue(output)!.FullName);
            Console.Error.WriteLine("Next, on each party's host: secure-transformer check --network FILE --key FILE, then secure-transformer party --network FILE --key FILE.");
            if (network.Dealer is not null)
            {
                Console.Error.WriteLine("On the dealer's host: secure-transformer dealer --network FILE --key FILE.");
            }

            return 0;
        });
        return command;
    }

    private static NetworkParty Parse(string text, int id)
    {
        int equals = text.IndexOf('=', StringComparison.Ordinal);
        int colon = equals < 0 ? -1 : text.LastIndexOf(':', equals);
        if (colon <= 0 || !int.TryParse(text.AsSpan(colon + 1, equals - colon - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int port))
        {
            throw new ArgumentException($"'{text}' is not of the form HOST:PORT=FINGERPRINT.");
        }

        return new NetworkParty { Id = id, Host = text[..colon].Trim('[', ']'), Port = port, Fingerprint = text[(equals + 1)..] };
    }
}
