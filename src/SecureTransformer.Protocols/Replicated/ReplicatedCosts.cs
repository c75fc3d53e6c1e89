using System.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Replicated;

namespace SecureTransformer.Protocols;

/// <summary>
/// The exact cost of each operation of <see cref="ReplicatedSession"/> as a function of its public arguments. Tests compare it with the meter.
/// An operation that follows another may start before the parties it does not wait for are done, so rounds in a sequence are at most the sum.
/// </summary>
public static class ReplicatedCosts
{
    private const int Word = sizeof(ulong);

    /// <summary>Sharing values of one party: 8 bytes an element.</summary>
    public static OperationCost Input(int count) => new(1, Words(count));

    /// <summary>Sharing values of one party in an order it does not know: 24 bytes an element.</summary>
    public static OperationCost InputShuffled(int count) => new(2, 3 * Words(count));

    /// <summary>Opening numbers to all parties (24 bytes an element) or to one (8).</summary>
    public static OperationCost Reveal(int count, bool toAll = true) => new(1, Words(count) * (toAll ? 3 : 1));

    /// <summary>Opening bits to all parties: 3 words for each 64 bits begun.</summary>
    public static OperationCost RevealBits(int count) => new(1, 3 * Plane(count));

    /// <summary>Values from a client or a model owner: 16 bytes an element and four seeds from there, and three digests between the parties.</summary>
    public static OperationCost Import(int count) => new(2, (2 * Words(count)) + (4 * 16) + (3 * 32));

    /// <summary>Comparing public bytes: everyone sends a digest to everyone.</summary>
    public static OperationCost Agree() => new(1, 6 * 32);

    /// <summary>What the parties send to a client: 24 bytes an element.</summary>
    public static OperationCost Export(int count) => new(1, 3 * Words(count));

    /// <summary>
    /// Products, inner products and matrix products with so many result elements: 24 bytes an element and one round without truncation;
    /// with it 24 + 3 ceil((shift + 1) / 8) bytes and two rounds.
    /// </summary>
    /// <param name="count">The number of result elements, whatever the inner extent.</param>
    /// <param name="shift">The fractional bits that are truncated, 0 to 62.</param>
    /// <param name="ringBits">
    /// How many bits of the sum are known, a multiple of 8 from 24 to 64: with fewer than 64 the result is brought into the whole ring, at
    /// 2 ringBits / 8 + 8 + 3 ceil((shift + 65 - ringBits) / 8) bytes, whatever the shift up to ringBits - 2.
    /// </param>
    public static OperationCost Product(int count, int shift, int ringBits = 64)
    {
        var layout = new TruncationLayout(shift, ringBits);
        return layout.Shift == 0 ? new OperationCost(1, 3 * Words(count)) : Truncate(count, shift, ringBits);
    }

    /// <summary>Truncation of values that are already shared; nothing for a shift of zero in the whole ring.</summary>
    /// <inheritdoc cref="Product"/>
    public static OperationCost Truncate(int count, int shift, int ringBits = 64)
    {
        var layout = new TruncationLayout(shift, ringBits);
        return layout.Shift == 0
            ? default
            : new OperationCost(2, Words(count) / Word * ((2 * layout.OpenedBytes) + layout.CorrectionBytes + (2 * layout.BitBytes)));
    }

    /// <summary>Truncation that always rounds down: a truncation, a comparison and a conversion; nothing for a shift of zero.</summary>
    /// <inheritdoc cref="Product"/>
    public static OperationCost TruncateExact(int count, int shift) =>
        shift == 0 ? default : Truncate(count, shift) + LessThanZero(count, shift + 1) + ToArithmetic(count);

    /// <summary>The sign of values known to <paramref name="width"/> bits, as bits: 17.9 bytes a value and 5 rounds at 32 bits; with bits left out as on so many fewer.</summary>
    public static OperationCost LessThanZero(int count, int width, int slackBits = 0)
    {
        RequireWidth(width);
        RequireSlack(slackBits, width - 2);
        return Compare(count, CompareCircuit.Sign(width, slackBits));
    }

    /// <summary>Whether values known to <paramref name="width"/> bits are zero, as bits.</summary>
    public static OperationCost EqualsZero(int count, int width)
    {
        RequireWidth(width);
        return Compare(count, CompareCircuit.Equality(width));
    }

