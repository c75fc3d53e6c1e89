namespace SecureTransformer.Transport.Tests;

/// <content>A sender that lets a slow peer hold it up.</content>
public abstract partial class TransportContract
{
    [Fact]
    public async Task A_sender_that_waits_for_room_sends_more_than_the_queue_holds()
    {
        const int frames = 96, length = 1 << 20;
        await using TestNetwork network = await CreateAsync(2, new TransportOptions { MaxQueuedBytes = 16 << 20, ReadAheadBytes = 2 << 20 });
        ChannelSet[] sets = await network.OpenAsync();
        Task sending = Task.Run(async () =>
        {
            for (int i = 0; i < frames; i++)
            {
                await sets[0][1].WaitForRoomAsync();
                SendPattern(sets[0][1], (ushort)i, length);
            }
        });
        for (int i = 0; i < frames; i++)
        {
            await ReceiveAndDropAsync(sets[1][0], (ushort)i, length).WaitAsync(Patience);
        }

        await sending.WaitAsync(Patience);
        await DisposeAsync(sets);
        Assert.True(network.OutstandingFrames is null or 0);
    }

    [Fact]
    public async Task Room_is_there_at_once_when_nothing_is_queued()
    {
        await using TestNetwork network = await CreateAsync(2);
        ChannelSet[] sets = await network.OpenAsync();
        Assert.True(sets[0][1].WaitForRoomAsync().AsTask().IsCompletedSuccessfully);
        await DisposeAsync(sets);
    }

    [Fact]
    public async Task Waiting_for_room_ends_with_a_time_out_a_cancellation_or_the_channel()
    {
        await using TestNetwork network = await CreateAsync(
            2,
            new TransportOptions
            {
                MaxQueuedBytes = 64 << 20, ReadAheadBytes = 1 << 20, ReceiveTimeout = TimeSpan.FromMilliseconds(200), CloseTimeout = TimeSpan.FromMilliseconds(100),
            });
        ChannelSet[] sets = await network.OpenAsync();
        IChannel channel = sets[0][1];
        for (int i = 0; i < 32; i++)
        {
            SendPattern(channel, Operation, 1 << 20);
        }

        PeerTimeoutException slow = await Assert.ThrowsAsync<PeerTimeoutException>(async () => await channel.WaitForRoomAsync());
        Assert.Contains("party 1", slow.Message, StringComparison.Ordinal);
        using (var cancelling = new CancellationTokenSource())
        {
            ValueTask wait = channel.WaitForRoomAsync(cancelling.Token);
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await channel.WaitForRoomAsync());
            await cancelling.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await wait);
        }

        sets[1].Abort("enough");
        for (int i = 0; i < 32; i++)
        {
            try
            {
                // What the peer's end reads until it has the news may still make room for a while.
                await channel.WaitForRoomAsync();
                await Task.Delay(20);
            }
            catch (ProtocolException ended)
            {
                Assert.Contains("enough", ended.Message, StringComparison.Ordinal);
                await DisposeAsync(sets);
                return;
            }
            catch (PeerTimeoutException)
            {
            }
        }

        Assert.Fail("The wait did not learn that the peer had ended the session.");
    }

    [Fact]
    public async Task Waiting_for_room_ends_when_the_channel_is_disposed()
    {
        await using TestNetwork network = await CreateAsync(
            2, new TransportOptions { MaxQueuedBytes = 64 << 20, ReadAheadBytes = 1 << 20, CloseTimeout = TimeSpan.FromMilliseconds(100) });
        ChannelSet[] sets = await network.OpenAsync();
        for (int i = 0; i < 32; i++)
        {
            SendPattern(sets[0][1], Operation, 1 << 20);
        }

        Task wait = sets[0][1].WaitForRoomAsync().AsTask();
        await sets[0].DisposeAsync();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => wait.WaitAsync(Patience));
        await sets[1].DisposeAsync();
    }
}
