namespace SecureTransformer.Architectures;

/// <summary>The blocks of a model, one after another: all in memory, or read from storage as they are needed.</summary>
internal abstract class LayerSource<TLayer> : IDisposable
    where TLayer : IDisposable
{
    /// <summary>The number of blocks.</summary>
    public abstract int Count { get; }

    /// <summary>A block, to be given back by <see cref="Return"/>. A pass asks for them in order.</summary>
    public abstract ValueTask<TLayer> RentAsync(int index, CancellationToken cancellationToken);

    /// <summary>Gives a block back.</summary>
    public abstract void Return(int index, TLayer layer);

    public abstract void Dispose();
}

/// <summary>Blocks that stand in memory.</summary>
internal sealed class ResidentLayers<TLayer>(IReadOnlyList<TLayer> layers) : LayerSource<TLayer>
    where TLayer : IDisposable
{
    public override int Count => layers.Count;

    public override ValueTask<TLayer> RentAsync(int index, CancellationToken cancellationToken) => ValueTask.FromResult(layers[index]);

    public override void Return(int index, TLayer layer)
    {
    }

    public override void Dispose()
    {
        foreach (TLayer layer in layers)
        {
            layer.Dispose();
        }
    }
}
