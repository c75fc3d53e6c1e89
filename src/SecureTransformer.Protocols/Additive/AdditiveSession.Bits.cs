using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Additive;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Bits in XOR shares, and their products with numbers: with a dealt bit r, shared as a bit and as a number, e = b xor r is opened, and b = e + (1 - 2e) r. For b x also
/// d = x - a with a mask a, and r a dealt: r x = d r + r a.
/// </content>
public sealed partial class AdditiveSession
{
    /// <inheritdoc/>
    protected override async ValueTask AndCoreAsync(SecretBits x, SecretBits y, SecretBits result, CancellationToken cancellationToken)
    {
        int words = Shares(result, 0).Length;
        await _material.RequestAsync(new AndMaterial(words), cancellationToken).ConfigureAwait(false);
        for (int start = 0; start < words; start += Chunks.Size)
        {
            int at = start;
            int length = Math.Min(Chunks.Size, words - start);
            using var gates = new OpenGates(Pool, AndMaterial.Plan, length);
            StartGates(gates, operand => Shares(operand == 0 ? x : y, 0).Slice(at, length));
            await FinishGatesAsync(gates, () => Shares(result, 0).Slice(at, length), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override ValueTask ToArithmeticCoreAsync(SecretBits x, SecretTensor result, CancellationToken cancellationToken) =>
        MultiplyBitAsync(x, null, result, cancellationToken);

    /// <inheritdoc/>
    protected override ValueTask MultiplyBitCoreAsync(SecretBits bits, SecretTensor x, SecretTensor result, CancellationToken cancellationToken) =>
        MultiplyBitAsync(bits, x, result, cancellationToken);

    private async ValueTask MultiplyBitAsync(SecretBits bits, SecretTensor? x, SecretTensor result, CancellationToken cancellationToken)
    {
        int count = result.Shape.Count;
        int words = (count + 63) / 64;
        var material = new BitNumberMaterial(count, x is not null);
        await _material.RequestAsync(material, cancellationToken).ConfigureAwait(false);
        using SecretBuffer flips = Pool.Rent(words);
        using SecretBuffer opened = Pool.Rent(x is null ? 1 : count);
        Start();
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            int planes = (length + 63) / 64;
            using PeerFrames received = await PeerFrames.ReceiveAsync(
                Peers, Operations.OpenBit, (planes + (x is null ? 0 : length)) * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            using FrameBuffer? correction = await _material.CorrectionAsync(material.FrameBytes(length), cancellationToken).ConfigureAwait(false);
            Combine(start, length, received, correction);
        }

        void Start()
        {
            Span<ulong> buffer = stackalloc ulong[Block];
            foreach ((int start, int length) in new Chunks(count))
            {
                int planes = (length + 63) / 64;
                using PeerFrames frames = PeerFrames.Rent(Peers, (planes + (x is null ? 0 : length)) * sizeof(ulong));
                Span<ulong> flip = flips.Span.Slice(start / 64, planes);
                _material.Fill(Purpose.BitMask, flip);
                RingKernels.Xor<ulong>(flip, Shares(bits, 0).Slice(start / 64, planes), flip);
                frames.Write(0, flip);
                for (int at = 0; x is not null && at < length; at += Block)
                {
                    Span<ulong> d = opened.Span.Slice(start + at, Math.Min(Block, length - at));
                    Span<ulong> mask = buffer[..d.Length];
                    _material.Fill(Purpose.OperandMask, mask);
                    RingKernels.Subtract<ulong>(Shares(x, 0).Slice(start + at, d.Length), mask, d);
                    frames.Write(planes + at, d);
                }

                frames.Send(Peers, Operations.OpenBit);
            }

            buffer.Clear();
        }

        void Combine(int start, int length, PeerFrames received, FrameBuffer? correction)
        {
            Span<ulong> scratch = stackalloc ulong[2 * Block];
            int planes = (length + 63) / 64;
            Span<ulong> flip = flips.Span.Slice(start / 64, planes);
            received.XorTo(flip, 0);
            for (int at = 0; at < length; at += Block)
            {
                Span<ulong> z = Shares(result, 0).Slice(start + at, Math.Min(Block, length - at));
                Span<ulong> r = scratch[..z.Length];
                Span<ulong> e = scratch.Slice(Block, z.Length);
                _material.Take(Purpose.BitNumber, correction, at, r);
                if (x is null)
                {
                    r.CopyTo(z);
                }
                else
                {
                    // Corrections for the numbers come first in the frame, those for the products after them.
                    Span<ulong> d = opened.Span.Slice(start + at, z.Length);
                    received.AddTo(d, planes + at);
                    _material.Take(Purpose.BitProduct, correction, length + at, z);
                    RingKernels.MultiplyAddInto<ulong>(z, d, r);
                }

                // (1 - 2e) z + e x, with e as a mask of ones: (z xor e) - e + (x and e).
                BitMasks.Expand(flip, at, e);
                RingKernels.Xor<ulong>(z, e, z);
                RingKernels.SubtractInto<ulong>(z, e);
                if (x is not null)
                {
                    RingKernels.And<ulong>(e, Shares(x, 0).Slice(start + at, z.Length), e);
                    RingKernels.AddInto<ulong>(z, e);
                }
                else if (PartyId == 0)
                {
                    RingKernels.SubtractInto<ulong>(z, e);
                }
            }

            scratch.Clear();
        }
    }

    private delegate Span<ulong> PlaneOf(int plane);

    /// <summary>Masks the planes that a level of gates takes, and sends them.</summary>
    private void StartGates(OpenGates gates, PlaneOf plane)
    {
        int words = gates.Words;
        _material.Fill(Purpose.GateMask, gates.Masks.Span);
        for (int i = 0; i < gates.Plan.Operands.Length; i++)
        {
            Span<ulong> opened = gates.Opened.Span.Slice(i * words, words);
            RingKernels.Xor<ulong>(plane(gates.Plan.Operands[i]), gates.Masks.Span.Slice(i * words, words), opened);
        }

        SendToAll(Operations.And, gates.Opened.Span);
    }

    /// <summary>Opens the masked planes and writes this party's share of each gate.</summary>
    private async ValueTask FinishGatesAsync(OpenGates gates, WordsOf result, CancellationToken cancellationToken)
    {
        int count = gates.Plan.Gates.Length * gates.Words;
        await AddReceivedAsync(Operations.And, () => gates.Opened.Span, gates.Opened.Span.Length, xor: true, cancellationToken).ConfigureAwait(false);
        using FrameBuffer? correction = await _material.CorrectionAsync(count * sizeof(ulong), cancellationToken).ConfigureAwait(false);
        _material.Take(Purpose.GateProduct, correction, 0, result());
        GateMaterial.Combine(gates.Plan, gates.Masks.Span, gates.Opened.Span, PartyId == 0, result(), gates.Words);
    }

    /// <summary>The masks and the masked planes of a level of gates, between sending and receiving.</summary>
    private sealed class OpenGates(SecretBufferPool pool, GatePlan plan, int words) : IDisposable
    {
        public GatePlan Plan { get; } = plan;

        public int Words { get; } = words;

        public SecretBuffer Masks { get; } = pool.Rent((long)plan.Operands.Length * words);

        public SecretBuffer Opened { get; } = pool.Rent((long)plan.Operands.Length * words);

        public void Dispose()
        {
            Masks.Dispose();
            Opened.Dispose();
        }
    }
}
