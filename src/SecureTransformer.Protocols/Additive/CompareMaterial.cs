using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>
/// Material of a comparison: a mask u of which x - u is opened, XOR shares of the unary codes of u's low blocks and, for a sign, of its top bit, and the gates of the
/// tree. In groups of <see cref="GroupSize"/> values.
/// </summary>
internal sealed class CompareMaterial : Material
{
    public const int Kind = 7;

    /// <summary>Elements of one group, whose planes are laid out together: a plane is 1,000 words, so that planes do not fall on the same cache lines.</summary>
    public const int GroupSize = 64_000;

    private readonly int _count;
    private readonly bool _carry;

    public CompareMaterial(int count, int lowBits, bool carry)
    {
        _count = count;
        _carry = carry;
        Circuit = new CarryCircuit(new CarryLayout(lowBits), carry);
        Levels = [.. Circuit.Levels.Select(gates => new GatePlan(gates))];
    }

    public CarryCircuit Circuit { get; }

    public IReadOnlyList<GatePlan> Levels { get; }

    /// <summary>The number of groups.</summary>
    public int Groups => (_count + GroupSize - 1) / GroupSize;

    /// <summary>The planes of the codes and, last, that of the top bit.</summary>
    public int CodePlanes => Circuit.Layout.DealtPlanes + (_carry ? 1 : 0);

    /// <summary>The bits of x that matter.</summary>
    public int Bits => Circuit.Layout.Bits + (_carry ? 1 : 0);

    public static CompareMaterial Read(ref MaterialReader reader)
    {
        int count = reader.NextCount();
        int bits = reader.Next(1, 64, "number of bits");
        bool carry = reader.NextFlag("carry");
        return new CompareMaterial(count, Math.Min(bits, carry ? 63 : 64), carry);
    }

    public override int[] Describe() => [Kind, _count, Circuit.Layout.Bits, _carry ? 1 : 0];

    /// <summary>The values of a group.</summary>
    public int SizeOf(int group) => Math.Min(GroupSize, _count - (group * GroupSize));

    public override async ValueTask DealAsync(DealerHand hand, CancellationToken cancellationToken)
    {
        for (int g = 0; g < Groups; g++)
        {
            int size = SizeOf(g);
            FrameBuffer frame = await hand.RentAsync(CodePlanes * ((size + 63) / 64) * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            Encode(hand, size, frame.Words);
            hand.Send(frame);
        }

        foreach (GatePlan plan in Levels)
        {
            for (int g = 0; g < Groups; g++)
            {
                await GateMaterial.DealAsync(hand, plan, (SizeOf(g) + 63) / 64, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private void Encode(DealerHand hand, int size, Span<ulong> code)
    {
        int words = (size + 63) / 64;
        using SecretBuffer scratch = hand.Pool.Rent(size + (64L * words));
        Span<ulong> u = scratch.Span[..size];
        Span<ulong> bits = scratch.Span[size..];
        hand.Sum(Purpose.CompareMask, u);
        BitPlanes.Split(u, Bits, bits, words);
        UnaryCode.EncodeBlocks(bits, Circuit.Layout, code, words);
        if (_carry)
        {
            bits.Slice(Circuit.Layout.Bits * words, words).CopyTo(code[(Circuit.Layout.DealtPlanes * words)..]);
        }

        hand.CorrectXor(Purpose.CompareCode, code);
    }
}
