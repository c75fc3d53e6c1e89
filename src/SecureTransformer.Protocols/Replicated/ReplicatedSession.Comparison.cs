using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Replicated;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Comparisons. Party 0 knows u = x0 + x1, parties 1 and 2 know v = x2, both taken modulo 2^k for a value known to k bits. The sign of x is
/// u_{k-1} xor v_{k-1} xor the carry of the k - 1 low bits of u + v; <see cref="CompareCircuit"/> has equality and windows besides.
/// </content>
/// <remarks>
/// <para>The bits are cut into blocks, of three as a rule. For each, party 0 deals XOR shares of the unary code T_w = [u_block >= w] to parties 1 and 2 (to party 2
/// as randomness in common), who both know v and pick, each on its own, their share of generate = [u + v >= 8] = T_{8-v} and of propagate = [u + v = 7] = T_{7-v} xor T_{8-v}.
/// They evaluate a tree of gates on them under masks that party 0 knows, whose products it deals at once with the codes (<see cref="MaskedCircuit"/>). Party 0 receives nothing.</para>
/// <para>k = 32: 5 rounds, 17.9 bytes a value over all parties.</para>
/// </remarks>
public sealed partial class ReplicatedSession
{
    /// <summary>Elements of one group, whose planes are laid out together: a plane is 1,000 words, so that planes do not fall on the same cache lines.</summary>
    internal const int GroupSize = 64_000;

    private readonly Dictionary<(string Kind, int WindowBits, int Width, int SlackBits), CompareCircuit> _compareCircuits = [];

