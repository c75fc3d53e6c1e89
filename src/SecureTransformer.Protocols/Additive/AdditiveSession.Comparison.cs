using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Additive;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Comparison with zero. With a mask u dealt, v = x - u is opened modulo 2^k for a value known to k bits, and the sign of x = u + v is u_{k-1} xor v_{k-1} xor the carry of the
/// k - 1 low bits. XOR shares of the unary codes of u's blocks of four bits are dealt; v being public, each party picks its share of generate and propagate of each block on
/// its own, and a tree of gates gives the carry. x is zero exactly when all blocks of u + (v - 1) propagate.
/// </content>
public sealed partial class AdditiveSession
{
    /// <inheritdoc/>
    protected override ValueTask LessThanZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) =>
        CompareAsync(x, width - 1, carry: true, result, cancellationToken);

    /// <inheritdoc/>
    protected override ValueTask EqualsZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) =>
        CompareAsync(x, width, carry: false, result, cancellationToken);

    private async ValueTask CompareAsync(SecretTensor x, int lowBits, bool carry, SecretBits result, CancellationToken cancellationToken)
    {
        var material = new CompareMaterial(x.Shape.Count, lowBits, carry);
        int width = (material.Bits + 7) / 8;
        var groups = new SharedPlanes[material.Groups];
        await _material.RequestAsync(material, cancellationToken).ConfigureAwait(false);
        using SecretBuffer v = Pool.Rent(x.Shape.Count);
        try
        {
            for (int g = 0; g < groups.Length; g++)
            {
                StartMasked(x, g * CompareMaterial.GroupSize, material.SizeOf(g), width, v);
            }

            for (int g = 0; g < groups.Length; g++)
            {
                int start = g * CompareMaterial.GroupSize;
                int size = material.SizeOf(g);
                await FinishMaskedAsync(start, size, width, v, cancellationToken).ConfigureAwait(false);
                groups[g] = new SharedPlanes(Pool, 1, size, material.Circuit.Planes, material.Levels.Select(l => l.Gates.Length).DefaultIfEmpty().Max());
                int length = material.CodePlanes * groups[g].Words * sizeof(ulong);
                using FrameBuffer? correction = await _material.CorrectionAsync(length, cancellationToken).ConfigureAwait(false);
                Pick(g, correction);
            }

            foreach (GatePlan plan in material.Levels)
            {
                await LevelAsync(groups, plan, cancellationToken).ConfigureAwait(false);
            }

            for (int g = 0; g < groups.Length; g++)
            {
                Span<ulong> target = Result(g);
                RingKernels.Xor<ulong>(target, groups[g].Of(0, material.Circuit.Outcome), target);
            }
        }
        finally
        {
            foreach (SharedPlanes? planes in groups)
            {
                planes?.Dispose();
            }
        }

        Span<ulong> Result(int group) => Shares(result, 0).Slice(group * CompareMaterial.GroupSize / 64, groups[group].Words);

        void Pick(int group, FrameBuffer? correction)
        {
            SharedPlanes planes = groups[group];
            CarryLayout layout = material.Circuit.Layout;
            int words = planes.Words;
            using SecretBuffer scratch = Pool.Rent((64L + material.CodePlanes) * words);
            Span<ulong> bits = scratch.Span[..(64 * words)];
            Span<ulong> code = scratch.Span[(64 * words)..];
            Span<ulong> opened = v.Span.Slice(group * CompareMaterial.GroupSize, planes.Count);
            if (!carry)
            {
                RingKernels.AddScalar(opened, ulong.MaxValue, opened);
            }

            BitPlanes.Split(opened, material.Bits, bits, words);
            _material.Take(Purpose.CompareCode, correction, 0, code);
            for (int b = 0; b < layout.Blocks; b++)
            {
                int size = layout.SizeOf(b);
                UnaryCode.Pick(
                    bits.Slice(b * CarryLayout.BlockBits * words, size * words),
                    size,
                    code.Slice(CarryLayout.DealtAt(b) * words, ((1 << size) - 1) * words),
                    constant: PartyId == 0,
                    Plane(planes, material.Circuit.Generate(b)),
                    Plane(planes, material.Circuit.Propagate(b)),
                    words);
            }

            if (carry)
            {
                Span<ulong> top = Result(group);
                code[(layout.DealtPlanes * words)..].CopyTo(top);
                if (PartyId == 0)
                {
                    RingKernels.Xor<ulong>(top, bits.Slice(layout.Bits * words, words), top);
                }
            }
        }
    }

    /// <summary>Sends this party's share of a run of x - u with a fresh mask u, of which so many low bytes matter; it also stays in <paramref name="opened"/>.</summary>
    private void StartMasked(SecretTensor x, int start, int size, int width, SecretBuffer opened)
    {
        Span<ulong> own = opened.Span.Slice(start, size);
        Span<ulong> buffer = stackalloc ulong[Block];
        using PeerFrames frames = PeerFrames.Rent(Peers, size * width);
        for (int at = 0; at < size; at += Block)
        {
            Span<ulong> part = own.Slice(at, Math.Min(Block, size - at));
            Span<ulong> mask = buffer[..part.Length];
            _material.Fill(Purpose.CompareMask, mask);
            RingKernels.Subtract<ulong>(Shares(x, 0).Slice(start + at, part.Length), mask, part);
            frames.WriteNarrow(at, width, part);
        }

        buffer.Clear();
        frames.Send(Peers, Operations.OpenCompared);
    }

    private async ValueTask FinishMaskedAsync(int start, int size, int width, SecretBuffer opened, CancellationToken cancellationToken)
    {
        foreach (IChannel peer in Peers)
        {
            using FrameBuffer frame = await peer.ReceiveAsync(Operations.OpenCompared, size * width, cancellationToken).ConfigureAwait(false);
            NarrowWords.AddShifted(frame.Span, width, 0, opened.Span.Slice(start, size));
        }
    }

    private static Span<ulong> Plane(SharedPlanes planes, int plane) => plane < 0 ? default : planes.Of(0, plane);

    /// <summary>One level of gates on the planes of all groups: one round.</summary>
    private async ValueTask LevelAsync(SharedPlanes[] groups, GatePlan plan, CancellationToken cancellationToken)
    {
        var gates = new OpenGates?[groups.Length];
        try
        {
            for (int g = 0; g < groups.Length; g++)
            {
                SharedPlanes planes = groups[g];
                gates[g] = new OpenGates(Pool, plan, planes.Words);
                StartGates(gates[g]!, plane => planes.Of(0, plane));
            }

            for (int g = 0; g < groups.Length; g++)
            {
                SharedPlanes planes = groups[g];
                await FinishGatesAsync(gates[g]!, () => planes.Level(plan.Gates.Length), cancellationToken).ConfigureAwait(false);
                planes.Place(plan.Gates, default);
            }
        }
        finally
        {
            foreach (OpenGates? open in gates)
            {
                open?.Dispose();
            }
        }
    }
}
