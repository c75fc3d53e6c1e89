using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.Logging;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>
/// A party as a program. A program whose <see cref="LocalCluster"/> starts parties
/// as processes calls <see cref="TryRunAsync"/> first, for the parties are this same program.
/// </summary>
public static class PartyProgram
{
    /// <summary>Runs as a party, or as the dealer, when the arguments ask for it.</summary>
    /// <param name="args">The program's arguments.</param>
    /// <returns>The exit code when this was one; null when the arguments ask for something else.</returns>
    public static async Task<int?> TryRunAsync(string[] args)
    {
        ArgumentNullException.ThrowIfNull(args);
        (string[] withProfile, string? conditions) = args is [.. var before, "--emulate", var emulated] ? (before, emulated) : (args, null);
        (string[] own, string? profiles) = withProfile is [.. var without, "--profile", var folder] ? (without, folder) : (withProfile, null);
        if (own is not [("party" or "dealer") and var role, "--exit-with-parent", "--network", var networkFile, "--key", var keyFile, "--timeout", var seconds, .. var rest]
            || (role == "party" ? rest is not (["--max-requests", _] or ["--max-requests", _, "--stream-weights" or "--material", _]) : rest.Length > 0))
        {
            return null;
        }

        // Ctrl-C reaches all processes of a terminal; the parent decides what it means.
        using var interrupts = PosixSignalRegistration.Create(PosixSignal.SIGINT, static signal => signal.Cancel = true);
        using var stopping = new CancellationTokenSource();
        _ = Task.Run(async () =>
        {
            // The parent holds the other end of standard input and never writes: it closes when the parent ends, however that happens.
            var buffer = new byte[64];
            Stream input = Console.OpenStandardInput();
            while (await input.ReadAsync(buffer).ConfigureAwait(false) > 0)
            {
            }

            await stopping.CancelAsync().ConfigureAwait(false);
            // What still runs then is not worth waiting for.
            await Task.Delay(TimeSpan.FromSeconds(3)).ConfigureAwait(false);
            Environment.Exit(0);
        });
        var timeout = TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture));
        var transport = new TransportOptions
        {
            ConnectTimeout = timeout,
            ReceiveTimeout = timeout,
            Conditions = conditions is null ? null : NetworkConditions.Parse(conditions),
        };
        if (role == "dealer")
        {
            return await DealerProgram.RunAsync(networkFile, keyFile, new DealerHostOptions { Logger = new ErrorLogger() }, transport, stopping.Token).ConfigureAwait(false);
        }

        var options = new PartyHostOptions
        {
            Logger = new ErrorLogger(),
            MaxConcurrentRequests = int.Parse(rest[1], CultureInfo.InvariantCulture),
            ShareDirectory = rest is [.., "--stream-weights", var shares] ? shares : null,
            MaterialDirectory = rest is [.., "--material", var material] ? material : null,
            ProfileDirectory = profiles,
        };
        return await RunAsync(networkFile, keyFile, options, transport, stopping.Token).ConfigureAwait(false);
    }

    /// <summary>The arguments that <see cref="TryRunAsync"/> takes.</summary>
    internal static string[] ArgumentsOf(int party, string networkFile, string keyFile, LocalClusterOptions options) =>
    [
        "party", "--exit-with-parent", "--network", networkFile, "--key", keyFile,
        "--timeout", options.TransportOptions.ReceiveTimeout.TotalSeconds.ToString(CultureInfo.InvariantCulture),
        "--max-requests", options.MaxConcurrentRequests.ToString(CultureInfo.InvariantCulture),
        .. options.ShareDirectoryOf(party) is { } shares ? (string[])["--stream-weights", shares] : [],
        .. options.MaterialDirectoryOf(party) is { } material ? (string[])["--material", material] : [],
        .. options.ProfileDirectoryOf(party) is { } profiles ? (string[])["--profile", profiles] : [],
        .. EmulationOf(options),
    ];

    /// <summary>The arguments that give a party or dealer the network that a cluster emulates.</summary>
    internal static string[] EmulationOf(LocalClusterOptions options) =>
        options.TransportOptions.Conditions is { } conditions ? ["--emulate", conditions.ToString()] : [];

    /// <summary>Runs a party until cancelled.</summary>
    /// <param name="networkFile">The network file; the party is the one whose fingerprint is that of the key.</param>
    /// <param name="keyFile">The party's key file.</param>
    /// <param name="options">Bounds and messages; who may load and ask is as the network file says.</param>
    /// <param name="transport">Time-outs and bounds of the network.</param>
    /// <param name="cancellationToken">Stops the party.</param>
    /// <returns>The exit code: 0 after a clean stop, 1 after an error, which is logged.</returns>
    public static async Task<int> RunAsync(
        string networkFile, string keyFile, PartyHostOptions options, TransportOptions? transport = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            var description = NetworkDescription.Load(networkFile);
            using var identity = PartyIdentity.Load(keyFile);
            NetworkParty party = description.Parties.FirstOrDefault(p => p.Fingerprint == identity.Fingerprint)
                ?? throw new InvalidDataException($"The key of {keyFile} belongs to no party of {networkFile}{(description.Dealer?.Fingerprint == identity.Fingerprint ? "; it is the dealer's" : "")}.");
            IPartyEndpoint endpoint = TcpNetwork.StartParty(description, party.Id, identity, transport);
            var host = new PartyHost(endpoint, options.For(description, transport));
            await using (host.ConfigureAwait(false))
            {
                await host.RunAsync(cancellationToken).ConfigureAwait(false);
            }

            return 0;
        }
        catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            PartyLog.Failed(options.Logger, error.Message);
            return 1;
        }
    }

    /// <summary>Warnings and errors as lines on standard error, which the parent shows with the party's name.</summary>
    private sealed class ErrorLogger : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel))
            {
                Console.Error.WriteLine(formatter(state, exception));
            }
        }
    }
}
