namespace SecureTransformer.Numerics;

public sealed unsafe class SecretBufferPoolTests
{
    [Fact]
    public void Buffers_are_aligned_and_zero_also_when_used_before()
    {
        using SecretBufferPool pool = new();
        foreach (int length in (int[])[0, 1, 7, 63, 64, 65, 80, 81, 112, 113, 128, 129, 1000, 4096, 5000, 100_000])
        {
            for (int turn = 0; turn < 3; turn++)
            {
                using SecretBuffer buffer = pool.Rent(length);
                Assert.Equal(length, buffer.Span.Length);
                Assert.Equal(-1, buffer.Span.IndexOfAnyExcept(0UL));
                fixed (ulong* p = buffer.Span)
                {
                    Assert.Equal(0, (nint)p % SecretBufferPool.Alignment);
                }

                buffer.Span.Fill(ulong.MaxValue);
            }
        }

        Assert.Equal(0, pool.OutstandingCount);
        Assert.Equal(0, pool.OutstandingBytes);
    }

    [Fact]
    public void A_size_class_holds_the_length_and_wastes_at_most_a_quarter()
    {
        using SecretBufferPool pool = new();
        for (int length = 65; length < 3000; length++)
        {
            using SecretBuffer buffer = pool.Rent(length);
            Assert.InRange(pool.OutstandingBytes, 8L * length, 8L * length * 5 / 4);
        }
    }

    [Fact]
    public void Memory_is_used_again()
    {
        using SecretBufferPool pool = new();
        pool.Rent(1000).Dispose();
        long idle = pool.IdleBytes;
        Assert.True(idle >= 8000);
        using (SecretBuffer again = pool.Rent(1000))
        {
            Assert.Equal(0, pool.IdleBytes);
            Assert.Equal(1, pool.OutstandingCount);
            Assert.Equal(idle, pool.OutstandingBytes);
        }

        pool.Trim();
        Assert.Equal(0, pool.IdleBytes);
    }

    [Fact]
    public void Use_after_dispose_throws()
    {
        using SecretBufferPool pool = new();
        SecretBuffer buffer = pool.Rent(10);
        buffer.Dispose();
        buffer.Dispose();
        Assert.True(buffer.IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => buffer.Span.Length);
        Assert.Equal(0, pool.OutstandingCount);
    }

    [Fact]
    public void Disposing_the_pool_ends_its_buffers()
    {
        SecretBufferPool pool = new();
        SecretBuffer buffer = pool.Rent(10);
        pool.Dispose();
        pool.Dispose();
        Assert.Throws<ObjectDisposedException>(() => buffer.Span.Length);
        Assert.Throws<ObjectDisposedException>(() => pool.Rent(1));
        buffer.Dispose();
        Assert.Equal(0, pool.OutstandingCount);
    }

    [Fact]
    public void Wrong_lengths_are_refused()
    {
        using SecretBufferPool pool = new();
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(-1));
        Assert.Throws<ArgumentOutOfRangeException>(() => pool.Rent(1L << 31));
    }

    [Fact]
    public void Printing_shows_no_contents()
    {
        using SecretBufferPool pool = new();
        using SecretBuffer buffer = pool.Rent(3);
        buffer.Span.Fill(123456789);
        Assert.Equal("SecretBuffer[3]", buffer.ToString());
    }

    [Fact]
    public void Threads_never_share_a_buffer()
    {
        using SecretBufferPool pool = new();
        Parallel.For(0, 8, worker =>
        {
            for (int i = 0; i < 500; i++)
            {
                using SecretBuffer buffer = pool.Rent(64 + i % 100);
                Assert.Equal(-1, buffer.Span.IndexOfAnyExcept(0UL));
                buffer.Span.Fill((ulong)worker + 1);
                Assert.Equal(-1, buffer.Span.IndexOfAnyExcept((ulong)worker + 1));
            }
        });
        Assert.Equal(0, pool.OutstandingCount);
    }
}