    /// <summary>
    /// Whether values known to <paramref name="width"/> bits lie within or below a window of <paramref name="windowBits"/> bits: 31 bytes a value and 5 rounds at 21 of 44 bits; with bits left
    /// out as on so many fewer of both.
    /// </summary>
    public static OperationCost Window(int count, int windowBits, int width, int slackBits = 0)
    {
        RequireWidth(width);
        ArgumentOutOfRangeException.ThrowIfLessThan(windowBits, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(windowBits, width - 2);
        RequireSlack(slackBits, windowBits - 1);
        return Compare(count, CompareCircuit.Window(windowBits, width, slackBits));
    }

    /// <summary>AND of bits: 3 words for each 64 bits begun.</summary>
    public static OperationCost And(int count) => new(1, 3 * Plane(count));

    /// <summary>Bits as numbers: 24 bytes a bit.</summary>
    public static OperationCost ToArithmetic(int count) => new(2, 3 * Words(count));

    /// <summary>A bit times a number, and so also a selection: 32 bytes an element.</summary>
    public static OperationCost MultiplyBit(int count) => SumOfSelected(count, 1);

    /// <summary>A sum of bits times numbers: 16 bytes a term and 16 bytes an element.</summary>
    public static OperationCost SumOfSelected(int count, int terms)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(terms, 1);
        return new OperationCost(2, ((2L * terms) + 2) * Words(count));
    }

    /// <summary>A trigonometric sum of values with so many fractional bits: two words dealt for each harmonic, and a truncation.</summary>
    public static OperationCost HarmonicSum(int count, HarmonicSum sum, int fractionalBits)
    {
        ArgumentNullException.ThrowIfNull(sum);
        (int accumulatorBits, int ringBits) = sum.Layout(fractionalBits);
        OperationCost truncation = Truncate(count, accumulatorBits - fractionalBits, ringBits);
        return new OperationCost(1 + truncation.Rounds, (2L * sum.Harmonics * count * (ringBits / 8)) + truncation.Bytes);
    }

    /// <summary>An exponential: 32 bytes an element and a truncation.</summary>
    public static OperationCost Exponential(int count, int fractionalBits)
    {
        OperationCost truncation = Truncate(count, ReplicatedSession.ExponentialBits(fractionalBits) - fractionalBits);
        return new OperationCost(2 + truncation.Rounds, (4 * Words(count)) + truncation.Bytes);
    }

    /// <summary>max(x, 0) as a sign and a selection.</summary>
    public static OperationCost Relu(int count, int width) => LessThanZero(count, width) + MultiplyBit(count);

    /// <summary>The maximum of rows: a tree of comparisons and selections.</summary>
    public static OperationCost Maximum(int rows, int columns, int width, int slackBits = 0)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        OperationCost cost = default;
        for (int left = columns; left > 1; left -= left / 2)
        {
            int pairs = checked(rows * (left / 2));
            cost += LessThanZero(pairs, width, slackBits) + MultiplyBit(pairs);
        }

        return cost;
    }

    /// <summary>Normalisation: 252.5 bytes and 10 rounds at width 40, with zero; 72 bytes more with the square root's scale.</summary>
    public static OperationCost Normalize(int count, int width, int minimumBits = 0, bool mayBeZero = true, bool squareRoot = true)
    {
        var circuit = new LeadingZeroCircuit(minimumBits, width, mayBeZero);
        int powers = squareRoot ? 2 : 1;
        int tables = (2 * powers) + (squareRoot ? 1 : 0) + (mayBeZero ? 1 : 0);
        long planes = circuit.Layout.DealtPlanes + (2L * circuit.Reshared) + (3L * circuit.Levels.Sum(gates => gates.Length));
        long bytes = (planes * PlanesOf(count)) + ((circuit.Bits.Count + (2L * tables)) * Words(count));
        bytes += Product(checked(count * powers), 0).Bytes;

        // Party by party, since the second dealing waits for party 0 alone: after the first, party 1 has waited for one message and party 2 for two.
        (int p0, int p1, int p2) = (0, 1, 2);
        for (int level = 0; level <= circuit.Levels.Count; level++)
        {
            if (level == circuit.Levels.Count)
            {
                p2 = Math.Max(p2, p0 + 1);
                (p1, p2) = (Math.Max(p1, p2 + 1), Math.Max(p2, p1 + 1));
            }

            (p0, p1, p2) = (Math.Max(p0, p1 + 1), Math.Max(p1, p2 + 1), Math.Max(p2, p0 + 1));
        }

        return new OperationCost(Math.Max(p0, Math.Max(p1, p2)), bytes);
    }

    /// <summary>In groups of 64,000 values, whose planes are whole words.</summary>
    internal static OperationCost Compare(int count, CompareCircuit circuit) => new(circuit.Rounds, circuit.TotalBits * PlanesOf(count));

    /// <summary>The bytes of one plane of each group of values.</summary>
    private static long PlanesOf(int count)
    {
        int whole = Math.DivRem(count, ReplicatedSession.GroupSize, out int rest);
        return (whole * Plane(ReplicatedSession.GroupSize)) + (rest == 0 ? 0 : Plane(rest));
    }

    /// <summary>The bytes of one bit of each of so many values.</summary>
    private static long Plane(int count) => (Words(count) / Word + 63) / 64 * Word;

    private static long Words(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return (long)count * Word;
    }

    private static void RequireWidth(int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 64);
    }

    private static void RequireSlack(int slackBits, int most)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(slackBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slackBits, most);
    }
}
