using System.Numerics.Tensors;
using System.Runtime.InteropServices;
using SecureTransformer.Numerics;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>
/// The waist over float64 with exact functions, in one party, without any privacy: the oracle of accuracy, the plaintext run beside a private one,
/// and the calibrator, which records the largest magnitude that each operation met.
/// </summary>
public sealed class Float64Session : MpcSession
{
    /// <summary>Ring elements that are truncated, or taken from the ring, must lie below this power of two.</summary>
    private const int RingRange = 62;

    private readonly Dictionary<string, double> _magnitudes = [];

    /// <summary>Opens a session of one party.</summary>
    public Float64Session(SessionOptions? options = null, MpcSession? parent = null, TrafficMeter? meter = null)
        : base(0, 1, options ?? new SessionOptions(), parent) => Meter = meter ?? new TrafficMeter();

    /// <inheritdoc/>
    public override string Protocol => "float64";

    /// <inheritdoc/>
    public override TrafficMeter Meter { get; }

    /// <summary>The largest magnitude met so far by each operation, under the name of its scope: "encoder.layer.0/attention: matmul".</summary>
    public IReadOnlyDictionary<string, double> Magnitudes => _magnitudes;

    /// <inheritdoc/>
    protected override int Components => 1;

    /// <inheritdoc/>
    protected override void AddCore(SecretTensor x, SecretTensor y, SecretTensor result)
    {
        TensorPrimitives.Add<double>(Values(x), Values(y), Values(result));
        Record("add", result);
    }

    /// <inheritdoc/>
    protected override void SubtractCore(SecretTensor x, SecretTensor y, SecretTensor result)
    {
        TensorPrimitives.Subtract<double>(Values(x), Values(y), Values(result));
        Record("subtract", result);
    }

    /// <inheritdoc/>
    protected override void AddPublicCore(SecretTensor x, ReadOnlySpan<double> constants, SecretTensor result)
    {
        Span<double> source = Values(x);
        Span<double> target = Values(result);
        for (int i = 0; i < target.Length; i += constants.Length)
        {
            TensorPrimitives.Add(source.Slice(i, constants.Length), constants, target.Slice(i, constants.Length));
        }

        Record("add", result);
    }

    /// <inheritdoc/>
    protected override void MultiplyIntegerCore(SecretTensor x, ReadOnlySpan<long> factors, SecretTensor result)
    {
        Span<double> source = Values(x);
        Span<double> target = Values(result);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = source[i] * factors[i % factors.Length];
        }

