using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>All parties of a protocol in one process, over memory: for programs, tests and experiments on one machine. There is no privacy between parties that share a process.</summary>
public sealed class LocalParties : IAsyncDisposable
{
    private readonly Func<ChannelSet, SessionOptions, CancellationToken, Task<MpcSession>> _open;
    private readonly SessionOptions _options;
    private readonly InMemoryNetwork? _network;
    private readonly IReadOnlyList<IPartyEndpoint> _endpoints;
    private readonly bool _hasDealer;
    private readonly MaterialStore[] _stores;

    private LocalParties(
        Func<ChannelSet, SessionOptions, CancellationToken, Task<MpcSession>> open,
        SessionOptions? options,
        IReadOnlyList<IPartyEndpoint> endpoints,
        InMemoryNetwork? network,
        bool hasDealer,
        MaterialStore[]? stores = null)
    {
        _open = open;
        _options = options ?? new SessionOptions { MaxDegreeOfParallelism = Math.Max(1, Environment.ProcessorCount / endpoints.Count) };
        _options.Validate();
        _endpoints = endpoints;
        _network = network;
        _hasDealer = hasDealer;
        _stores = stores ?? [];
    }

    /// <summary>The number of parties.</summary>
    public int Count => _endpoints.Count - (_hasDealer ? 1 : 0);

    /// <summary>Sets up the parties of a protocol over memory, and its dealer where it has one.</summary>
    /// <param name="protocol">The protocol.</param>
    /// <param name="options">Fixed-point format and resources.</param>
    /// <param name="transport">Time-outs, bounds and emulated conditions.</param>
    /// <param name="parties">The number of parties, where the protocol does not fix it; by default its smallest.</param>
    public static LocalParties Create(MpcProtocol protocol, SessionOptions? options = null, TransportOptions? transport = null, int? parties = null)
    {
        int count = MpcProtocols.PartyCountOf(protocol, parties);
        _ = MpcProtocols.ThresholdOf(protocol, count, options?.Threshold);
        return Create(count, Opener(protocol), options, transport, MpcProtocols.HasDealer(protocol));
    }

    /// <summary>Sets up the parties of a protocol of one's own over memory.</summary>
    /// <param name="count">The number of parties.</param>
    /// <param name="open">Opens a party's session over its channels; the session owns them.</param>
    /// <param name="options">Fixed-point format and resources.</param>
    /// <param name="transport">Time-outs, bounds and emulated conditions.</param>
    public static LocalParties Create(
        int count, Func<ChannelSet, SessionOptions, CancellationToken, Task<MpcSession>> open, SessionOptions? options = null, TransportOptions? transport = null) =>
        Create(count, open, options, transport, hasDealer: false);

    /// <summary>Sets up parties over memory, each with its part of material that was made ahead of time (<see cref="MaterialStore"/>): those of the protocol that it is for, without a dealer.</summary>
    /// <param name="materialDirectory">The folder with a folder for each party.</param>
    /// <param name="options">Resources; the fractional bits are those of the material.</param>
    /// <param name="transport">Time-outs, bounds and emulated conditions.</param>
    /// <remarks>Each <see cref="RunAsync{T}"/> takes a run, once it needs one.</remarks>
    /// <exception cref="InvalidDataException">A file is missing or damaged.</exception>
    public static LocalParties Create(string materialDirectory, SessionOptions? options = null, TransportOptions? transport = null)
    {
        var stores = new List<MaterialStore>();
        try
        {
            do
            {
                stores.Add(MaterialStore.Open(MaterialStore.PathOf(materialDirectory, stores.Count)));
            }
            while (stores.Count < stores[0].Description.PartyCount);

            var network = new InMemoryNetwork(stores.Count, transport);
            IPartyEndpoint[] endpoints = [.. stores.Select((_, party) => network.Party(party))];
            return new LocalParties(Opener(stores[0].Description.Protocol), options, endpoints, network, hasDealer: false, [.. stores]);
        }
        catch
        {
            stores.ForEach(store => store.Dispose());
            throw;
        }
    }

