using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>
/// All parties of a protocol, over memory if nothing else is said, each with two sessions: an outer one and, reading its secrets and sharing its pool, an inner one.
/// When the inner one is disposed no buffer may be outstanding, and at the end no frame, whether the program succeeded or not.
/// </summary>
internal sealed class Cluster(
    int partyCount,
    Cluster.Opener open,
    TransportOptions? transport = null,
    bool hasDealer = false,
    Func<int, bool, SessionOptions>? optionsOf = null,
    IContractNetwork? network = null)
{
    private readonly IContractNetwork _network = network ?? new MemoryParties(partyCount, hasDealer, transport);
    private Cluster? _recording;
    private string? _folder;
    private MaterialPlan[] _plans = [];

    public delegate Task<MpcSession> Opener(ChannelSet channels, SessionOptions options, MpcSession? parent);

    /// <summary>What the dealer sent in both sessions, once a run has ended; 0 for one in another process.</summary>
    public long DealerBytes { get; private set; }

    public static Cluster Of(MpcProtocol protocol, TransportOptions? transport = null, int? parties = null, int? threshold = null) =>
        new(
            MpcProtocols.PartyCountOf(protocol, parties),
            (channels, options, parent) => MpcProtocols.OpenSessionAsync(protocol, channels, options, parent),
            transport,
            MpcProtocols.HasDealer(protocol),
            threshold is null ? null : (_, _) => new SessionOptions { Threshold = threshold });

    /// <summary>Additive sharing on a network that stands already, with its dealer.</summary>
    public static Cluster On(IContractNetwork network) =>
        new(network.PartyCount, (channels, options, parent) => MpcProtocols.OpenSessionAsync(MpcProtocol.Additive, channels, options, parent), network: network);

    /// <summary>
    /// Additive sharing without a dealer: a program is first run with one, to see what it needs, and then from stored material: the inner session's run and the outer one's.
    /// </summary>
    public static Cluster OfStored(TransportOptions? transport, int parties)
    {
        MaterialPlan[] plans = [new(), new()];
        MaterialStore[] stores = new MaterialStore[parties];
        return new Cluster(parties, Open, transport, optionsOf: (party, _) => new SessionOptions { Material = stores[party] })
        {
            _recording = new Cluster(parties, Open, transport, hasDealer: true, (party, isInner) => new SessionOptions { Plan = party == 0 ? plans[isInner ? 0 : 1] : null }),
            _plans = plans,
            Stores = stores,
        };

        static Task<MpcSession> Open(ChannelSet channels, SessionOptions options, MpcSession? parent) =>
            MpcProtocols.OpenSessionAsync(MpcProtocol.Additive, channels, options, parent);
    }

    private MaterialStore[] Stores { get; init; } = [];

    public Task<T[]> RunAsync<T>(Func<MpcSession, Task<T>> program) => RunAsync((_, session) => program(session));

    /// <summary>Runs a program over the outer and the inner session of each party. The first failure that is no echo of another party's is thrown.</summary>
    public async Task<T[]> RunAsync<T>(Func<MpcSession, MpcSession, Task<T>> program)
    {
        if (_recording is null)
        {
            return await RunOnceAsync(program);
        }

        await _recording.RunAsync(program);
        _folder = Directory.CreateTempSubdirectory("material-").FullName;
        try
        {
            await MaterialStore.WriteAsync(_folder, "a test", [.. _plans.Where((plan, i) => i == 0 || plan.Count > 0)], partyCount);
            for (int party = 0; party < partyCount; party++)
            {
                Stores[party] = MaterialStore.Open(MaterialStore.PathOf(_folder, party));
            }

            return await RunOnceAsync(program);
        }
        finally
        {
            Array.ForEach(Stores, store => store?.Dispose());
            Directory.Delete(_folder, recursive: true);
        }
    }

    private async Task<T[]> RunOnceAsync<T>(Func<MpcSession, MpcSession, Task<T>> program)
    {
        (SessionId outer, SessionId inner) = (SessionId.New(), SessionId.New());
        var failures = new List<Exception>();
        var results = new T[partyCount];
        Task<long>[] dealers = [.. new[] { outer, inner }.Select(id => Task.Run(() => _network.DealAsync(id)))];
        await Task.WhenAll(Enumerable.Range(0, partyCount).Select(party => Task.Run(async () =>
        {
            try
            {
                results[party] = await RunPartyAsync(party, outer, inner, program);
            }
            catch (Exception error)
            {
                lock (failures)
                {
                    failures.Add(error);
                }
            }
        })));
        foreach (Task<long> dealer in dealers)
        {
            await ((Task)dealer).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (dealer.IsCompletedSuccessfully)
            {
                DealerBytes += dealer.Result;
            }
            else if (dealer.Exception is { } failure)
            {
                failures.Add(failure.InnerException!);
            }
        }

        Exception? cause = failures.Find(f => f is not ProtocolException and not IOException) ?? failures.FirstOrDefault();
        await _network.CloseAsync(cause);
        if (cause is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(cause);
        }

        return results;
    }

    private async Task<T> RunPartyAsync<T>(int party, SessionId outer, SessionId inner, Func<MpcSession, MpcSession, Task<T>> program)
    {
        ChannelSet outerChannels = await _network.Party(party).OpenSessionAsync(outer);
        ChannelSet innerChannels = await _network.Party(party).OpenSessionAsync(inner);
        MpcSession vault = await open(outerChannels, optionsOf?.Invoke(party, false) ?? new SessionOptions(), null);
        try
        {
            try
            {
                MpcSession session = await open(innerChannels, optionsOf?.Invoke(party, true) ?? new SessionOptions(), vault);
                await using (session)
                {
                    return await program(vault, session);
                }
            }
            finally
            {
                await innerChannels.DisposeAsync();
            }
        }
        catch
        {
            outerChannels.Abort("the program failed");
            throw;
        }
        finally
        {
            // What a program made in the outer session it disposes itself, so that this counts what the inner one left.
            int outstanding = vault.OutstandingBuffers;
            await vault.DisposeAsync();
            await outerChannels.DisposeAsync();
            Assert.Equal(0, outstanding);
        }
    }
}