    /// <inheritdoc/>
    protected override ValueTask LessThanZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) =>
        LessThanZeroCoreAsync(x, width, 0, result, cancellationToken);

    /// <inheritdoc/>
    protected override ValueTask LessThanZeroCoreAsync(SecretTensor x, int width, int slackBits, SecretBits result, CancellationToken cancellationToken) =>
        CompareAsync(x, CircuitOf("sign", 0, width, slackBits), [result], cancellationToken);

    /// <inheritdoc/>
    protected override ValueTask EqualsZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) =>
        CompareAsync(x, CircuitOf("equality", 0, width, 0), [result], cancellationToken);

    /// <inheritdoc/>
    protected override ValueTask WindowCoreAsync(
        SecretTensor x, int windowBits, int width, int slackBits, SecretBits inside, SecretBits below, CancellationToken cancellationToken) =>
        CompareAsync(x, CircuitOf("window", windowBits, width, slackBits), [inside, below], cancellationToken);

    private CompareCircuit CircuitOf(string kind, int windowBits, int width, int slackBits)
    {
        if (!_compareCircuits.TryGetValue((kind, windowBits, width, slackBits), out CompareCircuit? circuit))
        {
            circuit = kind switch
            {
                "sign" => CompareCircuit.Sign(width, slackBits),
                "equality" => CompareCircuit.Equality(width),
                _ => CompareCircuit.Window(windowBits, width, slackBits),
            };
            _compareCircuits[(kind, windowBits, width, slackBits)] = circuit;
        }

        return circuit;
    }

    /// <summary>results = what the circuit tells of x.</summary>
    private async ValueTask CompareAsync(SecretTensor x, CompareCircuit circuit, SecretBits[] results, CancellationToken cancellationToken)
    {
        int count = (x.Shape.Count + GroupSize - 1) / GroupSize;
        if (PartyId == 0)
        {
            for (int g = 0; g < count; g++)
            {
                DealComparison(x, g, circuit, results);
            }

            return;
        }

        MaskedCircuit gates = circuit.Gates;
        var groups = new MaskedPlanes[count];
        try
        {
            for (int g = 0; g < count; g++)
            {
                groups[g] = new MaskedPlanes(Pool, gates, PartyId == 1, Math.Min(GroupSize, x.Shape.Count - (g * GroupSize)));
                int words = circuit.DealtPlanes * groups[g].Words;
                using FrameBuffer? dealt = PartyId == 2 ? null : await Previous.ReceiveAsync(Operations.CarryDeal, words * sizeof(ulong), cancellationToken).ConfigureAwait(false);
                PickCompared(x, g, circuit, groups[g], dealt is null ? default : dealt.Words);
                StartOpening(groups[g], gates.Levels[0].Opened);
            }

            IChannel other = PartyId == 1 ? Next : Previous;
            for (int level = 0; level < gates.Levels.Count; level++)
            {
                int[] opened = gates.Levels[level].Opened;
                foreach (MaskedPlanes planes in groups)
                {
                    if (opened.Length > 0)
                    {
                        using FrameBuffer frame = await other.ReceiveAsync(Operations.CarryReshare, opened.Length * planes.Words * sizeof(ulong), cancellationToken).ConfigureAwait(false);
                        planes.FinishOpening(opened, frame.Words);
                    }

                    planes.Compute(gates.Levels[level].Gates);
                    if (level + 1 < gates.Levels.Count)
                    {
                        StartOpening(planes, gates.Levels[level + 1].Opened);
                    }
                }
            }

            for (int g = 0; g < count; g++)
            {
                for (int r = 0; r < results.Length; r++)
                {
                    // Component 2, in common, is the masked value; the others are the masks.
                    int masked = PartyId == 1 ? 1 : 0;
                    int wire = gates.Results[r];
                    groups[g].Wire(wire).CopyTo(Shares(results[r], masked)[(g * GroupSize / 64)..]);
                    groups[g].MaskOf(wire).CopyTo(Shares(results[r], 1 - masked)[(g * GroupSize / 64)..]);
                }
            }
        }
        finally
        {
            foreach (MaskedPlanes? planes in groups)
            {
                planes?.Dispose();
            }
        }
    }

    /// <summary>
    /// Party 0: the unary codes of u's blocks, its top bit and the products of masks, all masked, to party 1; those masks are party 2's shares. The results' masks are its shares of them.
    /// </summary>
    private void DealComparison(SecretTensor x, int group, CompareCircuit circuit, SecretBits[] results)
    {
        MaskedCircuit gates = circuit.Gates;
        int start = group * GroupSize;
        int count = Math.Min(GroupSize, x.Shape.Count - start);
        int words = (count + 63) / 64;
        using SecretBuffer scratch = Pool.Rent(count + ((circuit.Bits + (2L * gates.Opened) + 2) * words));
        Span<ulong> u = scratch.Span[..count];
        Span<ulong> bits = scratch.Span.Slice(count, circuit.Bits * words);
        Span<ulong> withPrevious = scratch.Span.Slice(count + bits.Length, gates.Opened * words);
        Span<ulong> withNext = scratch.Span.Slice(count + bits.Length + withPrevious.Length, (gates.Opened + 1) * words);
        Span<ulong> mask = scratch.Span[^words..];
        RingKernels.Add<ulong>(Shares(x, 0).Slice(start, count), Shares(x, 1).Slice(start, count), u);
        BitPlanes.Split(u, circuit.Bits, bits, words, circuit.Shift);

        FrameBuffer frame = Next.Rent(circuit.DealtPlanes * words * sizeof(ulong));
        Span<ulong> dealt = frame.Words;
        foreach (CompareBlock block in circuit.Blocks)
        {
            UnaryCode.Encode(bits.Slice(block.Start * words, block.Size * words), block.Size, dealt.Slice(block.Code * words, block.CodePlanes * words), words);
        }

        _withPrevious.Fill(Purpose.CarryReshare, withPrevious);
        _withNext.Fill(Purpose.CarryReshare, withNext[..withPrevious.Length]);
        for (int r = 0; r < results.Length; r++)
        {
            int at = gates.MaskOf(gates.Results[r]) * words;
            withPrevious.Slice(at, words).CopyTo(Shares(results[r], 0)[(start / 64)..]);
            withNext.Slice(at, words).CopyTo(Shares(results[r], 1)[(start / 64)..]);
        }

        Span<ulong> masks = withNext[..withPrevious.Length];
        RingKernels.Xor<ulong>(masks, withPrevious, masks);
        if (circuit.TopBit >= 0)
        {
            ReadOnlySpan<ulong> top = bits.Slice(circuit.TopBit * words, words);
            top.CopyTo(dealt[((circuit.CodePlanes - 1) * words)..]);
            top.CopyTo(withNext[masks.Length..]);
        }

        int product = circuit.CodePlanes;
        foreach ((int a, int b, int c) in gates.Products)
        {
            Span<ulong> target = dealt.Slice(product++ * words, words);
            RingKernels.And<ulong>(withNext.Slice(a * words, words), withNext.Slice(b * words, words), target);
            if (c >= 0)
            {
                RingKernels.And<ulong>(target, withNext.Slice(c * words, words), target);
            }
        }

        for (int p = 0; p < circuit.DealtPlanes; p++)
        {
            Span<ulong> plane = dealt.Slice(p * words, words);
            _withPrevious.Fill(Purpose.CarryDeal, mask);
            RingKernels.Xor<ulong>(plane, mask, plane);
        }

        Next.Send(frame, Operations.CarryDeal);
    }

    /// <summary>Parties 1 and 2: their shares of what the blocks' bits tell by v, and of the products of masks.</summary>
    private void PickCompared(SecretTensor x, int group, CompareCircuit circuit, MaskedPlanes planes, ReadOnlySpan<ulong> dealt)
    {
        int words = planes.Words;
        int codeWords = circuit.CodePlanes * words;
        using SecretBuffer scratch = Pool.Rent(planes.Count + ((circuit.Bits + 1L) * words) + (PartyId == 2 ? codeWords : 0));
        Span<ulong> v = scratch.Span[..planes.Count];
        Span<ulong> bits = scratch.Span.Slice(planes.Count, circuit.Bits * words);
        Span<ulong> below = scratch.Span.Slice(planes.Count + bits.Length, words);
        RingKernels.AddScalar(Shares(x, PartyId == 1 ? 1 : 0).Slice(group * GroupSize, planes.Count), circuit.Addend, v);
        BitPlanes.Split(v, circuit.Bits, bits, words, circuit.Shift);
        if (PartyId == 2)
        {
            Span<ulong> codes = scratch.Span[^codeWords..];
            FillPlanes(codes);
            FillPlanes(planes.Products);
            dealt = codes;
        }
        else
        {
            dealt[codeWords..].CopyTo(planes.Products);
        }

        (PartyId == 1 ? _withPrevious : _withNext).Fill(Purpose.CarryReshare, planes.Masks);
        below.Clear();
        foreach (CompareBlock block in circuit.Blocks)
        {
            UnaryCode.Pick(
                bits.Slice(block.Start * words, block.Size * words),
                block.Size,
                dealt.Slice(block.Code * words, block.CodePlanes * words),
                constant: PartyId == 1,
                planes.Wire(block.Node.Generate),
                planes.Wire(block.Node.Propagate),
                planes.Wire(block.Node.Zero),
                below,
                words);
        }

        if (circuit.TopBit >= 0)
        {
            // The top bits' XOR is v's top bit masked by u's.
            Span<ulong> top = bits.Slice(circuit.TopBit * words, words);
            dealt.Slice(codeWords - words, words).CopyTo(planes.MaskOf(circuit.Top));
            top.CopyTo(planes.Wire(circuit.Top));
            if (circuit.NotTop >= 0)
            {
                Span<ulong> notTop = planes.Wire(circuit.NotTop);
                RingKernels.Xor<ulong>(top, below, notTop);
                RingKernels.Not<ulong>(notTop, notTop);
            }
        }

        // Plane by plane as at party 0: a stream goes on at whole blocks.
        void FillPlanes(Span<ulong> target)
        {
            for (int at = 0; at < target.Length; at += words)
            {
                _withNext.Fill(Purpose.CarryDeal, target.Slice(at, words));
            }
        }
    }

    private void StartOpening(MaskedPlanes planes, int[] wires)
    {
        if (wires.Length == 0)
        {
            return;
        }

        IChannel other = PartyId == 1 ? Next : Previous;
        FrameBuffer frame = other.Rent(wires.Length * planes.Words * sizeof(ulong));
        planes.StartOpening(wires, frame.Words);
        other.Send(frame, Operations.CarryReshare);
    }
}
