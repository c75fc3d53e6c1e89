using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <summary>Each party, and the dealer where there is one, a child process on loopback, with keys in a folder that only the user can read, removed afterwards.</summary>
internal sealed class ProcessCluster : IClusterBackend
{
    private readonly DirectoryInfo _folder;
    private readonly NetworkDescription _description;
    private readonly LocalClusterOptions _options;
    private readonly PartyIdentity _client = PartyIdentity.Create("client");
    private readonly List<PartyProcess> _parties = [];

    private ProcessCluster(LocalClusterOptions options)
    {
        _options = options;
        // On Unix the folder is made with access for its owner only.
        _folder = Directory.CreateTempSubdirectory("secure-transformer-");
        try
        {
            int count = options.PartyCount;
            var places = new NetworkParty[count + (options.HasDealer ? 1 : 0)];
            IReadOnlyList<int> ports = TcpNetwork.FindFreePorts(places.Length);
            for (int i = 0; i < places.Length; i++)
            {
                using var identity = PartyIdentity.Create(i < count ? $"party {i}" : "dealer");
                identity.Save(KeyOf(i, count));
                places[i] = new NetworkParty { Id = i, Host = "127.0.0.1", Port = ports[i], Fingerprint = identity.Fingerprint };
            }

            _description = new NetworkDescription
            {
                Parties = places[..count],
                Dealer = places.Length > count ? places[count] : null,
                Clients = [_client.Fingerprint],
                Owners = [_client.Fingerprint],
            };
            string network = Path.Combine(_folder.FullName, "network.json");
            _description.Save(network);
            for (int i = 0; i < places.Length; i++)
            {
                _parties.Add(i < count
                    ? PartyProcess.Start($"party {i}", PartyProgram.ArgumentsOf(i, network, KeyOf(i, count), options), options.Logger)
                    : PartyProcess.Start("the dealer", DealerProgram.ArgumentsOf(network, KeyOf(i, count), options), options.Logger));
            }
        }
        catch
        {
            Stop();
            throw;
        }
    }

    /// <exception cref="InvalidOperationException">This process is itself a party of a cluster.</exception>
    public static ProcessCluster Start(LocalClusterOptions options) => PartyProcess.IsChild
        ? throw new InvalidOperationException("This process was started as a party and would start parties in turn: a program that starts a cluster of processes calls PartyProgram.TryRunAsync(args) first, and ends when that returns an exit code.")
        : new ProcessCluster(options);

    public IClientEndpoint CreateClient() => TcpNetwork.CreateClient(_description, _client, _options.TransportOptions);

    /// <summary>The parties have read their keys; a kill from now on leaves no key behind.</summary>
    public void Started() => _folder.Delete(recursive: true);

    public async Task GuardAsync(Task work)
    {
        Task<int>[] exits = [.. _parties.Select(p => p.ExitedAsync())];
        Task first = await Task.WhenAny([work, .. exits]).ConfigureAwait(false);
        if (first != work)
        {
            PartyProcess party = _parties[Array.IndexOf(exits, first)];
            _ = work.ContinueWith(static failed => _ = failed.Exception, CancellationToken.None, TaskContinuationOptions.OnlyOnFaulted, TaskScheduler.Default);
            throw new IOException($"{party.Name} ended with exit code {await party.ExitedAsync().ConfigureAwait(false)}: {party.LastMessage}");
        }

        await work.ConfigureAwait(false);
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_parties.Select(p => p.StopAsync())).ConfigureAwait(false);
        Stop();
    }

    private void Stop()
    {
        foreach (PartyProcess party in _parties)
        {
            party.Dispose();
        }

        _client.Dispose();
        _folder.Refresh();
        if (_folder.Exists)
        {
            _folder.Delete(recursive: true);
        }
    }

    private string KeyOf(int place, int parties) => Path.Combine(_folder.FullName, place < parties ? $"party-{place}.p12" : "dealer.p12");
}
