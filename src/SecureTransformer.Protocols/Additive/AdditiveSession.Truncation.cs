using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Additive;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Truncation with a known sign bit (Dalskov, Escudero, Keller 2020, eprint 2020/338, section 5.1), fused with the product before it; see <see cref="OutputMaterial"/>.
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
        using SecretBuffer mask = Pool.Rent(length);
        _material.Fill(Purpose.OutputMask, mask.Span);
        RingKernels.AddInto<ulong>(z, mask.Span);
        SendToAll(Operations.TruncateOpen, z);
    }

    /// <summary>Adds the part that the dealer knows, and truncates.</summary>
    private async ValueTask FinishOutputAsync(SecretTensor result, int shift, CancellationToken cancellationToken)
    {
        int count = result.Shape.Count;
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int at = start;
            int length = Math.Min(Chunks.Size, count - start);
            if (shift != 0)
            {
                await AddReceivedAsync(Operations.TruncateOpen, () => Shares(result, 0).Slice(at, length), length, xor: false, cancellationToken).ConfigureAwait(false);
            }

            using FrameBuffer? correction = await _material.CorrectionAsync(OutputMaterial.FrameBytes(length, shift), cancellationToken).ConfigureAwait(false);
            Finish(Shares(result, 0).Slice(at, length), shift, correction);
        }
    }

    private void Finish(Span<ulong> c, int shift, FrameBuffer? correction)
    {
        using SecretBuffer scratch = Pool.Rent(2L * c.Length);
        Span<ulong> u = scratch.Span[..c.Length];
        if (shift == 0)
        {
            _material.Take(Purpose.Product, correction, 0, u);
            RingKernels.AddInto<ulong>(c, u);
            return;
        }

        Span<ulong> w = scratch.Span[c.Length..];
        OutputMaterial.Take(_material, correction, shift, u, w);

        // The own share: -u - top w 2^(64-s), with top as a mask of ones.
        using SecretBuffer tops = Pool.Rent(c.Length);
        Span<ulong> top = tops.Span;
        RingKernels.AddScalar(c, 1UL << 62, c);
        RingKernels.ShiftRightArithmetic(c, 63, top);
        RingKernels.ShiftLeft<ulong>(w, 64 - shift, w);
        RingKernels.And<ulong>(w, top, w);
        RingKernels.AddInto<ulong>(u, w);
        if (PartyId != 0)
        {
            RingKernels.Negate<ulong>(u, c);
            return;
        }

        RingKernels.ShiftLeft<ulong>(c, 1, c);
        RingKernels.ShiftRightLogical<ulong>(c, shift + 1, c);
        RingKernels.AddScalar(c, unchecked(0UL - (1UL << (62 - shift))), c);
        RingKernels.ShiftLeft<ulong>(top, 63 - shift, top);
        RingKernels.SubtractInto<ulong>(c, top);
        RingKernels.SubtractInto<ulong>(c, u);
    }
}
