using System.CommandLine;
using SecureTransformer.Transport;

namespace SecureTransformer.Cli.Commands;

/// <summary><c>keys</c>: make an identity.</summary>
internal static class KeysCommand
{
    public static Command Create()
    {
        var name = new Option<string>("--name") { Description = "A name for people, such as \"hospital a\".", Required = true };
        var output = new Option<FileInfo>("--out") { Description = "The key file to make; only you will be able to read it.", Required = true };
        var command = new Command("keys", "Make a key for a party, a model's owner or a client. Keep the file on this host; tell the others the fingerprint.") { name, output };
        command.SetAction(parsed =>
        {
            using var identity = PartyIdentity.Create(parsed.GetValue(name)!);
            identity.Save(parsed.GetValue(output)!.FullName);
            Console.WriteLine(identity.Fingerprint);
            Console.Error.WriteLine($"The key is in {parsed.GetValue(output)!.FullName}. Give the fingerprint above to whoever writes the network file (secure-transformer network).");
            return 0;
        });
        return command;
    }
}
