using System.Numerics;
using System.Runtime.InteropServices;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>
/// Material of a normalisation: a mask u of which x - u is opened, XOR shares of the unary codes of u's blocks, the gates of <see cref="LeadingZeroCircuit"/>; random bits,
/// also as numbers, that turn its results into numbers; and for each power of two, which is a number times a sum of bits, a mask of the number, and its products with
/// the random bits. In groups of <see cref="CompareMaterial.GroupSize"/> values.
/// </summary>
/// <remarks>A bit whose factors are all multiples of 2^t is dealt as a number modulo 2^(64-t), in whole bytes.</remarks>
internal sealed class NormalizeMaterial : Material
{
    public const int Kind = 10;

    private readonly int _count;
    private readonly int _first;
    private readonly bool _mayBeZero;

    public NormalizeMaterial(int count, int first, int width, bool mayBeZero, bool squareRoot)
    {
        _count = count;
        _first = first;
        _mayBeZero = mayBeZero;
        Width = width;
        Circuit = new LeadingZeroCircuit(first, width, mayBeZero);
        Levels = [.. Circuit.Levels.Select(gates => new GatePlan(gates))];
        bool[] halves = squareRoot ? [false, true] : [false];
        High = [.. halves.Select(half => Circuit.Linear(LeadingZeroTable.High(half)))];
        Low = [.. halves.Select(half => Circuit.Linear(LeadingZeroTable.Low(half)))];
        Odd = squareRoot ? Circuit.Linear(LeadingZeroTable.Odd) : null;
        NonZero = mayBeZero ? Circuit.Linear(LeadingZeroTable.NonZero) : null;
        NumberBytes = [.. Enumerable.Range(0, Circuit.Bits.Count).Select(BytesOf)];
        Products = [.. halves.SelectMany((_, p) => Enumerable.Range(LowBits, LeadingZeroCircuit.Within).Where(j => Low[p].Factors[j] != 0).Select(j => (p, j)))];
    }

    public LeadingZeroCircuit Circuit { get; }

    public IReadOnlyList<GatePlan> Levels { get; }

    /// <summary>The bits of x that matter.</summary>
    public int Width { get; }

    /// <summary>The number of groups.</summary>
    public int Groups => (_count + CompareMaterial.GroupSize - 1) / CompareMaterial.GroupSize;

    /// <summary>For the scale and, if wanted, its root: the number that the result bits give by a linear map, which is then multiplied by that of <see cref="Low"/>.</summary>
    public IReadOnlyList<(long Constant, long[] Factors)> High { get; }

    /// <summary>Maps of the bits from <see cref="LowBits"/> on.</summary>
    public IReadOnlyList<(long Constant, long[] Factors)> Low { get; }

    public (long Constant, long[] Factors)? Odd { get; }

    public (long Constant, long[] Factors)? NonZero { get; }

    /// <summary>The first of the bits that say where in its block the highest bit stands: the other bits are those of <see cref="High"/>.</summary>
    public int LowBits => Circuit.Bits.Count - LeadingZeroCircuit.Within;

    /// <summary>The bytes of each random bit as a number.</summary>
    public IReadOnlyList<int> NumberBytes { get; }

    /// <summary>The products of a power's number and a random bit that are dealt.</summary>
    public IReadOnlyList<(int Power, int Bit)> Products { get; }

    public static NormalizeMaterial Read(ref MaterialReader reader)
    {
        int count = reader.NextCount();
        int first = reader.Next(0, 60, "first bit");
        int width = reader.Next(first + 2, 62, "number of bits");
        return new NormalizeMaterial(count, first, width, reader.NextFlag("zero"), reader.NextFlag("square root"));
    }

    public override int[] Describe() => [Kind, _count, _first, Width, _mayBeZero ? 1 : 0, High.Count - 1];

    /// <summary>The values of a group.</summary>
    public int SizeOf(int group) => Math.Min(CompareMaterial.GroupSize, _count - (group * CompareMaterial.GroupSize));

    /// <summary>The bytes of a group's correction of numbers: products, then random bits.</summary>
    public int FrameBytes(int size) => size * ((Products.Count * sizeof(ulong)) + NumberBytes.Sum());

