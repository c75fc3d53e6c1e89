using SecureTransformer.Gpu.OpenCl;
using SecureTransformer.Gpu.Products;
using SecureTransformer.Numerics;

namespace SecureTransformer.Gpu.Tests;

public class OpenClBackendTests
{
    [DeviceFact]
    public void Kernels_run_on_the_device()
    {
        using var backend = new OpenClBackend(Devices.First, measure: true);
        long before = backend.CompletedLaunches;
        TimeSpan time = backend.KernelTime;
        const int M = 300, K = 200, N = 100;
        using IPackedMatrix right = backend.Create(K, N);
        right.Write(0, 0, new MatrixView(TestPrg.Words(1, K * N), K, N));
        using (IPendingProduct product = backend.Begin(new MatrixView(TestPrg.Words(2, M * K), M, K), right))
        {
            product.Read(0, M, new ulong[M * N], N);
        }

        Assert.True(backend.CompletedLaunches > before, "No kernel has completed.");
        Assert.True(backend.KernelTime > time, "The device has measured no time.");
    }

    [DeviceFact]
    public void Every_tile_runs_with_its_own_kernel()
    {
        foreach (RingTile tile in RingTile.All.Where(t => t.Fits(Devices.First)))
        {
            using var backend = new OpenClBackend(Devices.First, measure: false, tile, null);
            using (IPendingProduct product = backend.BeginBatch(new BatchShape(3, 2, 2, 2), new ulong[12], new ulong[12]))
            {
                product.Read(0, 6, new ulong[12], 2);
            }

            // One of the constructor's own, one of the batch.
            Assert.Equal(2, backend.CompletedLaunches);
        }
    }

    [DeviceFact]
    public void A_matrix_too_large_for_the_device_is_refused_in_words()
    {
        using var backend = new OpenClBackend(Devices.First);
        int side = 1 << 20;
        OpenClException error = Assert.Throws<OpenClException>(() => backend.Create(side, side));
        Assert.Contains("Too little device memory", error.Message, StringComparison.Ordinal);
        Assert.Contains(Devices.First.Name, error.Message, StringComparison.Ordinal);
        Assert.Contains("8192 GiB", error.Message, StringComparison.Ordinal);
        using IPackedMatrix small = backend.Create(3, 4);
        Assert.Equal(3, small.Rows);
    }

    [DeviceFact]
    public void A_kernel_that_does_not_build_is_shown_with_the_log()
    {
        using ClContext context = ClContext.Create(Devices.First);
        OpenClException error = Assert.Throws<OpenClException>(() => ClKernel.Build(context, "__kernel void f() { undeclared_name = 1; }", "", "f"));
        Assert.Contains("does not build", error.Message, StringComparison.Ordinal);
        Assert.Contains("undeclared_name", error.Message, StringComparison.Ordinal);
        Assert.Contains(Devices.First.Name, error.Message, StringComparison.Ordinal);
        Assert.NotEqual(0, error.Status);
    }

    [DeviceFact]
    public void A_matrix_of_another_backend_on_the_same_device_is_refused()
    {
        using var one = new OpenClBackend(Devices.First);
        using var other = new OpenClBackend(Devices.First);
        using IPackedMatrix right = one.Create(1, 1);
        Assert.Contains("another backend", Assert.Throws<ArgumentException>(() => other.Begin(new MatrixView([1], 1, 1), right)).Message, StringComparison.Ordinal);
    }

    [DeviceFact]
    public void After_the_backend_what_it_made_can_be_disposed_and_nothing_begun()
    {
        var backend = new OpenClBackend(Devices.First);
        IPackedMatrix right = backend.Create(3, 4);
        IPackedMatrix unused = backend.Create(3, 4);
        IPendingProduct product = backend.Begin(new MatrixView(new ulong[6], 2, 3), right);
        unused.Dispose();
        backend.Dispose();
        backend.Dispose();
        Assert.Throws<ObjectDisposedException>(() => backend.Create(1, 1));
        Assert.Throws<ObjectDisposedException>(() => backend.Begin(new MatrixView(new ulong[6], 2, 3), right));
        Assert.Throws<ObjectDisposedException>(() => backend.BeginBatch(new BatchShape(1, 1, 1, 1), [1], [1]));
        Assert.Throws<ObjectDisposedException>(() => right.Write(0, 0, new MatrixView([1], 1, 1)));
        product.Dispose();
        right.Dispose();
    }

    [DeviceFact]
    public void A_right_hand_side_disposed_in_flight_is_kept_until_the_product_is_done()
    {
        using var backend = new OpenClBackend(Devices.First);
        const int M = 400, K = 100, N = 60;
        ulong[] a = TestPrg.Words(1, M * K);
        ulong[] b = TestPrg.Words(2, K * N);
        ulong[] expected = new ulong[M * N];
        RingMatrix.Multiply(new MatrixView(a, M, K), new MatrixView(b, K, N), expected, N);
        IPackedMatrix right = backend.Create(K, N);
        right.Write(0, 0, new MatrixView(b, K, N));
        using IPendingProduct product = backend.Begin(new MatrixView(a, M, K), right);
        right.Dispose();
        ulong[] actual = new ulong[M * N];
        product.Read(0, M, actual, N);
        Assert.Equal(expected, actual);
    }

    [DeviceFact]
    public unsafe void Memory_given_back_is_zero()
    {
        using ClContext context = ClContext.Create(Devices.First);
        using ClQueue queue = ClQueue.Create(context, false);
        using ClBuffer buffer = ClBuffer.Create(queue, 1024);
        ulong[] words = TestPrg.Words(1, 128);
        fixed (ulong* first = words)
        {
            context.Check(Cl.EnqueueWriteBuffer(queue, buffer, 1, 0, 1024, first, 0, null, null), "clEnqueueWriteBuffer");
            buffer.Clear(queue, 1016);
            context.Check(Cl.EnqueueReadBuffer(queue, buffer, 1, 0, 1024, first, 0, null, null), "clEnqueueReadBuffer");
        }

        Assert.All(words[..^1], word => Assert.Equal(0UL, word));
        Assert.NotEqual(0UL, words[^1]);
    }

    [DeviceFact]
    public unsafe void Staging_memory_used_again_is_zero()
    {
        using var backend = new OpenClBackend(Devices.First);
        ClStaging staging = backend.RentStaging(80_000);
        staging.Words[0] = staging.Words[9_999] = ulong.MaxValue;
        backend.ReturnStaging(staging, 80_000);
        ClStaging again = backend.RentStaging(80_000);
        Assert.Same(staging, again);
        Assert.True(new ReadOnlySpan<ulong>(again.Words, (int)(again.Bytes / sizeof(ulong))).IndexOfAnyExcept(0UL) < 0);
        backend.ReturnStaging(again, 80_000);
    }
}
