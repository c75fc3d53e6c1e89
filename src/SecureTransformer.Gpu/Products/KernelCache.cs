using System.Collections.Concurrent;
using SecureTransformer.Gpu.OpenCl;

namespace SecureTransformer.Gpu.Products;

/// <summary>The kernels of a context, each built when it is first needed.</summary>
internal sealed class KernelCache(ClContext context) : IDisposable
{
    private const string Product = "ring_product";
    private const string Sum = "sum_slices";

    private readonly ConcurrentDictionary<(string Name, RingTile Tile, bool Transposed), Lazy<ClKernel>> _kernels = new();

    /// <summary>Gets the kernel that adds up the slices of a product.</summary>
    internal ClKernel SumOfSlices => Get(Sum, RingTile.Direct, false);

    internal ClKernel Get(RingTile tile, bool transposed) => Get(Product, tile, transposed);

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

    private ClKernel Get(string name, RingTile tile, bool transposed) => _kernels.GetOrAdd(
        (name, tile, transposed),
        key => new Lazy<ClKernel>(() => ClKernel.Build(context, Source("ring64.cl"), key.Tile.BuildOptions(key.Transposed), key.Name))).Value;

    private static string Source(string name)
    {
        using Stream stream = typeof(KernelCache).Assembly.GetManifestResourceStream(name) ?? throw new InvalidOperationException($"The assembly lacks {name}.");
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