    public override async ValueTask DealAsync(DealerHand hand, CancellationToken cancellationToken)
    {
        for (int g = 0; g < Groups; g++)
        {
            int words = (SizeOf(g) + 63) / 64;
            FrameBuffer frame = await hand.RentAsync(Circuit.Layout.DealtPlanes * words * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            Encode(hand, SizeOf(g), frame.Words);
            hand.Send(frame);
        }

        foreach (GatePlan plan in Levels)
        {
            for (int g = 0; g < Groups; g++)
            {
                await GateMaterial.DealAsync(hand, plan, (SizeOf(g) + 63) / 64, cancellationToken).ConfigureAwait(false);
            }
        }

        for (int g = 0; g < Groups; g++)
        {
            FrameBuffer frame = await hand.RentAsync(FrameBytes(SizeOf(g)), cancellationToken).ConfigureAwait(false);
            DealNumbers(hand, SizeOf(g), frame.Span);
            hand.Send(frame);
        }
    }

    /// <summary>A party: its share of a product, by its place.</summary>
    public static void TakeProduct(MaterialSource source, FrameBuffer? correction, int product, Span<ulong> share)
    {
        if (correction is null)
        {
            source.Fill(Purpose.BitProduct, share);
            return;
        }

        int bytes = share.Length * sizeof(ulong);
        MemoryMarshal.Cast<byte, ulong>(correction.Span.Slice(product * bytes, bytes)).CopyTo(share);
    }

    /// <summary>A party: its share of a random bit as a number, of which the low bytes matter.</summary>
    public void TakeNumber(MaterialSource source, FrameBuffer? correction, int bit, Span<byte> scratch, Span<ulong> share)
    {
        int width = NumberBytes[bit];
        if (correction is null)
        {
            source.Fill(Purpose.BitNumber, scratch[..(share.Length * width)]);
            NarrowWords.Read(scratch[..(share.Length * width)], width, share);
            return;
        }

        int before = (Products.Count * sizeof(ulong)) + NumberBytes.Take(bit).Sum();
        NarrowWords.Read(correction.Span.Slice(share.Length * before, share.Length * width), width, share);
    }

    private int BytesOf(int bit)
    {
        IEnumerable<long> factors = High.Select(map => map.Factors[bit]).Append(NonZero?.Factors[bit] ?? 0).Where(f => f != 0);
        int zeros = bit >= LowBits ? 0 : factors.Select(BitOperations.TrailingZeroCount).DefaultIfEmpty(0).Min();
        return (64 - zeros + 7) / 8;
    }

    private void Encode(DealerHand hand, int size, Span<ulong> code)
    {
        int words = (size + 63) / 64;
        using SecretBuffer scratch = hand.Pool.Rent(size + (64L * words));
        Span<ulong> u = scratch.Span[..size];
        Span<ulong> bits = scratch.Span[size..];
        hand.Sum(Purpose.CompareMask, u);
        RingKernels.ShiftLeft<ulong>(u, Circuit.Shift, u);
        BitPlanes.Split(u, Circuit.Layout.Bits, bits, words);
        UnaryCode.EncodeBlocks(bits, Circuit.Layout, code, words);
        hand.CorrectXor(Purpose.CompareCode, code);
    }

    private void DealNumbers(DealerHand hand, int size, Span<byte> frame)
    {
        int words = (size + 63) / 64;
        using SecretBuffer bits = hand.Pool.Rent((long)Circuit.Bits.Count * words);
        using SecretBuffer scratch = hand.Pool.Rent((High.Count + 1L) * size);
        Span<ulong> number = scratch.Span[^size..];
        hand.SumXor(Purpose.BitMask, bits.Span);
        for (int p = 0; p < High.Count; p++)
        {
            hand.Sum(Purpose.OperandMask, scratch.Span.Slice(p * size, size));
        }

        foreach ((int power, int bit) in Products)
        {
            BitMasks.Expand(bits.Span.Slice(bit * words, words), 0, number);
            RingKernels.And<ulong>(number, scratch.Span.Slice(power * size, size), number);
            hand.Correct(Purpose.BitProduct, number);
            MemoryMarshal.AsBytes(number).CopyTo(frame);
            frame = frame[(size * sizeof(ulong))..];
        }

        for (int j = 0; j < NumberBytes.Count; j++)
        {
            BitMasks.Expand(bits.Span.Slice(j * words, words), 0, number);
            RingKernels.Negate<ulong>(number, number);
            hand.CorrectNarrow(Purpose.BitNumber, NumberBytes[j], number);
            NarrowWords.Write(number, NumberBytes[j], frame);
            frame = frame[(size * NumberBytes[j])..];
        }
    }
}
