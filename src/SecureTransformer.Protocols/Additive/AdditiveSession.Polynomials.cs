using System.Runtime.InteropServices;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Additive;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Polynomials as chains of quadratic forms. Each value v is d + m with d public and the mask m shared: the input's d is opened, and each result's follows from what its truncation
/// opens (<see cref="PolynomialMaterial"/>). So a form is a public combination of masks, and what the dealer knows of products of masks: one round a step.
/// </content>
public sealed partial class AdditiveSession
{
    /// <inheritdoc/>
    /// <remarks>See <see cref="AdditiveCosts.Polynomial"/>.</remarks>
    protected override async ValueTask<SecretTensor> PolynomialCoreAsync(
        IReadOnlyList<PolynomialStep> steps, SecretTensor u, SecretTensor? addend, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(steps);
        ArgumentNullException.ThrowIfNull(u);
        if (PolynomialMaterial.Of(steps, u, addend) is not { } material)
        {
            return await base.PolynomialCoreAsync(steps, u, addend, cancellationToken).ConfigureAwait(false);
        }

        SecretTensor result = Allocate(u.Shape, steps[^1].ResultBits);
        await RunAsync(
            "polynomial",
            async ct =>
            {
                using var values = new OpenedValues(Pool, u.Shape.Count, material.Forms.Length);
                await EvaluateFormsAsync(material, u, addend, values, result, ct).ConfigureAwait(false);
                return true;
            },
            cancellationToken).ConfigureAwait(false);
        return result;
    }

