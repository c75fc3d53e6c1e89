using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>
/// All parties of a protocol over memory, each with two sessions: an outer one and, reading its secrets and sharing its pool, an inner one.
/// When the inner one is disposed no buffer may be outstanding, and at the end no frame, whether the program succeeded or not.
/// </summary>
internal sealed class Cluster(int partyCount, Cluster.Opener open, TransportOptions? transport = null, bool hasDealer = false)
{
    public delegate Task<MpcSession> Opener(ChannelSet channels, SessionOptions options, MpcSession? parent);

    /// <summary>The parties' places and, last, the dealer's.</summary>
    public InMemoryNetwork Network { get; } = new(partyCount + (hasDealer ? 1 : 0), transport);

    /// <summary>What the dealer sent in both sessions, once a run has ended.</summary>
    public long DealerBytes { get; private set; }

    public static Cluster Of(MpcProtocol protocol, TransportOptions? transport = null, int? parties = null) =>
        new(
            MpcProtocols.PartyCountOf(protocol, parties),
            (channels, options, parent) => MpcProtocols.OpenSessionAsync(protocol, channels, options, parent),
            transport,
            MpcProtocols.HasDealer(protocol));

    public Task<T[]> RunAsync<T>(Func<MpcSession, Task<T>> program) => RunAsync((_, session) => program(session));

    /// <summary>Runs a program over the outer and the inner session of each party. The first failure that is no echo of another party's is thrown.</summary>
    public async Task<T[]> RunAsync<T>(Func<MpcSession, MpcSession, Task<T>> program)
    {
        (SessionId outer, SessionId inner) = (SessionId.New(), SessionId.New());
        var failures = new List<Exception>();
        var results = new T[partyCount];
        Task<long>[] dealers = [.. hasDealer ? new[] { outer, inner }.Select(id => Task.Run(() => DealAsync(id))) : []];
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
        await Network.DisposeAsync();
        Assert.True(Network.OutstandingFrames == 0, $"{Network.OutstandingFrames} frames were outstanding at the end ({cause?.Message}).");
        if (cause is not null)
        {
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(cause);
        }

        return results;
    }

    private async Task<long> DealAsync(SessionId id)
    {
        ChannelSet channels = await Network.Party(partyCount).OpenSessionAsync(id);
        await Dealer.ServeAsync(channels);
        return channels.Meter.BytesSentTotal;
    }

    private async Task<T> RunPartyAsync<T>(int party, SessionId outer, SessionId inner, Func<MpcSession, MpcSession, Task<T>> program)
    {
        var options = new SessionOptions();
        ChannelSet outerChannels = await Network.Party(party).OpenSessionAsync(outer);
        ChannelSet innerChannels = await Network.Party(party).OpenSessionAsync(inner);
        MpcSession vault = await open(outerChannels, options, null);
        try
        {
            try
            {
                MpcSession session = await open(innerChannels, options, vault);
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
