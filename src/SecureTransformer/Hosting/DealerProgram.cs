using System.Globalization;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>A dealer as a program.</summary>
public static class DealerProgram
{
    /// <summary>Runs the dealer of a network until cancelled.</summary>
    /// <param name="networkFile">The network file, which names the dealer.</param>
    /// <param name="keyFile">The dealer's key file.</param>
    /// <param name="options">Bounds and messages.</param>
    /// <param name="transport">Time-outs and bounds of the network.</param>
    /// <param name="cancellationToken">Stops the dealer.</param>
    /// <returns>The exit code: 0 after a clean stop, 1 after an error, which is logged.</returns>
    public static async Task<int> RunAsync(
        string networkFile, string keyFile, DealerHostOptions options, TransportOptions? transport = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            var description = NetworkDescription.Load(networkFile);
            using var identity = PartyIdentity.Load(keyFile);
            NetworkParty dealer = description.Dealer
                ?? throw new InvalidDataException($"{networkFile} names no dealer; make it with 'secure-transformer network --dealer HOST:PORT=FINGERPRINT'.");
            if (dealer.Fingerprint != identity.Fingerprint)
            {
                throw new InvalidDataException($"The key of {keyFile} is not that of the dealer of {networkFile}.");
            }

            IPartyEndpoint endpoint = TcpNetwork.StartParty(description, dealer.Id, identity, transport);
            var host = new DealerHost(endpoint, options);
            await using (host.ConfigureAwait(false))
            {
                await host.RunAsync(cancellationToken).ConfigureAwait(false);
            }

            return 0;
        }
        catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            DealerLog.Failed(options.Logger, error.Message);
            return 1;
        }
    }

    /// <summary>The arguments that <see cref="PartyProgram.TryRunAsync"/> takes for a dealer.</summary>
    internal static string[] ArgumentsOf(string networkFile, string keyFile, LocalClusterOptions options) =>
    [
        "dealer", "--exit-with-parent", "--network", networkFile, "--key", keyFile,
        "--timeout", options.TransportOptions.ReceiveTimeout.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        .. PartyProgram.EmulationOf(options),
    ];
}
