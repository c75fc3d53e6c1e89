namespace SecureTransformer.Transport.Tests;

/// <summary>Sixteen parties on one host: of the last of them, fifteen others want a link at once, in each of several sessions.</summary>
[Collection(OverTcp.Name)]
public sealed class ManyPartiesTests
{
    private const int Count = 16;

    [Fact]
    public async Task Sixteen_parties_on_one_host_open_several_sessions_at_once_and_none_is_turned_away()
    {
        var log = new CountingLogger();
        await using var network = new TcpTestNetwork(Count, new TransportOptions { Logger = log });
        ChannelSet[][] sessions = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => network.OpenAsync()));
        foreach (ChannelSet[] sets in sessions)
        {
            for (int from = 0; from < Count; from++)
            {
                for (int to = 0; to < Count; to++)
                {
                    if (from != to)
                    {
                        FrameBuffer frame = sets[from][to].Rent(2);
                        (frame.Span[0], frame.Span[1]) = ((byte)from, (byte)to);
                        sets[from][to].Send(frame, 3);
                    }
                }
            }

            for (int to = 0; to < Count; to++)
            {
                for (int from = 0; from < Count; from++)
                {
                    if (from != to)
                    {
                        using FrameBuffer frame = await sets[to][from].ReceiveAsync(3, 2);
                        Assert.Equal((from, to), (frame.Span[0], frame.Span[1]));
                    }
                }
            }
        }

        await Task.WhenAll(sessions.SelectMany(sets => sets).Select(set => set.DisposeAsync().AsTask()));
        Assert.Equal(0, log.Warnings);
    }

    private sealed class CountingLogger : Microsoft.Extensions.Logging.ILogger
    {
        private int _warnings;

        public int Warnings => _warnings;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(Microsoft.Extensions.Logging.LogLevel logLevel) => true;

        public void Log<TState>(
            Microsoft.Extensions.Logging.LogLevel logLevel,
            Microsoft.Extensions.Logging.EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter)
        {
            if (logLevel >= Microsoft.Extensions.Logging.LogLevel.Warning)
            {
                Interlocked.Increment(ref _warnings);
            }
        }
    }
}
