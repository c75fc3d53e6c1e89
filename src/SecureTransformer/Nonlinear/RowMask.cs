using SecureTransformer.Protocols;

namespace SecureTransformer.Nonlinear;

/// <summary>Public masks of the positions of rows.</summary>
internal static class RowMask
{
    /// <summary>Checks that a mask fits and leaves each row something.</summary>
    public static void Require(SecretTensor x, bool[]? keep)
    {
        int columns = x.Shape[-1];
        if (keep is null)
        {
            return;
        }

        if (keep.Length == 0 || keep.Length % columns != 0 || x.Shape.Count % keep.Length != 0)
        {
            throw new ArgumentException($"A mask of {keep.Length} positions does not repeat over the shape {x.Shape} in whole rows.", nameof(keep));
        }

        for (int row = 0; row < keep.Length; row += columns)
        {
            if (keep.AsSpan(row, columns).IndexOf(true) < 0)
            {
                throw new ArgumentException($"The mask leaves no position in row {row / columns}.", nameof(keep));
            }
        }
    }

    /// <summary>Checks that a mask is for the last axis alone.</summary>
    public static void RequireColumns(SecretTensor x, bool[] keep)
    {
        Require(x, keep);
        int columns = x.Shape[-1];
        if (keep.Length != columns)
        {
            throw new ArgumentException($"The mask has {keep.Length} positions and the last axis {columns}.", nameof(keep));
        }
    }

    /// <summary>The factors that leave out what does not take part.</summary>
    public static long[] Factors(bool[] keep) => Array.ConvertAll(keep, k => k ? 1L : 0);

    /// <summary>One mask for all rows: a function of the kept columns alone, put back among zeros.</summary>
    public static async ValueTask<SecretTensor> OnColumnsAsync(MpcSession session, SecretTensor x, bool[] keep, Func<SecretTensor, ValueTask<SecretTensor>> function)
    {
        int columns = keep.Length;
        int[] kept = [.. Enumerable.Range(0, columns).Where(i => keep[i])];
        var gather = new int[x.Shape.Rows * kept.Length];
        var scatter = new int[x.Shape.Count];
        Array.Fill(scatter, -1);
        for (int i = 0; i < gather.Length; i++)
        {
            gather[i] = (i / kept.Length * columns) + kept[i % kept.Length];
            scatter[gather[i]] = i;
        }

        SecretTensor compact = session.Gather(x, gather, x.Shape.With(-1, kept.Length));
        SecretTensor result = await function(compact).ConfigureAwait(false);
        return session.Gather(result, scatter, x.Shape);
    }
}
