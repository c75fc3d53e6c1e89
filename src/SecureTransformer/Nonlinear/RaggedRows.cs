using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>
/// Rows that each keep positions of their own, as under a causal mask: where the kept positions of rows that keep more than one stand, one after another.
/// A row that keeps one position is 1 there and takes no part.
/// </summary>
internal sealed class RaggedRows
{
    private readonly TensorShape _whole;
    private readonly int[] _scatter;
    private readonly bool[] _keep;

    public RaggedRows(TensorShape whole, bool[] keep)
    {
        _whole = whole;
        _keep = keep;
        int columns = whole[-1];
        (int rows, int kept) = Computed(whole.Rows, columns, keep);
        RowCount = rows;
        _scatter = new int[rows == 0 ? 0 : whole.Count];
        Repeat = new int[rows * columns];
        Sums = new int[rows * columns];
        Kept = new int[kept];
        RowOf = new int[kept];
        Shares = new double[kept];
        if (rows == 0)
        {
            return;
        }

        int place = 0;
        int computed = 0;
        for (int start = 0; start < _scatter.Length; start += columns)
        {
            ReadOnlySpan<bool> mask = keep.AsSpan(start % keep.Length, columns);
            int first = mask.IndexOf(true);
            Span<int> target = _scatter.AsSpan(start, columns);
            target.Fill(-1);
            if (mask.LastIndexOf(true) == first)
            {
                target[first] = kept;
                continue;
            }

            double share = 1.0 / mask.Count(true);
            for (int i = 0; i < columns; i++)
            {
                int copy = (computed * columns) + i;
                Repeat[copy] = start + (mask[i] ? i : first);
                Sums[copy] = mask[i] ? place : -1;
                if (mask[i])
                {
                    Kept[place] = start + i;
                    RowOf[place] = computed;
                    Shares[place] = share;
                    target[i] = place++;
                }
            }

            computed++;
        }
    }

    /// <summary>The rows that keep more than one position.</summary>
    public int RowCount { get; }

    /// <summary>Those rows, [rows, columns].</summary>
    public TensorShape Shape => new(RowCount, _whole[-1]);

    /// <summary>Their kept positions, one after another.</summary>
    public TensorShape Flat => new(Kept.Length);

    /// <summary>Of <see cref="Shape"/>, from the whole: what is left out repeats a kept position.</summary>
    public int[] Repeat { get; }

    /// <summary>Of <see cref="Shape"/>, from <see cref="Flat"/>: zero for what is left out.</summary>
    public int[] Sums { get; }

    /// <summary>Of <see cref="Flat"/>, from the whole.</summary>
    public int[] Kept { get; }

    /// <summary>The row of <see cref="Shape"/> of each kept position.</summary>
    public int[] RowOf { get; }

    /// <summary>1 / n for each kept position, of a row that keeps n.</summary>
    public double[] Shares { get; }

    /// <summary>The sums of the rows, [rows, 1], of what stands at kept positions.</summary>
    public SecretTensor SumOf(MpcSession session, SecretTensor flat)
    {
        using SecretTensor filled = session.Gather(flat, Sums, Shape);
        return session.Sum(filled);
    }

    /// <summary>The whole, of what stands at kept positions: zeros elsewhere, and ones where a row keeps one position.</summary>
    public SecretTensor Whole(MpcSession session, SecretTensor flat)
    {
        using SecretTensor one = session.Constant(new TensorShape(1), 1, flat.FractionalBits);
        using SecretTensor withUnit = session.Concatenate([flat, one], 0);
        return session.Gather(withUnit, _scatter, _whole);
    }

    /// <summary>The whole where no row keeps more than one position.</summary>
    public SecretTensor Units(MpcSession session, int fractionalBits)
    {
        using SecretTensor units = session.Constant(_whole, 1, fractionalBits);
        return session.MultiplyInteger(units, RowMask.Factors(_keep));
    }

    private static (int Rows, int Kept) Computed(int rows, int columns, ReadOnlySpan<bool> keep)
    {
        int count = 0;
        int kept = 0;
        for (int start = 0; start < keep.Length; start += columns)
        {
            int positions = keep.Slice(start, columns).Count(true);
            if (positions > 1)
            {
                count++;
                kept += positions;
            }
        }

        int repeats = rows / (keep.Length / columns);
        return (count * repeats, kept * repeats);
    }
}
