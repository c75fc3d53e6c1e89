using System.Numerics;
using SecureTransformer.Protocols.Shamir;

namespace SecureTransformer.Protocols;

/// <summary>
/// The exact cost of each operation of <see cref="ShamirSession"/> between n parties with the threshold t, as a function of its public arguments: rounds and bytes online, and offline
/// the bytes by which the parties make the randomness that the operation uses up. Tests compare it with the meters.
/// </summary>
/// <remarks>
/// An element of F_p has 16 bytes, 64 bits over GF(2^d) have 8 d. Which parties are kings and dealers changes nobody's sum. Operations one after another take at most the sum of
/// their rounds: where little is opened, the next king may go on before all others have heard of the last.
/// </remarks>
public static class ShamirCosts
{
    /// <summary>Sharing values of one party: 16 bytes an element to each of n - 1 - t parties.</summary>
    public static OperationCost Input(int parties, int threshold, int count) => Count(parties, threshold, count, run => run.Deal([0], CountedRun.Number, count));

    /// <summary>Sharing values of one party in an order that it does not know: t + 1 parties of each group deal them again.</summary>
    /// <param name="parties">The number of parties, n.</param>
    /// <param name="threshold">The threshold, t.</param>
    /// <param name="count">The number of elements.</param>
    /// <param name="owner">The party whose values they are: rounds depend on it, bytes do not.</param>
    public static OperationCost InputShuffled(int parties, int threshold, int count, int owner = 0) =>
        Count(parties, threshold, count, run => run.InputShuffled(owner, count));

    /// <summary>The rows of a tensor in an order that no t parties know: keys of orders are told, then t + 1 parties of each group deal all elements again.</summary>
    /// <param name="parties">The number of parties, n.</param>
    /// <param name="threshold">The threshold, t.</param>
    /// <param name="count">The number of elements, whatever the rows.</param>
    public static OperationCost ShuffleRows(int parties, int threshold, int count) => Count(parties, threshold, count, run => run.ShuffleRows(count));

    /// <summary>Opening numbers to all parties, or to one; offline a sharing of zero.</summary>
    public static OperationCost Reveal(int parties, int threshold, int count, bool toAll = true) =>
        Count(parties, threshold, count, run => run.Reveal(count, toAll ? null : 0));

    /// <summary>Opening bits to all parties; offline a sharing of zero.</summary>
    public static OperationCost RevealBits(int parties, int threshold, int count) => Count(parties, threshold, count, run => run.RevealBits(count));

    /// <summary>Values from a client or a model owner: 16 bytes an element to each of n - t parties and a seed to each other; then two numbers are opened, and offline two uniform ones made.</summary>
    public static OperationCost Import(int parties, int threshold, int count) => Count(parties, threshold, count, run => run.Import(count));

    /// <summary>
    /// Rows with one 1 from a client, and the proof that they are: an import, and two numbers that are opened beside, the second by 2 t + 1 parties; offline one uniform number more.
    /// </summary>
    public static OperationCost ImportOneHot(int parties, int threshold, int count) => Count(parties, threshold, count, run =>
    {
        run.Import(count);
        run.RequireOneHot();
    });

    /// <summary>What the parties send to a client: 16 bytes an element each; offline a sharing of zero.</summary>
    public static OperationCost Export(int parties, int threshold, int count) => Count(parties, threshold, count, run => run.Export(count));

    /// <summary>
    /// Randomness for runs of a program ahead of time: all of it offline, and a little less than the same randomness made operation by operation, since batches of one kind are filled up once.
    /// </summary>
    /// <param name="parties">The number of parties, n.</param>
    /// <param name="threshold">The threshold, t.</param>
    /// <param name="runs">The plan of each run.</param>
    /// <exception cref="InvalidDataException">A plan is none of this protocol.</exception>
    public static OperationCost Preprocess(int parties, int threshold, IReadOnlyList<MaterialPlan> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        var run = new CountedRun(parties, threshold);
        run.Offline(() =>
        {
            run.Agree();
            run.Announce(ShamirSession.IdentityBytes);
            foreach (RandomnessRequest[] batch in runs.SelectMany(plan => RandomnessRegion.Of(plan, run.Bit)).SelectMany(region => region.Batches(ShamirSession.BatchElements)))
            {
                run.Make(batch[0].Kind, batch[0].Parameter, new Segments([.. batch.Select(request => request.Count)]));
            }

            run.Agree();
        });
        return run.Cost;
    }

    /// <summary>Comparing public bytes.</summary>
    public static OperationCost Agree(int parties, int threshold) => Count(parties, threshold, 1, run => run.Agree());

    /// <summary>
    /// Products, inner products and matrix products with so many result elements, whatever they sum: two rounds and 16 (n - 1 + t) bytes an element with truncation and without. Offline
    /// a uniform sharing, or a mask with its quotient.
    /// </summary>
    /// <param name="parties">The number of parties, n.</param>
    /// <param name="threshold">The threshold, t.</param>
    /// <param name="count">The number of result elements, whatever the inner extent.</param>
    /// <param name="shift">The fractional bits that are truncated, 0 to 62.</param>
    public static OperationCost Product(int parties, int threshold, int count, int shift)
    {
        RequireShift(shift);
        return Count(parties, threshold, count, run => run.Finish(count, isProduct: true, shift));
    }

    /// <summary>A chain of quadratic forms, each truncated once.</summary>
    /// <param name="parties">The number of parties, n.</param>
    /// <param name="threshold">The threshold, t.</param>
    /// <param name="count">The number of elements.</param>
    /// <param name="steps">The steps.</param>
    public static OperationCost Polynomial(int parties, int threshold, int count, IReadOnlyList<PolynomialStep> steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        return Count(parties, threshold, count, run =>
        {
            foreach (PolynomialStep step in steps)
            {
                run.Finish(count, isProduct: true, step.AccumulatorBits - step.ResultBits);
            }
        });
    }

