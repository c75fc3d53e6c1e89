using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Additive;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Truncation with a known sign bit (Escudero, Ghosh, Keller, Rachuri, Scholl 2020, eprint 2020/338, section 5.1), fused with the product before it; see <see cref="OutputMaterial"/>.
/// </content>
/// <remarks>
/// With c = x + 2^62 + r opened and top its top bit, y = ((c shifted left by 1) shifted right by s + 1) + top 2^(63-s) - 2^(62-s) - u - top w 2^(64-s) is x / 2^s
/// rounded down or up. Error below one unit in the last place, mean zero, for x in [-2^62, 2^62).
/// </remarks>
public sealed partial class AdditiveSession
{
    /// <inheritdoc/>
    protected override async ValueTask TruncateCoreAsync(SecretTensor x, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        int count = Shares(x, 0).Length;
        Shares(x, 0).CopyTo(Shares(result, 0));
        if (shift == 0)
        {
            return;
        }

        await _material.RequestAsync(new TruncationMaterial(count, shift), cancellationToken).ConfigureAwait(false);
        foreach ((int start, int length) in new Chunks(count))
        {
            StartOutput(result, start, length, shift);
        }

        await FinishOutputAsync(result, shift, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>A chunk of the result but for the part that the dealer knows: masked and sent, unless nothing is truncated.</summary>
    private void StartOutput(SecretTensor result, int start, int length, int shift)
    {
        if (shift == 0)
        {
            return;
        }

        Span<ulong> z = Shares(result, 0).Slice(start, length);
        Span<ulong> buffer = stackalloc ulong[Block];
        using PeerFrames frames = PeerFrames.Rent(Peers, length * sizeof(ulong));
        for (int at = 0; at < length; at += Block)
        {
            MaskOutput(z.Slice(at, Math.Min(Block, length - at)), buffer, frames, at);
        }

        buffer.Clear();
        frames.Send(Peers, Operations.TruncateOpen);
    }

    /// <summary>A block of it, written into frames.</summary>
    private void MaskOutput(Span<ulong> z, Span<ulong> buffer, PeerFrames frames, int start)
    {
        Span<ulong> mask = buffer[..z.Length];
        _material.Fill(Purpose.OutputMask, mask);
        RingKernels.AddInto<ulong>(z, mask);
        frames.Write(start, z);
    }

    /// <summary>Adds the part that the dealer knows, and truncates.</summary>
    private async ValueTask FinishOutputAsync(SecretTensor result, int shift, CancellationToken cancellationToken)
    {
        int count = result.Shape.Count;
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            using PeerFrames? opened = shift == 0
                ? null
                : await PeerFrames.ReceiveAsync(Peers, Operations.TruncateOpen, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            using FrameBuffer? correction = await _material.CorrectionAsync(OutputMaterial.FrameBytes(length, shift), cancellationToken).ConfigureAwait(false);
            Finish(Shares(result, 0).Slice(start, length), shift, opened, correction);
        }
    }

    private void Finish(Span<ulong> result, int shift, PeerFrames? opened, FrameBuffer? correction)
    {
        Span<ulong> scratch = stackalloc ulong[2 * Block];
        for (int start = 0; start < result.Length; start += Block)
        {
            Span<ulong> c = result.Slice(start, Math.Min(Block, result.Length - start));
            Span<ulong> u = scratch[..c.Length];
            if (opened is null)
            {
                _material.Take(Purpose.Product, correction, start, u);
                RingKernels.AddInto<ulong>(c, u);
                continue;
            }

            Span<ulong> w = scratch.Slice(c.Length, c.Length);
            opened.AddTo(c, start);
            OutputMaterial.Take(_material, correction, shift, result.Length, start, u, w);
            OutputMaterial.Truncate(c, u, w, shift, PartyId == 0);
        }

        scratch.Clear();
    }
}
