using SecureTransformer.Numerics;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>
/// The fixed-point arithmetic of the private protocols in the clear, in one party, without any privacy: it tells the error of an approximation from that of a protocol,
/// and refuses values that a private protocol would compute wrongly without a word.
/// </summary>
/// <remarks>Truncations round to the nearest. Every product, truncation and comparison checks the range of its operands.</remarks>
public sealed class PlaintextSession : RingSession
{
    private const double RangeLimit = 1L << 62;

    /// <summary>Opens a session of one party.</summary>
    public PlaintextSession(SessionOptions? options = null, MpcSession? parent = null, TrafficMeter? meter = null)
        : base(0, 1, options ?? new SessionOptions(), parent) => Meter = meter ?? new TrafficMeter();

    /// <inheritdoc/>
    public override string Protocol => "plaintext";

    /// <inheritdoc/>
    public override TrafficMeter Meter { get; }

    /// <inheritdoc/>
    protected override int Components => 1;

    /// <inheritdoc/>
    protected override int ConstantComponent => 0;

    /// <inheritdoc/>
    protected override ValueTask ProductCoreAsync(
        IReadOnlyList<SecretProduct> terms, SecretTensor? addend, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(terms);
        Span<ulong> target = Shares(result, 0);
        for (int i = 0; i < target.Length; i++)
        {
            Int128 sum = addend is null ? 0 : (long)Shares(addend, 0)[i];
            foreach ((SecretTensor left, SecretTensor right) in terms)
            {
                sum += (Int128)(long)Shares(left, 0)[i] * (long)Shares(right, 0)[i];
            }

            target[i] = Truncate(sum, shift, "product");
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask DotCoreAsync(SecretTensor x, SecretTensor y, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        int columns = x.Shape[-1];
        Span<ulong> target = Shares(result, 0);
        for (int r = 0; r < target.Length; r++)
        {
            Int128 sum = 0;
            for (int i = r * columns; i < (r + 1) * columns; i++)
            {
                sum += (Int128)(long)Shares(x, 0)[i] * (long)Shares(y, 0)[i];
            }

            target[r] = Truncate(sum, shift, "inner product");
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask MatMulCoreAsync(SecretTensor x, SecretTensor y, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        int inner = x.Shape[-1];
        int columns = y.Shape[transposeRight ? -2 : -1];
        int matrices = y.Shape.Count / (inner * columns);
        int rows = x.Shape.Count / (inner * matrices);
        using SecretBuffer sums = Pool.Rent(columns);
        var magnitudes = new double[columns];
        (int down, int across) = transposeRight ? (1, inner) : (columns, 1);
        for (int b = 0; b < matrices; b++)
        {
            ReadOnlySpan<ulong> right = Shares(y, 0).Slice(b * inner * columns, inner * columns);
            for (int i = 0; i < rows; i++)
            {
                ReadOnlySpan<ulong> row = Shares(x, 0).Slice(((b * rows) + i) * inner, inner);
                Span<ulong> target = Shares(result, 0).Slice(((b * rows) + i) * columns, columns);
                Span<ulong> sum = sums.Span;
                sum.Clear();
                Array.Clear(magnitudes);
                for (int k = 0; k < inner; k++)
                {
                    ulong factor = row[k];
                    double magnitude = (long)factor;
                    for (int j = 0; j < columns; j++)
                    {
                        ulong other = right[(k * down) + (j * across)];
                        unchecked
                        {
                            sum[j] += factor * other;
                        }

                        magnitudes[j] += magnitude * (long)other;
                    }
                }

                for (int j = 0; j < columns; j++)
                {
                    // The float64 sum tells whether the exact one left the ring; the ring sum is exact when it did not.
                    RequireRange(magnitudes[j], "matrix product");
                    target[j] = Truncate((long)sum[j], shift, "matrix product");
                }
            }
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask TruncateCoreAsync(SecretTensor x, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        Span<ulong> source = Shares(x, 0);
        Span<ulong> target = Shares(result, 0);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = Truncate((long)source[i], shift, "truncation");
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask LessThanZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) =>
        Compare(x, width, result, static value => value < 0);

    /// <inheritdoc/>
    protected override ValueTask EqualsZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) =>
        Compare(x, width, result, static value => value == 0);

    /// <inheritdoc/>
    protected override ValueTask AndCoreAsync(SecretBits x, SecretBits y, SecretBits result, CancellationToken cancellationToken)
    {
        RingKernels.And<ulong>(Shares(x, 0), Shares(y, 0), Shares(result, 0));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask ToArithmeticCoreAsync(SecretBits x, SecretTensor result, CancellationToken cancellationToken)
    {
        Span<ulong> target = Shares(result, 0);
        Span<ulong> words = Shares(x, 0);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = (words[i >> 6] >> (i & 63)) & 1;
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override bool HasAdditionTheorems => true;

    /// <inheritdoc/>
    /// <remarks>The sum rounded to the nearest, with exact sines.</remarks>
    protected override ValueTask HarmonicSumCoreAsync(HarmonicSum sum, SecretTensor x, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sum);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(result);
        for (int i = 0; i < result.Shape.Count; i++)
        {
            // Outside the window any value will do, and zero is one.
            double value = Math.ScaleB((long)Shares(x, 0)[i], -x.FractionalBits);
            bool inside = Math.Abs(value) <= Math.ScaleB(1, sum.PeriodBits - 1);
            Shares(result, 0)[i] = inside ? (ulong)(long)Math.Round(Math.ScaleB(sum.Evaluate(value), result.FractionalBits)) : 0;
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    /// <remarks>The exact function, rounded to the nearest.</remarks>
    protected override ValueTask ExponentialCoreAsync(SecretTensor x, SecretBits keep, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(result);
        bool[] kept = PlainWords.Bits(Shares(keep, 0), keep);
        for (int i = 0; i < kept.Length; i++)
        {
            double value = Math.ScaleB((long)Shares(x, 0)[i], -x.FractionalBits);
            if (kept[i] && value is < -28 or > 0.69)
            {
                throw new OverflowException($"{Place("exponential")}: an argument that is kept lies outside [-28, 0.69].");
            }

            Shares(result, 0)[i] = kept[i] ? (ulong)(long)Math.Round(Math.ScaleB(Math.Exp(value), result.FractionalBits)) : 0;
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask InputCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(result);
        FixedPointFormat.Encode(values.Span, Shares(result, 0), result.FractionalBits, "input");
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask InputShuffledCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(result);
        Span<ulong> words = Shares(result, 0);
        FixedPointFormat.Encode(values.Span, words, result.FractionalBits, "input");
        RowShuffle.Apply(words, result.Shape[-1]);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override bool ShufflesRows => true;

    /// <inheritdoc/>
    protected override ValueTask ShuffleRowsCoreAsync(SecretTensor x, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(result);
        Shares(x, 0).CopyTo(Shares(result, 0));
        RowShuffle.MoveRows(Shares(result, 0), result.Shape[0]);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask<double[]?> RevealCoreAsync(SecretTensor x, int? party, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        var values = new double[x.Shape.Count];
        FixedPointFormat.Decode(Shares(x, 0), values, x.FractionalBits);
        return ValueTask.FromResult<double[]?>(values);
    }

    /// <inheritdoc/>
    protected override ValueTask<bool[]> RevealCoreAsync(SecretBits x, CancellationToken cancellationToken) => ValueTask.FromResult(PlainWords.Bits(Shares(x, 0), x));

    /// <inheritdoc/>
    protected override ValueTask ImportCoreAsync(IChannel source, SecretTensor result, CancellationToken cancellationToken) =>
        PlainWords.ReceiveAsync(source, () => Shares(result, 0), cancellationToken);

    /// <inheritdoc/>
    protected override ValueTask AgreeCoreAsync(string what, ReadOnlyMemory<byte> digest, CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <inheritdoc/>
    protected override ValueTask KeepCoreAsync(IChannel source, int count, IShareWriter destination, CancellationToken cancellationToken) =>
        PlainWords.KeepAsync(source, count, destination, cancellationToken);

    /// <inheritdoc/>
    protected override void RestoreCore(IShareReader source, int start, SecretTensor result) =>
        KeptWords.Read(source, (long)start * sizeof(ulong), Shares(result, 0));

    /// <inheritdoc/>
    protected override ValueTask ExportCoreAsync(IChannel destination, SecretTensor x, CancellationToken cancellationToken)
    {
        PlainWords.Send(destination, Shares(x, 0));
        return ValueTask.CompletedTask;
    }

    private ValueTask Compare(SecretTensor x, int width, SecretBits result, Func<long, bool> test)
    {
        Span<ulong> source = Shares(x, 0);
        Span<ulong> words = Shares(result, 0);
        words.Clear();
        for (int i = 0; i < source.Length; i++)
        {
            long value = (long)source[i];
            if (value >> (width - 1) is not (0 or -1))
            {
                throw new OverflowException($"{Place("comparison")}: a value needs more than the {width} bits it is compared on.");
            }

            words[i >> 6] |= (test(value) ? 1UL : 0) << (i & 63);
        }

        return ValueTask.CompletedTask;
    }

    private ulong Truncate(Int128 value, int shift, string operation)
    {
        if (value < -(Int128.One << 62) || value >= Int128.One << 62)
        {
            throw OutOfRange(operation);
        }

        return (ulong)(long)(shift == 0 ? value : (value + ((Int128)1 << (shift - 1))) >> shift);
    }

    private void RequireRange(double value, string operation)
    {
        if (value is >= RangeLimit or < -RangeLimit)
        {
            throw OutOfRange(operation);
        }
    }

    private OverflowException OutOfRange(string operation) =>
        new($"{Place(operation)}: a value left the range [-2^62, 2^62) of the fixed-point encoding.");

    private string Place(string operation) => ScopeName is null ? operation : $"{ScopeName}: {operation}";
}