    /// <summary>Truncation of shared values, 16 (n - 1) bytes an element online; nothing for a shift of zero.</summary>
    /// <inheritdoc cref="Product"/>
    public static OperationCost Truncate(int parties, int threshold, int count, int shift)
    {
        RequireShift(shift);
        return shift == 0 ? default : Count(parties, threshold, count, run => run.Finish(count, isProduct: false, shift));
    }

    /// <summary>Truncation that always rounds down: a truncation, a comparison and a conversion; nothing for a shift of zero.</summary>
    /// <inheritdoc cref="Product"/>
    public static OperationCost TruncateExact(int parties, int threshold, int count, int shift)
    {
        RequireShift(shift);
        return shift == 0 ? default : Count(parties, threshold, count, run =>
        {
            run.Finish(count, isProduct: false, shift);
            run.LessThanZero(count, shift + 1);
            run.ToNumbers(count);
        });
    }

    /// <summary>The sign of values known to <paramref name="width"/> bits, as bits.</summary>
    public static OperationCost LessThanZero(int parties, int threshold, int count, int width)
    {
        RequireWidth(width);
        return Count(parties, threshold, count, run => run.LessThanZero(count, width));
    }

    /// <summary>Whether values known to <paramref name="width"/> bits are zero, as bits.</summary>
    public static OperationCost EqualsZero(int parties, int threshold, int count, int width)
    {
        RequireWidth(width);
        return Count(parties, threshold, count, run => run.EqualsZero(count, width));
    }

    /// <summary>Whether values known to <paramref name="width"/> bits lie within or below a window: the signs of twice as many values.</summary>
    public static OperationCost Window(int parties, int threshold, int count, int width) => LessThanZero(parties, threshold, checked(2 * count), width);

    /// <summary>AND of bits: 8 d (n - 1 + t) bytes for each 64 bits begun.</summary>
    public static OperationCost And(int parties, int threshold, int count) => Count(parties, threshold, count, run => run.And(CountedRun.PlaneWords(count)));

    /// <summary>Bits as numbers: online a bit is opened; offline a bit shared both ways is made.</summary>
    public static OperationCost ToArithmetic(int parties, int threshold, int count) => Count(parties, threshold, count, run => run.ToNumbers(count));

    /// <summary>A bit times a number, and so also a selection: a conversion and a product.</summary>
    public static OperationCost MultiplyBit(int parties, int threshold, int count) => SumOfSelected(parties, threshold, count, 1);

    /// <summary>A sum of bits times numbers: one after another.</summary>
    public static OperationCost SumOfSelected(int parties, int threshold, int count, int terms)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(terms, 1);
        return Count(parties, threshold, count, run =>
        {
            for (int i = 0; i < terms; i++)
            {
                MultiplyBit(run, count);
            }
        });
    }

    /// <summary>max(x, 0) as a sign and a selection.</summary>
    public static OperationCost Relu(int parties, int threshold, int count, int width)
    {
        RequireWidth(width);
        return Count(parties, threshold, count, run => RectifyBy(run, count, width));
    }

    /// <summary>The maximum of rows: a tree of comparisons and selections.</summary>
    public static OperationCost Maximum(int parties, int threshold, int rows, int columns, int width)
    {
        RequireWidth(width);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        return Count(parties, threshold, rows, run =>
        {
            for (int left = columns; left > 1; left -= left / 2)
            {
                RectifyBy(run, checked(rows * (left / 2)), width);
            }
        });
    }

    /// <summary>The power of two that brings each value to a known magnitude: see <see cref="MpcSession.NormalizeAsync"/>. Few values are compared with all powers at once.</summary>
    public static OperationCost Normalize(int parties, int threshold, int count, int width, int minimumBits = 0, bool mayBeZero = true, bool squareRoot = true)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(minimumBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 62);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, minimumBits + 2);
        int powers = width - minimumBits;
        return Count(parties, threshold, count, run =>
        {
            if ((long)count * powers <= MpcSession.ParallelComparisons)
            {
                Compare(run, count * (mayBeZero ? powers : powers - 1), width);
                return;
            }

            if (mayBeZero)
            {
                Compare(run, count, width);
            }

            for (int shift = 1 << BitOperations.Log2((uint)(powers - 1)); shift >= 1; shift /= 2)
            {
                // What is shifted: the value and the scale, and its square root's; at last the scale alone, and whether the shift is odd.
                run.LessThanZero(count, width + 1);
                MultiplyBit(run, checked(count * ((shift == 1 ? 1 : 2) + (squareRoot ? 1 : 0))));
            }
        });

        static void Compare(CountedRun run, int count, int width)
        {
            run.LessThanZero(count, width + 1);
            run.ToNumbers(count);
        }
    }

    private static void RectifyBy(CountedRun run, int count, int width)
    {
        run.LessThanZero(count, width);
        MultiplyBit(run, count);
    }

    private static void MultiplyBit(CountedRun run, int count)
    {
        run.ToNumbers(count);
        run.Finish(count, isProduct: true, shift: 0);
    }

    private static OperationCost Count(int parties, int threshold, int count, Action<CountedRun> operation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        var run = new CountedRun(parties, threshold);
        operation(run);
        return run.Cost;
    }

    private static void RequireShift(int shift)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shift);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shift, 62);
    }

    private static void RequireWidth(int width)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 64);
    }
}
