namespace SecureTransformer.Transport.Tests;

/// <content>A dealer has the last place, clients do not reach it, and it opens the sessions that the parties have opened.</content>
public abstract partial class TransportContract
{
    [Fact]
    public async Task The_dealer_opens_what_the_parties_have_opened()
    {
        await using TestNetwork network = await CreateAsync(2, hasDealer: true);
        IPartyEndpoint dealer = network.Parties[2];
        Assert.All(network.Parties, place => Assert.Equal((3, true), (place.PartyCount, place.HasDealer)));
        Task<SessionId> next = dealer.AcceptSessionAsync();
        SessionId[] ids = [SessionId.New(), SessionId.New()];
        foreach (SessionId id in ids)
        {
            Task<ChannelSet>[] parties = [network.Parties[0].OpenSessionAsync(id), network.Parties[1].OpenSessionAsync(id)];
            Assert.Equal(id, await next.WaitAsync(Patience));
            Assert.All(parties, party => Assert.False(party.IsCompleted));
            next = dealer.AcceptSessionAsync();
            ChannelSet[] sets = [await dealer.OpenSessionAsync(id).WaitAsync(Patience), .. await Task.WhenAll(parties).WaitAsync(Patience)];
            Assert.All(sets, set => Assert.Equal(3, set.PartyCount));
            Assert.Equal("the dealer", sets[2][2].PeerName);
            SendPattern(sets[0][1], 1, 8);
            await ReceiveAndDropAsync(sets[2][2], 1, 8);
            SendPattern(sets[2][2], 2, 8);
            await ReceiveAndDropAsync(sets[0][1], 2, 8);
            await DisposeAsync(sets);
        }

        Assert.False(next.IsCompleted);
        await dealer.DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => next.WaitAsync(Patience));
        await Assert.ThrowsAsync<ObjectDisposedException>(() => dealer.AcceptSessionAsync());
    }

    [Fact]
    public async Task A_session_opened_without_waiting_to_accept_it_is_not_accepted_afterwards()
    {
        await using TestNetwork network = await CreateAsync(2, hasDealer: true);
        await DisposeAsync(await network.OpenAsync());
        using CancellationTokenSource source = new(TimeSpan.FromMilliseconds(50));
        OperationCanceledException error = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => network.Parties[2].AcceptSessionAsync(source.Token));
        Assert.Equal(source.Token, error.CancellationToken);
        Task<SessionId> next = network.Parties[2].AcceptSessionAsync();
        SessionId id = SessionId.New();
        Task<ChannelSet>[] parties = [network.Parties[0].OpenSessionAsync(id), network.Parties[1].OpenSessionAsync(id)];
        Assert.Equal(id, await next.WaitAsync(Patience));
        await DisposeAsync([await network.Parties[2].OpenSessionAsync(id), .. await Task.WhenAll(parties)]);
    }

    [Fact]
    public async Task A_session_that_one_party_alone_opens_ends_and_names_the_other()
    {
        await using TestNetwork network = await CreateAsync(2, new TransportOptions { ConnectTimeout = TimeSpan.FromMilliseconds(400) }, hasDealer: true);
        SessionId id = SessionId.New();
        Task<ChannelSet> alone = network.Parties[0].OpenSessionAsync(id);
        Assert.Equal(id, await network.Parties[2].AcceptSessionAsync().WaitAsync(Patience));
        PeerTimeoutException error = await Assert.ThrowsAsync<PeerTimeoutException>(() => network.Parties[2].OpenSessionAsync(id).WaitAsync(Patience));
        Assert.Contains("party 1", error.Message, StringComparison.Ordinal);
        await Assert.ThrowsAnyAsync<IOException>(() => alone.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_session_that_nobody_waits_for_any_more_is_not_accepted()
    {
        TimeSpan patience = TimeSpan.FromMilliseconds(100);
        await using TestNetwork network = await CreateAsync(2, new TransportOptions { ConnectTimeout = patience }, hasDealer: true);
        await Assert.ThrowsAnyAsync<IOException>(() => network.Parties[0].OpenSessionAsync(SessionId.New()).WaitAsync(Patience));

        // Over TCP the connection is kept for a while after its party has given up.
        await Task.Delay(4 * patience);
        using CancellationTokenSource source = new(patience);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => network.Parties[2].AcceptSessionAsync(source.Token));
    }

    [Fact]
    public async Task A_missing_dealer_is_named()
    {
        await using TestNetwork network = await CreateAsync(2, new TransportOptions { ConnectTimeout = TimeSpan.FromMilliseconds(400) }, hasDealer: true);
        SessionId id = SessionId.New();
        Task<ChannelSet> zero = network.Parties[0].OpenSessionAsync(id), one = network.Parties[1].OpenSessionAsync(id);
        PeerTimeoutException error = await Assert.ThrowsAsync<PeerTimeoutException>(() => zero.WaitAsync(Patience));
        Assert.Matches(@"the dealer( \([^ ]+\))? did not open session", error.Message);
        await Assert.ThrowsAnyAsync<IOException>(() => one.WaitAsync(Patience));
    }

    [Fact]
    public async Task A_silent_dealer_is_named()
    {
        await using TestNetwork network = await CreateAsync(2, new TransportOptions { ReceiveTimeout = TimeSpan.FromMilliseconds(50) }, hasDealer: true);
        ChannelSet[] sets = await network.OpenAsync();
        PeerTimeoutException error = await Assert.ThrowsAsync<PeerTimeoutException>(() => ReceiveAndDropAsync(sets[1][2], Operation, 8));
        Assert.Matches(@"^the dealer( \([^ ]+\))? sent nothing for 0\.04 s", error.Message);
        await DisposeAsync(sets);
    }

    [Fact]
    public async Task Parties_may_leave_the_dealer_out()
    {
        await using TestNetwork network = await CreateAsync(2, hasDealer: true);
        SessionId id = SessionId.New();
        ChannelSet[] sets = await Task.WhenAll(network.Parties[0].OpenSessionAsync(id, withDealer: false), network.Parties[1].OpenSessionAsync(id, withDealer: false)).WaitAsync(Patience);
        Assert.All(sets, set => Assert.Equal(2, set.PartyCount));
        SendPattern(sets[0][1], 1, 8);
        await ReceiveAndDropAsync(sets[1][0], 1, 8);
        await DisposeAsync(sets);
        await Assert.ThrowsAsync<InvalidOperationException>(() => network.Parties[2].OpenSessionAsync(SessionId.New(), withDealer: false));
    }

    [Fact]
    public async Task Clients_reach_the_parties_and_not_the_dealer()
    {
        await using TestNetwork network = await CreateAsync(2, hasDealer: true);
        await using IClientEndpoint client = network.Client();
        Assert.Equal(2, client.PartyCount);
        Task<ClientConnection[]> accepting = Task.WhenAll(network.Parties.Take(2).Select(p => p.AcceptClientAsync()));
        await using ClientChannels channels = await client.ConnectAsync(SessionId.New());
        Assert.Equal(2, channels.PartyCount);
        foreach (ClientConnection connection in await accepting.WaitAsync(Patience))
        {
            await connection.DisposeAsync();
        }

        InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(() => network.Parties[2].AcceptClientAsync());
        Assert.Contains("takes no clients", error.Message, StringComparison.Ordinal);
    }
}
