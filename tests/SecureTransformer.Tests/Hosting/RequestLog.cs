using Microsoft.Extensions.Logging;

namespace SecureTransformer.Hosting;

/// <summary>What the parties log, to be waited for.</summary>
internal sealed class RequestLog : ILogger, IAsyncDisposable
{
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (_lock)
        {
            _lines.Add(formatter(state, exception));
        }
    }

    /// <summary>The first line with a text in it.</summary>
    public async Task<string> AwaitAsync(string text)
    {
        for (int i = 0; i < 1000; i++)
        {
            lock (_lock)
            {
                if (_lines.Find(l => l.Contains(text, StringComparison.Ordinal)) is { } line)
                {
                    return line;
                }
            }

            await Task.Delay(10);
        }

        lock (_lock)
        {
            throw new TimeoutException($"Nobody logged '{text}', but: {string.Join(" | ", _lines)}");
        }
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
