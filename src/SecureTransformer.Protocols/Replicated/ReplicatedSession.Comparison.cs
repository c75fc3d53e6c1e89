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

    /// <summary>The least words of a plane that are worth a thread; their masks begin at a block of a stream.</summary>
    private const int PlaneGrain = 64;

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
                PickCompared(x, g, circuit, groups[g], dealt);
            }

            IChannel other = PartyId == 1 ? Next : Previous;
            for (int level = 0; level < gates.Levels.Count; level++)
            {
                int[] opened = gates.Levels[level].Opened;
                foreach (MaskedPlanes planes in groups)
                {
                    using FrameBuffer? frame = opened.Length == 0
                        ? null
                        : await other.ReceiveAsync(Operations.CarryReshare, opened.Length * planes.Words * sizeof(ulong), cancellationToken).ConfigureAwait(false);
                    ComputeLevel(planes, gates, level, frame);
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
        long stride = Stride(words);
        MaskRange codeMasks = _withPrevious.Reserve(Purpose.CarryDeal, circuit.DealtPlanes * stride);
        MaskRange masks1 = _withNext.Reserve(Purpose.CarryReshare, gates.Opened * stride);
        MaskRange masks2 = _withPrevious.Reserve(Purpose.CarryReshare, gates.Opened * stride);
        using SecretBuffer scratch = Pool.Rent(count + ((circuit.Bits + (2L * gates.Opened) + 2) * words));
        FrameBuffer frame = Next.Rent(circuit.DealtPlanes * words * sizeof(ulong));
        InParallel(words, PlaneGrain, DealRun);
        Next.Send(frame, Operations.CarryDeal);

        void DealRun(int from, int size)
        {
            Span<ulong> bits = scratch.Span.Slice(count, circuit.Bits * words);
            Span<ulong> withPrevious = scratch.Span.Slice(count + bits.Length, gates.Opened * words);
            Span<ulong> withNext = scratch.Span.Slice(count + bits.Length + withPrevious.Length, (gates.Opened + 1) * words);
            Span<ulong> mask = scratch.Span[^words..].Slice(from, size);
            int elements = Math.Min(64 * size, count - (64 * from));
            Span<ulong> u = scratch.Span.Slice(64 * from, elements);
            RingKernels.Add<ulong>(Shares(x, 0).Slice(start + (64 * from), elements), Shares(x, 1).Slice(start + (64 * from), elements), u);
            BitPlanes.Split(u, circuit.Bits, bits[from..], words, circuit.Shift);

            Span<ulong> dealt = frame.Words;
            foreach (CompareBlock block in circuit.Blocks)
            {
                UnaryCode.Encode(bits[((block.Start * words) + from)..], block.Size, dealt[((block.Code * words) + from)..], size, words);
            }

            for (int m = 0; m < gates.Opened; m++)
            {
                masks1.Fill((m * stride) + from, withNext.Slice((m * words) + from, size));
                masks2.Fill((m * stride) + from, withPrevious.Slice((m * words) + from, size));
            }

            for (int r = 0; r < results.Length; r++)
            {
                int at = (gates.MaskOf(gates.Results[r]) * words) + from;
                withPrevious.Slice(at, size).CopyTo(Shares(results[r], 0)[((start / 64) + from)..]);
                withNext.Slice(at, size).CopyTo(Shares(results[r], 1)[((start / 64) + from)..]);
            }

            for (int m = 0; m < gates.Opened; m++)
            {
                Span<ulong> sum = withNext.Slice((m * words) + from, size);
                RingKernels.Xor<ulong>(sum, withPrevious.Slice((m * words) + from, size), sum);
            }

            if (circuit.TopBit >= 0)
            {
                ReadOnlySpan<ulong> top = bits.Slice((circuit.TopBit * words) + from, size);
                top.CopyTo(dealt[(((circuit.CodePlanes - 1) * words) + from)..]);
                top.CopyTo(withNext[((gates.Opened * words) + from)..]);
            }

            int product = circuit.CodePlanes;
            foreach ((int a, int b, int c) in gates.Products)
            {
                Span<ulong> target = dealt.Slice((product++ * words) + from, size);
                RingKernels.And<ulong>(withNext.Slice((a * words) + from, size), withNext.Slice((b * words) + from, size), target);
                if (c >= 0)
                {
                    RingKernels.And<ulong>(target, withNext.Slice((c * words) + from, size), target);
                }
            }

            for (int p = 0; p < circuit.DealtPlanes; p++)
            {
                Span<ulong> plane = dealt.Slice((p * words) + from, size);
                codeMasks.Fill((p * stride) + from, mask);
                RingKernels.Xor<ulong>(plane, mask, plane);
            }
        }
    }

    /// <summary>Parties 1 and 2: their shares of what the blocks' bits tell by v, and of the products of masks; sends what is opened first.</summary>
    private void PickCompared(SecretTensor x, int group, CompareCircuit circuit, MaskedPlanes planes, FrameBuffer? dealt)
    {
        int words = planes.Words;
        long stride = Stride(words);
        int codeWords = circuit.CodePlanes * words;
        MaskRange common = PartyId == 2 ? _withNext.Reserve(Purpose.CarryDeal, circuit.DealtPlanes * stride) : default;
        MaskRange masks = (PartyId == 1 ? _withPrevious : _withNext).Reserve(Purpose.CarryReshare, circuit.Gates.Opened * stride);
        using SecretBuffer scratch = Pool.Rent(planes.Count + ((circuit.Bits + 1L) * words) + (dealt is null ? codeWords : 0));
        FrameBuffer? next = RentOpened(planes, circuit.Gates, 0);
        InParallel(words, PlaneGrain, PickRun);
        SendOpened(next);

        void PickRun(int from, int size)
        {
            int elements = Math.Min(64 * size, planes.Count - (64 * from));
            Span<ulong> v = scratch.Span.Slice(64 * from, elements);
            Span<ulong> bits = scratch.Span.Slice(planes.Count, circuit.Bits * words);
            Span<ulong> below = scratch.Span.Slice(planes.Count + bits.Length + from, size);
            RingKernels.AddScalar(Shares(x, PartyId == 1 ? 1 : 0).Slice((group * GroupSize) + (64 * from), elements), circuit.Addend, v);
            BitPlanes.Split(v, circuit.Bits, bits[from..], words, circuit.Shift);
            Span<ulong> codes = dealt is null ? scratch.Span[^codeWords..] : dealt.Words;
            for (int p = 0; p < circuit.DealtPlanes; p++)
            {
                Span<ulong> product = p < circuit.CodePlanes ? default : planes.Products.Slice(((p - circuit.CodePlanes) * words) + from, size);
                if (dealt is null)
                {
                    common.Fill((p * stride) + from, p < circuit.CodePlanes ? codes.Slice((p * words) + from, size) : product);
                }
                else if (p >= circuit.CodePlanes)
                {
                    dealt.Words.Slice((p * words) + from, size).CopyTo(product);
                }
            }

            for (int m = 0; m < circuit.Gates.Opened; m++)
            {
                masks.Fill((m * stride) + from, planes.Masks.Slice((m * words) + from, size));
            }

            below.Clear();
            foreach (CompareBlock block in circuit.Blocks)
            {
                UnaryCode.Pick(
                    bits[((block.Start * words) + from)..],
                    block.Size,
                    codes[((block.Code * words) + from)..],
                    constant: PartyId == 1,
                    Run(block.Node.Generate),
                    Run(block.Node.Propagate),
                    Run(block.Node.Zero),
                    below,
                    size,
                    words);
            }

            if (circuit.TopBit >= 0)
            {
                // The top bits' XOR is v's top bit masked by u's.
                Span<ulong> top = bits.Slice((circuit.TopBit * words) + from, size);
                codes.Slice(codeWords - words + from, size).CopyTo(planes.MaskOf(circuit.Top)[from..]);
                top.CopyTo(Run(circuit.Top));
                if (circuit.NotTop >= 0)
                {
                    Span<ulong> notTop = Run(circuit.NotTop);
                    RingKernels.Xor<ulong>(top, below, notTop);
                    RingKernels.Not<ulong>(notTop, notTop);
                }
            }

            if (next is not null)
            {
                planes.StartOpening(circuit.Gates.Levels[0].Opened, from, size, next.Words);
            }

            Span<ulong> Run(int wire) => wire < 0 ? default : planes.Wire(wire).Slice(from, size);
        }
    }

    /// <summary>Parties 1 and 2: takes in what the other opened for a level, computes its gates, and sends what is opened for the next one.</summary>
    private void ComputeLevel(MaskedPlanes planes, MaskedCircuit gates, int level, FrameBuffer? opened)
    {
        FrameBuffer? next = RentOpened(planes, gates, level + 1);
        InParallel(planes.Words, PlaneGrain, (from, size) =>
        {
            if (opened is not null)
            {
                planes.FinishOpening(gates.Levels[level].Opened, from, size, opened.Words);
            }

            planes.Compute(gates.Levels[level].Gates, from, size);
            if (next is not null)
            {
                planes.StartOpening(gates.Levels[level + 1].Opened, from, size, next.Words);
            }
        });
        SendOpened(next);
    }

    /// <summary>A frame for what is opened for a level; null where that is nothing.</summary>
    private FrameBuffer? RentOpened(MaskedPlanes planes, MaskedCircuit gates, int level)
    {
        int wires = level < gates.Levels.Count ? gates.Levels[level].Opened.Length : 0;
        return wires == 0 ? null : (PartyId == 1 ? Next : Previous).Rent(wires * planes.Words * sizeof(ulong));
    }

    private void SendOpened(FrameBuffer? frame)
    {
        if (frame is not null)
        {
            (PartyId == 1 ? Next : Previous).Send(frame, Operations.CarryReshare);
        }
    }
}
