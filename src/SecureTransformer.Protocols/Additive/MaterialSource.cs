using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>
/// Where a party's correlated randomness comes from: its own shares of masks from a seed, and, at party 0 alone, corrections that make values which depend on all
/// masks come out right. What is drawn is drawn once, in the same order by all parties.
/// </summary>
internal abstract class MaterialSource(MaterialPlan? record) : IAsyncDisposable
{
    /// <summary>Says what the next operation needs; the same at all parties.</summary>
    public ValueTask RequestAsync(Material material, CancellationToken cancellationToken)
    {
        record?.Add(material.Describe());
        return RequestCoreAsync(material, cancellationToken);
    }

    /// <summary>The next words of this party's share of a mask.</summary>
    public abstract void Fill(Purpose purpose, Span<ulong> share);

    /// <summary>The next bytes of this party's share of a mask.</summary>
    public abstract void Fill(Purpose purpose, Span<byte> share);

    /// <summary>The next correction, at party 0; null at the others.</summary>
    public abstract ValueTask<FrameBuffer?> CorrectionAsync(int length, CancellationToken cancellationToken);

    /// <summary>Frees the seed, and tells the dealer that nothing more is wanted.</summary>
    public abstract ValueTask DisposeAsync();

    /// <summary>A share of a value that depends on masks: the correction where there is one, else drawn.</summary>
    public void Take(Purpose purpose, FrameBuffer? correction, int offset, Span<ulong> share)
    {
        if (correction is null)
        {
            Fill(purpose, share);
        }
        else
        {
            correction.Words.Slice(offset, share.Length).CopyTo(share);
        }
    }

    /// <summary>Says what the next operation needs.</summary>
    protected abstract ValueTask RequestCoreAsync(Material material, CancellationToken cancellationToken);
}
