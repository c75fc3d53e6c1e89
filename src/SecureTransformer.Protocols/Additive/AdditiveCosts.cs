using SecureTransformer.Protocols.Additive;
using SecureTransformer.Protocols.BitCircuits;

namespace SecureTransformer.Protocols;

/// <summary>
/// The exact cost of each operation of <see cref="AdditiveSession"/> between so many parties, as a function of its public arguments: rounds and bytes between the parties, and
/// offline bytes between party 0 and the dealer, requests included. Tests compare it with the meters.
/// </summary>
/// <remarks>Everything is opened from all to all, so n parties send n (n - 1) times what one of them sends one other.</remarks>
public static class AdditiveCosts
{
    private const int Word = sizeof(ulong);

    /// <summary>Sharing values of one party: nothing.</summary>
    public static OperationCost Input() => default;

    /// <summary>Sharing values of one party in an order that it does not know: a round and a correction for each other party; 8 bytes to the first, from all to each next.</summary>
    public static OperationCost InputShuffled(int parties, int count) =>
        new OperationCost(parties - 1, Words(count) * (1 + (Links(parties) / parties * (parties - 2L))), Words(count) * (parties - 1L)) + Request(4);

    /// <summary>Opening numbers to all parties, or to one.</summary>
    public static OperationCost Reveal(int parties, int count, bool toAll = true) => new(1, Words(count) * (toAll ? Links(parties) : Links(parties) / parties));

    /// <summary>Opening bits to all parties.</summary>
    public static OperationCost RevealBits(int parties, int count) => new(1, Plane(count) * Links(parties));

    /// <summary>Values from a client or a model owner: 8 bytes an element to party 0, a seed to each other.</summary>
    public static OperationCost Import(int parties, int count) => new(1, Words(count) + (16L * ((Links(parties) / parties))));

    /// <summary>Comparing public bytes.</summary>
    public static OperationCost Agree(int parties) => new(1, 32 * Links(parties));

    /// <summary>What the parties send to a client: 8 bytes an element each.</summary>
    public static OperationCost Export(int parties, int count)
    {
        _ = Links(parties);
        return new(1, Words(count) * parties);
    }

    /// <summary>A sum of element-wise products: each distinct operand is opened once, and the result once if it is truncated.</summary>
    /// <param name="parties">The number of parties.</param>
    /// <param name="count">The number of elements.</param>
    /// <param name="shift">The fractional bits that are truncated, 0 to 62.</param>
    /// <param name="operands">The number of distinct operands of full size: one for a square, two for a product.</param>
    /// <param name="terms">The number of products.</param>
    /// <param name="repeated">The numbers of elements of further operands, which are repeated: whole rows, or one number a row.</param>
    public static OperationCost Product(int parties, int count, int shift, int operands = 2, int terms = 1, IReadOnlyList<int>? repeated = null)
    {
        int[] small = [.. repeated ?? []];
        return Opened(parties, (operands * Words(count)) + small.Sum(Words)) + Output(parties, count, shift) + Request(5 + operands + (2 * small.Length) + (2 * terms));
    }

    /// <summary>A chain of quadratic forms: the input is opened, and each sum once; offline as a truncation, and a few bytes for each earlier result in a product.</summary>
    /// <param name="parties">The number of parties.</param>
    /// <param name="count">The number of elements.</param>
    /// <param name="inputBits">The fractional bits of the input.</param>
    /// <param name="steps">The steps.</param>
    public static OperationCost Polynomial(int parties, int count, int inputBits, IReadOnlyList<PolynomialStep> steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        var material = new PolynomialMaterial(Counted(count), QuadraticForm.Of(steps, inputBits));
        OperationCost cost = Opened(parties, Words(count)) + Request(material.Describe().Length);
        for (int i = 0; i < material.Forms.Length; i++)
        {
            cost += new OperationCost(0, 0, (long)count * material.Parts[i].Sum(part => part.Bytes)) + Output(parties, count, material.Forms[i].Shift);
        }

        return cost;
    }

    /// <summary>Inner products of rows: the operands are opened whole.</summary>
    public static OperationCost Dot(int parties, int rows, int columns, int shift, bool square = false) =>
        Opened(parties, (square ? 1 : 2) * Words(checked(rows * columns))) + Output(parties, rows, shift) + Request(5);

    /// <summary>Matrix products, batched: both operands are opened whole.</summary>
    public static OperationCost MatMul(int parties, int matrices, int rows, int inner, int columns, int shift) =>
        Opened(parties, Words(checked(matrices * rows * inner)) + Words(checked(matrices * inner * columns)))
        + Output(parties, checked(matrices * rows * columns), shift)
        + Request(7);

    /// <summary>Products with a packed matrix: the left operand is opened. The first product of a session with a matrix opens that too, as setup: <see cref="OpenMatrix"/>.</summary>
    public static OperationCost MatMulPacked(int parties, int rows, int inner, int columns, int shift) =>
        Opened(parties, Words(checked(rows * inner))) + Output(parties, checked(rows * columns), shift) + Request(9);

