namespace SecureTransformer.Protocols;

/// <summary>
/// A positive number brought to [1/2, 1]: with e the highest set bit of the ring element, c = x 2^(W-1-e) read at W fractional bits, and linear
/// functions of the comparisons [x >= 2^j] that give any public table of e.
/// </summary>
internal sealed class Normalization
{
    public const int Bits = 28;

    private readonly MpcSession _session;
    private readonly SecretTensor _atLeast;
    private readonly TensorShape _shape;
    private readonly int _first;
    private readonly bool _mayBeZero;

    private Normalization(MpcSession session, SecretTensor atLeast, TensorShape shape, int width, int first, bool mayBeZero)
    {
        _session = session;
        _atLeast = atLeast;
        _shape = shape;
        Width = Math.Max(width, Bits);
        _first = first;
        _mayBeZero = mayBeZero;
    }

    /// <summary>W: the width of the argument, at least <see cref="Bits"/>.</summary>
    public int Width { get; }

    /// <summary>2^(W-1-e); 0 for x = 0.</summary>
    public SecretTensor Scale { get; private set; } = null!;

    /// <summary>c with <see cref="Bits"/> fractional bits; 1/2 for x = 0.</summary>
    public SecretTensor Mantissa { get; private set; } = null!;

    /// <summary>Normalises ring elements in [2^minimumBits, 2^width), and 0 where it is allowed.</summary>
    /// <remarks>width - minimumBits comparisons at once on width + 1 bits, one product and one truncation.</remarks>
    public static async ValueTask<Normalization> RunAsync(
        MpcSession session, SecretTensor x, int width, int minimumBits, bool mayBeZero, CancellationToken cancellationToken)
    {
        int first = mayBeZero ? minimumBits : minimumBits + 1;
        SecretTensor atLeast = await session.CompareToPowersOfTwoAsync(x, first, width, cancellationToken).ConfigureAwait(false);
        var result = new Normalization(session, atLeast, x.Shape, width, first, mayBeZero);
        result.Scale = result.Table(e => 1L << (result.Width - 1 - e));
        SecretTensor integer = session.MultiplyPowerOfTwo(x, x.FractionalBits - result.Width);
        SecretTensor mantissa = await session.MultiplyAsync(integer, result.Scale, Bits, cancellationToken).ConfigureAwait(false);
        if (mayBeZero)
        {
            SecretTensor nonZero = session.Reshape(session.Slice(atLeast, -1, 0, 1), x.Shape);
            mantissa = session.Subtract(session.AddPublic(mantissa, 0.5), session.MultiplyPublic(nonZero, 0.5, Bits));
        }

        result.Mantissa = mantissa;
        return result;
    }

    /// <summary>table(e) as an integer; 0 for x = 0.</summary>
    public SecretTensor Table(Func<int, long> table)
    {
        var steps = new long[_atLeast.Shape[-1]];
        for (int j = 0; j < steps.Length; j++)
        {
            int e = _first + j;
            steps[j] = table(e) - (j == 0 && _mayBeZero ? 0 : table(e - 1));
        }

        SecretTensor sum = _session.Reshape(_session.Sum(_session.MultiplyInteger(_atLeast, steps)), _shape);
        return _mayBeZero ? sum : _session.Add(sum, _session.Constant(_shape, table(_first - 1), 0));
    }

    /// <summary>Evaluates row by row of a few ten thousand elements, since the comparisons take about forty times the memory of x.</summary>
    public static async ValueTask<SecretTensor> InChunksAsync(
        MpcSession session, SecretTensor x, Func<SecretTensor, ValueTask<SecretTensor>> evaluate)
    {
        const int Chunk = 1 << 15;
        int count = x.Shape.Count;
        using SessionScope scope = session.BeginScope();
        if (count <= Chunk)
        {
            return scope.Keep(await evaluate(x).ConfigureAwait(false));
        }

        SecretTensor flat = session.Reshape(x, new TensorShape(count));
        var parts = new List<SecretTensor>();
        for (int start = 0; start < count; start += Chunk)
        {
            using SessionScope inner = session.BeginScope();
            SecretTensor part = session.Slice(flat, 0, start, Math.Min(Chunk, count - start));
            parts.Add(inner.Keep(await evaluate(part).ConfigureAwait(false)));
        }

        return scope.Keep(session.Reshape(session.Concatenate(parts, 0), x.Shape));
    }

    public static void RequireRange(int width, int minimumBits)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(minimumBits);
        ArgumentOutOfRangeException.ThrowIfLessThan(width, minimumBits + 2);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(width, 62);
    }
}