    /// <summary>
    /// Sets up the parties of a protocol, and its dealer at the last endpoint where it has one, over endpoints of another network, such as TCP on loopback; the caller
    /// disposes them afterwards.
    /// </summary>
    /// <exception cref="ArgumentException">The number of endpoints is not that of the protocol's parties.</exception>
    public static LocalParties Create(MpcProtocol protocol, IReadOnlyList<IPartyEndpoint> endpoints, SessionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(endpoints);
        bool hasDealer = MpcProtocols.HasDealer(protocol);
        int dealers = hasDealer ? 1 : 0;
        (int least, int most) = MpcProtocols.PartyRangeOf(protocol);
        if (endpoints.Count - dealers < least || endpoints.Count - dealers > most)
        {
            throw new ArgumentException(
                $"{endpoints.Count} endpoints for a protocol of {least}{(most > least ? $" to {most}" : "")} parties{(hasDealer ? " and a dealer" : "")}.", nameof(endpoints));
        }

        _ = MpcProtocols.ThresholdOf(protocol, endpoints.Count - dealers, options?.Threshold);
        return new LocalParties(Opener(protocol), options, endpoints, null, hasDealer);
    }

    private static LocalParties Create(
        int count,
        Func<ChannelSet, SessionOptions, CancellationToken, Task<MpcSession>> open,
        SessionOptions? options,
        TransportOptions? transport,
        bool hasDealer)
    {
        ArgumentNullException.ThrowIfNull(open);
        var network = new InMemoryNetwork(count, transport, hasDealer);
        return new LocalParties(open, options, [.. Enumerable.Range(0, network.Party(0).PartyCount).Select(network.Party)], network, hasDealer);
    }

    /// <summary>Runs the same program at every party, each with its own session, and returns what each returned, by party.</summary>
    /// <remarks>When one party fails the others are told, and the failure that caused theirs is thrown.</remarks>
    public async Task<T[]> RunAsync<T>(Func<MpcSession, Task<T>> program, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(program);
        var id = SessionId.New();
        var failures = new List<Exception>();
        Task<T>[] parties = [.. Enumerable.Range(0, Count).Select(party => Task.Run(() => RunPartyAsync(party), CancellationToken.None))];
        Task dealer = _hasDealer ? Task.Run(DealAsync, CancellationToken.None) : Task.CompletedTask;
        try
        {
            await Task.WhenAll([.. parties, dealer]).ConfigureAwait(false);
            return await Task.WhenAll(parties).ConfigureAwait(false);
        }
        catch when (failures.Count > 0)
        {
            // What ends one party reaches the others as a peer's fault, perhaps before that party's own failure is noted here.
            Exception cause = failures.Find(f => f is not ProtocolException and not IOException) ?? failures.Find(f => f is ProtocolException) ?? failures[0];
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Capture(cause).Throw();
            throw;
        }

        async Task DealAsync()
        {
            try
            {
                ChannelSet channels = await _endpoints[Count].OpenSessionAsync(id, cancellationToken).ConfigureAwait(false);
                await Dealer.ServeAsync(channels, _options.MaxDegreeOfParallelism, cancellationToken: cancellationToken).ConfigureAwait(false);
            }
            catch (Exception error)
            {
                lock (failures)
                {
                    failures.Add(error);
                }

                throw;
            }
        }

        async Task<T> RunPartyAsync(int party)
        {
            try
            {
                ChannelSet channels = await _endpoints[party].OpenSessionAsync(id, cancellationToken).ConfigureAwait(false);
                try
                {
                    MpcSession session = await _open(channels, _stores.Length == 0 ? _options : _options.With(_stores[party]), cancellationToken).ConfigureAwait(false);
                    await using (session.ConfigureAwait(false))
                    {
                        return await program(session).ConfigureAwait(false);
                    }
                }
                catch (Exception error)
                {
                    channels.Abort($"its program failed with {error.GetType().Name}");
                    throw;
                }
                finally
                {
                    await channels.DisposeAsync().ConfigureAwait(false);
                }
            }
            catch (Exception error)
            {
                lock (failures)
                {
                    failures.Add(error);
                }

                throw;
            }
        }
    }

    /// <summary>Runs the same program at every party.</summary>
    /// <inheritdoc cref="RunAsync{T}(Func{MpcSession, Task{T}}, CancellationToken)"/>
    public Task RunAsync(Func<MpcSession, Task> program, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(program);
        return RunAsync(
            async session =>
            {
                await program(session).ConfigureAwait(false);
                return true;
            },
            cancellationToken);
    }

    private static Func<ChannelSet, SessionOptions, CancellationToken, Task<MpcSession>> Opener(MpcProtocol protocol) =>
        (channels, options, cancellationToken) => MpcProtocols.OpenSessionAsync(protocol, channels, options, null, cancellationToken);

    /// <summary>Frees the network over memory, and closes the material.</summary>
    public ValueTask DisposeAsync()
    {
        Array.ForEach(_stores, store => store.Dispose());
        return _network?.DisposeAsync() ?? ValueTask.CompletedTask;
    }
}
