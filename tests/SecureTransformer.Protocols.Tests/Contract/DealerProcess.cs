using System.Diagnostics;
using System.Text;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>
/// Parties in this process, on TCP over TLS, and their dealer in another: the command-line tool. One dealer and one endpoint a party serve the sessions of all tests of a class.
/// </summary>
public abstract class DealerProcess(int parties) : IContractNetwork, IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("dealer-").FullName;
    private readonly StringBuilder _said = new();
    private readonly PartyIdentity[] _keys = [.. Enumerable.Range(0, parties + 2).Select(i => PartyIdentity.Create($"place {i}"))];
    private readonly List<IPartyEndpoint> _endpoints = [];
    private NetworkDescription? _description;
    private Process? _process;

    int IContractNetwork.PartyCount => parties;

    public Task InitializeAsync()
    {
        IReadOnlyList<int> ports = TcpNetwork.FindFreePorts(parties + 1);
        NetworkParty[] places =
            [.. ports.Select((port, i) => new NetworkParty { Id = i, Host = "127.0.0.1", Port = port, Fingerprint = _keys[i].Fingerprint })];
        _description = new NetworkDescription { Parties = places[..parties], Dealer = places[parties], Clients = [_keys[parties + 1].Fingerprint] };
        string network = Path.Combine(_folder, "network.json");
        string key = Path.Combine(_folder, "dealer.p12");
        _description.Save(network);
        _keys[parties].Save(key);
        _process = Start("dealer", "--network", network, "--key", key);
        for (int party = 0; party < parties; party++)
        {
            _endpoints.Add(TcpNetwork.StartParty(_description, party, _keys[party]));
        }

        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        bool lived = _process is { HasExited: false };
        _process?.Kill();
        foreach (IPartyEndpoint endpoint in _endpoints)
        {
            await endpoint.DisposeAsync();
        }

        Array.ForEach(_keys, key => key.Dispose());
        _process?.Dispose();
        Directory.Delete(_folder, recursive: true);
        lock (_said)
        {
            Assert.True(lived, $"The dealer ended before its parties: {_said}");
        }
    }

    IPartyEndpoint IContractNetwork.Party(int party) => _endpoints[party];

    IClientEndpoint IContractNetwork.Client() => TcpNetwork.CreateClient(_description!, _keys[parties + 1]);

    Task<long> IContractNetwork.DealAsync(SessionId id) => Task.FromResult(0L);

    Task IContractNetwork.CloseAsync(Exception? cause) => Task.CompletedTask;

    ValueTask IAsyncDisposable.DisposeAsync() => ValueTask.CompletedTask;

    private Process Start(params string[] arguments)
    {
        string host = Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet" ? path : "dotnet";
        var start = new ProcessStartInfo(host) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "secure-transformer.dll"));
        Array.ForEach(arguments, start.ArgumentList.Add);
        Process process = Process.Start(start)!;
        process.OutputDataReceived += (_, e) => Append(e.Data);
        process.ErrorDataReceived += (_, e) => Append(e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;

        void Append(string? line)
        {
            lock (_said)
            {
                _said.Append(line).Append('\n');
            }
        }
    }
}

public sealed class DealerProcessOfTwo() : DealerProcess(2);

public sealed class DealerProcessOfThree() : DealerProcess(3);

public sealed class DealerProcessOfFive() : DealerProcess(5);
