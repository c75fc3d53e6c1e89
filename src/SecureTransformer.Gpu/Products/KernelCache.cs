using System.Collections.Concurrent;
using SecureTransformer.Gpu.OpenCl;

namespace SecureTransformer.Gpu.Products;

/// <summary>The kernels of a context, each built when it is first needed.</summary>
internal sealed class KernelCache(ClContext context) : IDisposable
{
    private readonly ConcurrentDictionary<(RingTile Tile, bool Transposed), Lazy<ClKernel>> _kernels = new();

    internal ClKernel Get(RingTile tile, bool transposed) =>
        _kernels.GetOrAdd((tile, transposed), key => new Lazy<ClKernel>(() => Build(key.Tile, key.Transposed))).Value;

    /// <summary>Whether the device has room for a tile's groups, also after the compiler has given out the registers.</summary>
    internal bool Runs(RingTile tile, bool transposed) => tile.Fits(context.Device) && Get(tile, transposed).LargestWorkGroup >= tile.GroupSize;

    public void Dispose()
    {
        foreach (Lazy<ClKernel> kernel in _kernels.Values)
        {
            if (kernel.IsValueCreated)
            {
                kernel.Value.Dispose();
            }
        }
    }

    private ClKernel Build(RingTile tile, bool transposed) => ClKernel.Build(context, Source("ring64.cl"), tile.BuildOptions(transposed), "ring_product");

    private static string Source(string name)
    {
        using Stream stream = typeof(KernelCache).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The assembly lacks {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
