using System.Collections.Concurrent;
using SecureTransformer.Architectures;

namespace SecureTransformer.ShareFiles;

public sealed class StreamedLayersTests
{
    [Fact]
    public async Task Two_blocks_at_most_are_alive_and_each_is_read_ahead()
    {
        var read = new Reads();
        using (var layers = new StreamedLayers<Block>(4, read.ReadAsync))
        {
            for (int pass = 0; pass < 3; pass++)
            {
                for (int i = 0; i < 4; i++)
                {
                    Block block = await layers.RentAsync(i, default);
                    Assert.Equal(i, block.Index);
                    await read.UntilReadAsync((i + 1) % 4);
                    Assert.Equal(2, read.Alive);
                    layers.Return(i, block);
                }
            }

            // Nothing was read twice: the first block of a pass was read during the last of the pass before.
            Assert.Equal(13, read.Count);
        }

        Assert.Equal(0, read.Alive);
        Assert.Equal(2, read.MostAlive);
    }

    [Fact]
    public async Task A_pass_from_the_beginning_drops_what_was_read_for_another()
    {
        var read = new Reads();
        using (var layers = new StreamedLayers<Block>(4, read.ReadAsync))
        {
            layers.Return(0, await layers.RentAsync(0, default));
            layers.Return(1, await layers.RentAsync(1, default));
            Block block = await layers.RentAsync(0, default);
            Assert.Equal(0, block.Index);
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await layers.RentAsync(1, default));
            layers.Return(0, block);
        }

        Assert.Equal(0, read.Alive);
        Assert.InRange(read.MostAlive, 1, 2);
    }

    [Fact]
    public async Task What_cannot_be_read_is_an_error_of_the_pass_and_tried_again_by_the_next()
    {
        var read = new Reads { Broken = 1 };
        using (var layers = new StreamedLayers<Block>(3, read.ReadAsync))
        {
            for (int pass = 0; pass < 2; pass++)
            {
                layers.Return(0, await layers.RentAsync(0, default));
                await Assert.ThrowsAsync<InvalidDataException>(async () => await layers.RentAsync(1, default));
            }

            read.Broken = null;
            layers.Return(1, await layers.RentAsync(1, default));
        }

        Assert.Equal(0, read.Alive);
    }

    [Fact]
    public async Task Disposing_waits_for_what_is_being_read()
    {
        using var holding = new ManualResetEventSlim();
        var read = new Reads { Hold = holding };
        var layers = new StreamedLayers<Block>(3, read.ReadAsync);
        Task<Block> renting = layers.RentAsync(0, default).AsTask();
        await read.Begun.Task;
        Task disposing = Task.Run(layers.Dispose);
        await Task.Delay(50);
        Assert.False(disposing.IsCompleted);
        holding.Set();
        await disposing;
        await Record.ExceptionAsync(() => renting);
    }

    private sealed class Reads
    {
        private readonly ConcurrentDictionary<int, TaskCompletionSource> _done = [];
        private readonly Lock _gate = new();
        private int _reading;

        public int? Broken { get; set; }

        public ManualResetEventSlim? Hold { get; init; }

        public TaskCompletionSource Begun { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Alive { get; private set; }

        public int MostAlive { get; private set; }

        public int Count { get; private set; }

        public Task UntilReadAsync(int index) => _done.GetOrAdd(index, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task.WaitAsync(TimeSpan.FromSeconds(30));

        public async ValueTask<Block> ReadAsync(int index, CancellationToken cancellationToken)
        {
            Assert.Equal(1, Interlocked.Increment(ref _reading));
            try
            {
                Begun.TrySetResult();
                Hold?.Wait(CancellationToken.None);
                await Task.Yield();
                if (index == Broken)
                {
                    throw new InvalidDataException("broken");
                }

                lock (_gate)
                {
                    Count++;
                    MostAlive = Math.Max(MostAlive, ++Alive);
                }

                return new Block(index, this);
            }
            finally
            {
                Interlocked.Decrement(ref _reading);
                _done.GetOrAdd(index, static _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
            }
        }

        public void Gone(int index)
        {
            lock (_gate)
            {
                Alive--;
            }

            _done.TryRemove(index, out _);
        }
    }

    private sealed class Block(int index, Reads reads) : IDisposable
    {
        public int Index => index;

        public void Dispose() => reads.Gone(index);
    }
}