    private async ValueTask EvaluateFormsAsync(
        PolynomialMaterial material, SecretTensor u, SecretTensor? addend, OpenedValues values, SecretTensor result, CancellationToken cancellationToken)
    {
        int count = u.Shape.Count;
        await _material.RequestAsync(material, cancellationToken).ConfigureAwait(false);
        StartInput();
        for (int i = 0; i < material.Forms.Length; i++)
        {
            int shift = material.Forms[i].Shift;
            bool last = i == material.Forms.Length - 1;
            for (int start = 0; start < count; start += Chunks.Size)
            {
                int at = start;
                int length = Math.Min(Chunks.Size, count - start);
                if (i == 0)
                {
                    await AddReceivedAsync(Operations.Multiply, () => values.Opened(0, at, length), length, xor: false, cancellationToken).ConfigureAwait(false);
                }

                using FrameBuffer? parts = material.Parts[i].Length == 0
                    ? null
                    : await _material.CorrectionAsync(material.PartBytes(i, length), cancellationToken).ConfigureAwait(false);
                Form(i, start, length, parts, last ? addend : null);
            }

            for (int start = 0; !last && start < count; start += Chunks.Size)
            {
                int length = Math.Min(Chunks.Size, count - start);
                using PeerFrames opened = await PeerFrames.ReceiveAsync(Peers, Operations.TruncateOpen, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
                using FrameBuffer? correction = await _material.CorrectionAsync(OutputMaterial.FrameBytes(length, shift), cancellationToken).ConfigureAwait(false);
                FinishValue(i + 1, start, length, shift, opened, correction);
            }
        }

        await FinishOutputAsync(result, material.Forms[^1].Shift, cancellationToken).ConfigureAwait(false);

        void StartInput()
        {
            foreach ((int start, int length) in new Chunks(count))
            {
                StartOpening(Shares(u, 0).Slice(start, length), values.Mask(0, start, length), values.Opened(0, start, length));
            }
        }

        // The own share of a form, but for the constant part of its masks: masked and sent.
        void Form(int step, int start, int length, FrameBuffer? parts, SecretTensor? joined)
        {
            bool last = step == material.Forms.Length - 1;
            Span<ulong> z = last ? Shares(result, 0).Slice(start, length) : values.Opened(step + 1, start, length);
            z.Fill(PartyId == 0 ? material.Forms[step].Constant : 0);
            if (joined is not null)
            {
                RingKernels.AddInto<ulong>(z, Shares(joined, 0).Slice(start, length));
            }

            AddForm(material.Forms[step], values, start, z);
            AddParts(material.Parts[step], values, start, parts, z);
            if (last)
            {
                StartOutput(result, start, length, material.Forms[step].Shift);
                return;
            }

            using SecretBuffer mask = Pool.Rent(length);
            _material.Fill(Purpose.OutputMask, mask.Span);
            RingKernels.AddInto<ulong>(z, mask.Span);
            SendToAll(Operations.TruncateOpen, z);
        }

        void FinishValue(int value, int start, int length, int shift, PeerFrames opened, FrameBuffer? correction)
        {
            Span<ulong> scratch = stackalloc ulong[2 * Block];
            for (int at = 0; at < length; at += Block)
            {
                int size = Math.Min(Block, length - at);
                Span<ulong> c = values.Opened(value, start + at, size);
                Span<ulong> w = scratch.Slice(size, size);
                opened.AddTo(c, at);
                OutputMaterial.Take(_material, correction, shift, length, at, scratch[..size], w);
                OutputMaterial.Split(c, scratch[..size], w, shift, values.Top(value, start + at, size), values.Mask(value, start + at, size));
            }

            scratch.Clear();
        }
    }

    /// <summary>z += K (d m' + d' m) and K m, and at party 0 also K d d' and K d.</summary>
    private void AddForm(QuadraticForm form, OpenedValues values, int start, Span<ulong> z)
    {
        Span<ulong> buffer = stackalloc ulong[2 * Block];
        for (int at = 0; at < z.Length; at += Block)
        {
            int length = Math.Min(Block, z.Length - at);
            Span<ulong> target = z.Slice(at, length);
            Span<ulong> own = buffer[..length];
            Span<ulong> known = buffer.Slice(Block, length);
            for (int value = 0; value < values.Count; value++)
            {
                // The factors of this value's mask and of its public part: a product's public part counts once, at its lower value.
                ulong linear = 0;
                foreach ((int of, ulong factor) in form.Linear)
                {
                    linear = of == value ? factor : linear;
                }

                bool used = linear != 0;
                own.Fill(linear);
                known.Fill(linear);
                foreach ((int left, int right, ulong factor) in form.Products)
                {
                    if (left == value)
                    {
                        used = true;
                        ReadOnlySpan<ulong> d = values.Opened(right, start + at, length);
                        RingKernels.MultiplyScalarAddInto(own, d, left == right ? unchecked(2 * factor) : factor);
                        RingKernels.MultiplyScalarAddInto(known, d, factor);
                    }
                    else if (right == value)
                    {
                        used = true;
                        RingKernels.MultiplyScalarAddInto(own, values.Opened(left, start + at, length), factor);
                    }
                }

                if (used)
                {
                    RingKernels.MultiplyAddInto<ulong>(target, own, values.Mask(value, start + at, length));
                    if (PartyId == 0)
                    {
                        RingKernels.MultiplyAddInto<ulong>(target, known, values.Opened(value, start + at, length));
                    }
                }
            }
        }
    }

    /// <summary>Adds the own shares of the parts whose tops are set.</summary>
    private void AddParts(PolynomialMaterial.TopPart[] parts, OpenedValues values, int start, FrameBuffer? correction, Span<ulong> z)
    {
        using SecretBuffer scratch = Pool.Rent(2L * z.Length);
        Span<ulong> share = scratch.Span[..z.Length];
        Span<byte> drawn = MemoryMarshal.AsBytes(scratch.Span[z.Length..]);
        ReadOnlySpan<byte> rest = correction is null ? default : correction.Span;
        foreach (PolynomialMaterial.TopPart part in parts)
        {
            int bytes = z.Length * part.Bytes;
            if (correction is null)
            {
                _material.Fill(Purpose.TopPart, drawn[..bytes]);
                NarrowWords.Read(drawn[..bytes], part.Bytes, share);
            }
            else
            {
                NarrowWords.Read(rest[..bytes], part.Bytes, share);
                rest = rest[bytes..];
            }

            RingKernels.ShiftLeft<ulong>(share, part.Zeros, share);
            RingKernels.And<ulong>(share, values.Top(part.Value, start, z.Length), share);
            if (part.Second != PolynomialMaterial.TopPart.None)
            {
                RingKernels.And<ulong>(share, values.Top(part.Second, start, z.Length), share);
            }

            RingKernels.AddInto<ulong>(z, share);
        }
    }

    /// <summary>Values as a public part, a share of a mask and, for results, the top bit of what was opened as a mask of ones.</summary>
    private sealed class OpenedValues(SecretBufferPool pool, int elements, int values) : IDisposable
    {
        private readonly SecretBuffer _words = pool.Rent(3L * values * elements);

        /// <summary>The input and all results but the last.</summary>
        public int Count { get; } = values;

        public Span<ulong> Opened(int value, int start, int length) => Row(3 * value, start, length);

        public Span<ulong> Mask(int value, int start, int length) => Row((3 * value) + 1, start, length);

        public Span<ulong> Top(int value, int start, int length) => Row((3 * value) + 2, start, length);

        public void Dispose() => _words.Dispose();

        private Span<ulong> Row(int row, int start, int length) => _words.Span.Slice(checked((int)(((long)row * elements) + start)), length);
    }
}