    /// <summary>Opening the masked matrix at its first product: setup.</summary>
    public static OperationCost OpenMatrix(int parties, int rows, int columns) => Opened(parties, Words(checked(rows * columns)));

    /// <summary>Truncation of shared values; nothing for a shift of zero.</summary>
    public static OperationCost Truncate(int parties, int count, int shift) => shift == 0 ? default : Output(parties, count, shift) + Request(3);

    /// <summary>The sign of values known to <paramref name="width"/> bits, as bits.</summary>
    public static OperationCost LessThanZero(int parties, int count, int width)
    {
        RequireWidth(width);
        return Compare(parties, new CompareMaterial(Counted(count), width - 1, carry: true), count);
    }

    /// <summary>Whether values known to <paramref name="width"/> bits are zero, as bits.</summary>
    public static OperationCost EqualsZero(int parties, int count, int width)
    {
        RequireWidth(width);
        return Compare(parties, new CompareMaterial(Counted(count), width, carry: false), count);
    }

    /// <summary>AND of bits: two bits opened, one offline.</summary>
    public static OperationCost And(int parties, int count) => Opened(parties, 2 * Plane(count)) + new OperationCost(0, 0, Plane(count)) + Request(2);

    /// <summary>Bits as numbers: a bit opened, 8 bytes offline.</summary>
    public static OperationCost ToArithmetic(int parties, int count) => Opened(parties, Plane(count)) + new OperationCost(0, 0, Words(count)) + Request(3);

    /// <summary>A bit times a number, and so also a selection: a bit and a word opened, 16 bytes offline.</summary>
    public static OperationCost MultiplyBit(int parties, int count) =>
        Opened(parties, Plane(count) + Words(count)) + new OperationCost(0, 0, 2 * Words(count)) + Request(3);

    /// <summary>max(x, 0) as a sign and a selection.</summary>
    public static OperationCost Relu(int parties, int count, int width) => LessThanZero(parties, count, width) + MultiplyBit(parties, count);

    /// <summary>The power of two that brings each value to a known magnitude: see <see cref="MpcSession.NormalizeAsync"/>.</summary>
    public static OperationCost Normalize(int parties, int count, int width, int minimumBits = 0, bool mayBeZero = true, bool squareRoot = true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(minimumBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 62);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, minimumBits + 2);
        var material = new NormalizeMaterial(Counted(count), minimumBits, width, mayBeZero, squareRoot);
        long planes = Planes(count);
        return Opened(parties, (long)count * ((width + 7) / 8))
            + new OperationCost(0, 0, material.Circuit.Layout.DealtPlanes * planes)
            + Request(6)
            + Gates(parties, material.Levels, planes)
            + Opened(parties, material.NumberBytes.Count * planes)
            + new OperationCost(0, 0, Words(count) / Word * ((Word * material.Products.Count) + material.NumberBytes.Sum()))
            + Opened(parties, material.High.Count * Words(count));
    }

    private static OperationCost Compare(int parties, CompareMaterial material, int count)
    {
        long planes = Planes(count);
        OperationCost cost = Opened(parties, (long)count * ((material.Bits + 7) / 8)) + new OperationCost(0, 0, material.CodePlanes * planes) + Request(4);
        return cost + Gates(parties, material.Levels, planes);
    }

    private static OperationCost Gates(int parties, IEnumerable<GatePlan> levels, long planes)
    {
        OperationCost cost = default;
        foreach (GatePlan plan in levels)
        {
            cost += Opened(parties, plan.Operands.Length * planes) + new OperationCost(0, 0, plan.Gates.Length * planes);
        }

        return cost;
    }

    /// <summary>The bytes of one plane of each group of values.</summary>
    private static long Planes(int count)
    {
        int whole = Math.DivRem(count, CompareMaterial.GroupSize, out int rest);
        return (whole * Plane(CompareMaterial.GroupSize)) + (rest == 0 ? 0 : Plane(rest));
    }

    private static OperationCost Output(int parties, int count, int shift)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shift);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shift, 62);
        var offline = new OperationCost(0, 0, Words(count) + ((long)count * OutputMaterial.BitBytes(shift)));
        return shift == 0 ? offline : offline + Opened(parties, Words(count));
    }

    private static OperationCost Opened(int parties, long bytes) => new(1, bytes * Links(parties));

    private static OperationCost Request(int words) => new(0, 0, words * sizeof(int));

    private static long Links(int parties)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parties, AdditiveSession.MinParties);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parties, AdditiveSession.MaxParties);
        return parties * (parties - 1L);
    }

    /// <summary>The bytes of one bit of each of so many values.</summary>
    private static long Plane(int count) => (Counted(count) + 63L) / 64 * Word;

    private static long Words(int count) => (long)Counted(count) * Word;

    private static int Counted(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        return count;
    }

    private static void RequireWidth(int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 64);
    }
}