        Record("multiply", result);
    }

    /// <inheritdoc/>
    protected override void MultiplyPublicCore(SecretTensor x, ReadOnlySpan<double> factors, int factorBits, SecretTensor result)
    {
        Span<double> source = Values(x);
        Span<double> target = Values(result);
        if (factors.Length == 1)
        {
            TensorPrimitives.Multiply(source, factors[0], target);
        }

        for (int i = 0; factors.Length > 1 && i < target.Length; i += factors.Length)
        {
            TensorPrimitives.Multiply(source.Slice(i, factors.Length), factors, target.Slice(i, factors.Length));
        }

        Record("multiply", result);
    }

    /// <inheritdoc/>
    protected override SecretTensor MultiplyPowerOfTwoCore(SecretTensor x, int exponent)
    {
        ArgumentNullException.ThrowIfNull(x);
        SecretTensor result = Allocate(x.Shape, x.FractionalBits - exponent);
        TensorPrimitives.Multiply(Values(x), Math.ScaleB(1, exponent), Values(result));
        return result;
    }

    /// <inheritdoc/>
    protected override void SumCore(SecretTensor x, SecretTensor result)
    {
        ArgumentNullException.ThrowIfNull(x);
        int columns = x.Shape[-1];
        Span<double> source = Values(x);
        Span<double> target = Values(result);
        for (int r = 0; r < target.Length; r++)
        {
            target[r] = TensorPrimitives.Sum<double>(source.Slice(r * columns, columns));
        }

        Record("sum", result);
    }

    /// <inheritdoc/>
    protected override void XorCore(SecretBits x, SecretBits y, SecretBits result) => RingKernels.Xor<ulong>(Shares(x, 0), Shares(y, 0), Shares(result, 0));

    /// <inheritdoc/>
    protected override void NotCore(SecretBits x, SecretBits result) => RingKernels.Not<ulong>(Shares(x, 0), Shares(result, 0));

    /// <inheritdoc/>
    protected override ValueTask ProductCoreAsync(
        IReadOnlyList<SecretProduct> terms, SecretTensor? addend, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(terms);
        Span<double> target = Values(result);
        if (addend is not null)
        {
            Values(addend).CopyTo(target);
        }

        foreach ((SecretTensor left, SecretTensor right) in terms)
        {
            TensorPrimitives.MultiplyAdd(Values(left), Values(right), target, target);
        }

        Record("multiply", result, shift);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask DotCoreAsync(SecretTensor x, SecretTensor y, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        int columns = x.Shape[-1];
        Span<double> target = Values(result);
        for (int r = 0; r < target.Length; r++)
        {
            target[r] = TensorPrimitives.Dot<double>(Values(x).Slice(r * columns, columns), Values(y).Slice(r * columns, columns));
        }

        Record("dot", result, shift);
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
        for (int b = 0; b < matrices; b++)
        {
            ReadOnlySpan<double> left = Values(x).Slice(b * rows * inner, rows * inner);
            ReadOnlySpan<double> right = Values(y).Slice(b * inner * columns, inner * columns);
            Span<double> target = Values(result).Slice(b * rows * columns, rows * columns);
            for (int i = 0; i < rows; i++)
            {
                ReadOnlySpan<double> row = left.Slice(i * inner, inner);
                Span<double> sums = target.Slice(i * columns, columns);
                if (transposeRight)
                {
                    for (int j = 0; j < columns; j++)
                    {
                        sums[j] = TensorPrimitives.Dot(row, right.Slice(j * inner, inner));
                    }
                }
                else
                {
                    for (int k = 0; k < inner; k++)
                    {
                        TensorPrimitives.MultiplyAdd(right.Slice(k * columns, columns), row[k], sums, sums);
                    }
                }
            }
        }

        Record("matmul", result, shift);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask TruncateCoreAsync(SecretTensor x, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        Shares(x, 0).CopyTo(Shares(result, 0));
        Observe("truncate", x, 0, RingRange);
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
        Span<double> target = Values(result);
        Span<ulong> words = Shares(x, 0);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = (words[i >> 6] >> (i & 63)) & 1;
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask InputCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken)
    {
        values.Span.CopyTo(Values(result));
        Record("input", result);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask InputShuffledCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(result);
        values.Span.CopyTo(Values(result));
        RowShuffle.Apply(Shares(result, 0), result.Shape[-1]);
        Record("input", result);
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
    protected override ValueTask<double[]?> RevealCoreAsync(SecretTensor x, int? party, CancellationToken cancellationToken) =>
        ValueTask.FromResult<double[]?>(Values(x).ToArray());

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

    /// <inheritdoc/>
    protected override ValueTask<SecretTensor> EvaluateCoreAsync(SecretFunction function, SecretTensor x, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(function);
        ArgumentNullException.ThrowIfNull(x);
        SecretTensor result = Allocate(x.Shape, x.FractionalBits);
        Span<double> source = Values(x);
        Span<double> target = Values(result);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = function.Exact(source[i]);
        }

        if (function.ArgumentBits is { } bits)
        {
            Observe(function.Name, x, 0, bits);
        }

        Note(function.Name, Largest(result));
        return ValueTask.FromResult(result);
    }

    /// <inheritdoc/>
    public override bool HasAdditionTheorems => true;

    /// <inheritdoc/>
    protected override ValueTask HarmonicSumCoreAsync(HarmonicSum sum, SecretTensor x, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(sum);
        Span<double> target = Values(result);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = sum.Evaluate(Values(x)[i]);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    protected override ValueTask ExponentialCoreAsync(SecretTensor x, SecretBits keep, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        Span<double> target = Values(result);
        bool[] kept = PlainWords.Bits(Shares(keep, 0), keep);
        for (int i = 0; i < target.Length; i++)
        {
            target[i] = kept[i] ? Math.Exp(Values(x)[i]) : 0;
        }

        return ValueTask.CompletedTask;
    }

    private Span<double> Values(SecretTensor x) => MemoryMarshal.Cast<ulong, double>(Shares(x, 0));

    private ValueTask Compare(SecretTensor x, int width, SecretBits result, Func<double, bool> test)
    {
        Observe("comparison", x, 0, width - 1);
        Span<double> source = Values(x);
        Span<ulong> words = Shares(result, 0);
        words.Clear();
        for (int i = 0; i < source.Length; i++)
        {
            words[i >> 6] |= (test(source[i]) ? 1UL : 0) << (i & 63);
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Notes a result that has <paramref name="shift"/> more fractional bits before its truncation.</summary>
    private void Record(string operation, SecretTensor result, int shift = 0) => Note(operation, Observe(operation, result, shift, RingRange));

    private double Observe(string operation, SecretTensor x, int shift, int rangeBits)
    {
        double largest = Largest(x);
        Options.Ranges?.Observe(new OperationRange(ScopeName, operation, largest, x.FractionalBits + shift, rangeBits));
        return largest;
    }

    private double Largest(SecretTensor x) => Math.Abs(TensorPrimitives.MaxMagnitude<double>(Values(x)));

    private void Note(string operation, double largest)
    {
        ref double known = ref CollectionsMarshal.GetValueRefOrAddDefault(_magnitudes, ScopeName is null ? operation : $"{ScopeName}: {operation}", out _);
        known = Math.Max(known, largest);
    }
}
