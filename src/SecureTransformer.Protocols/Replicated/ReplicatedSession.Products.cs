using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Replicated;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Products (Araki et al. 2016, section 2): z_i = x_i y_i + x_i y_{i+1} + x_{i+1} y_i is an additive sharing of x y. Either it is masked by a zero share and sent
/// to the party before (one round, 24 bytes an element over all parties), or it goes straight into the truncation.
/// </content>
public sealed partial class ReplicatedSession
{
    /// <summary>Words that local kernels work on at a time, so that temporaries stay in the first-level cache.</summary>
    private const int Block = 1024;

    private SecretBufferPool? MatrixPool => Options.RecycleMatrices ? Pool : null;

    /// <inheritdoc/>
    protected override ValueTask ProductCoreAsync(
        IReadOnlyList<SecretProduct> terms, SecretTensor? addend, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(terms);
        Span<ulong> z = Shares(result, 0);
        if (addend is not null)
        {
            Shares(addend, 0).CopyTo(z);
        }

        foreach ((SecretTensor left, SecretTensor right) in terms)
        {
            AddLocalProduct(Shares(left, 0), Shares(left, 1), Shares(right, 0), Shares(right, 1), z);
        }

        return FinishProductAsync(result, shift, cancellationToken);
    }

    /// <inheritdoc/>
    protected override ValueTask DotCoreAsync(SecretTensor x, SecretTensor y, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        int columns = x.Shape[-1];
        Span<ulong> z = Shares(result, 0);
        for (int r = 0; r < z.Length; r++)
        {
            ReadOnlySpan<ulong> x0 = Shares(x, 0).Slice(r * columns, columns);
            ReadOnlySpan<ulong> x1 = Shares(x, 1).Slice(r * columns, columns);
            ReadOnlySpan<ulong> y0 = Shares(y, 0).Slice(r * columns, columns);
            ReadOnlySpan<ulong> y1 = Shares(y, 1).Slice(r * columns, columns);
            z[r] = unchecked(RingKernels.Dot(x0, y0) + RingKernels.Dot(x0, y1) + RingKernels.Dot(x1, y0));
        }

        return FinishProductAsync(result, shift, cancellationToken);
    }

    /// <inheritdoc/>
    protected override ValueTask MatMulCoreAsync(
        SecretTensor x, SecretTensor y, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        int inner = x.Shape[-1];
        int columns = y.Shape[transposeRight ? -2 : -1];
        int matrices = y.Shape.Count / (inner * columns);
        int rows = x.Shape.Count / (inner * matrices);
        for (int b = 0; b < matrices; b++)
        {
            using PackedMatrix packed = PackedMatrix.PackReplicated(Right(0, b), Right(1, b));
            RingMatrix.Multiply(
                new MatrixView(Shares(x, 0).Slice(b * rows * inner, rows * inner), rows, inner),
                new MatrixView(Shares(x, 1).Slice(b * rows * inner, rows * inner), rows, inner),
                packed,
                Shares(result, 0).Slice(b * rows * columns, rows * columns),
                columns,
                false,
                Options.MaxDegreeOfParallelism);
        }

        return FinishProductAsync(result, shift, cancellationToken);

        MatrixView Right(int component, int matrix)
        {
            Span<ulong> words = Shares(y, component).Slice(matrix * inner * columns, inner * columns);
            return transposeRight ? new MatrixView(words, columns, inner).Transpose() : new MatrixView(words, inner, columns);
        }
    }

    /// <inheritdoc/>
    protected override ValueTask PackedMatMulCoreAsync(
        SecretTensor x, IDisposable packed, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(result);
        int inner = x.Shape[-1];
        int rows = x.Shape.Rows;
        var first = new MatrixView(Shares(x, 0), rows, inner);
        var second = new MatrixView(Shares(x, 1), rows, inner);
        var matrix = (PackedMatrix)packed;
        Span<ulong> z = Shares(result, 0);
        if (transposeRight)
        {
            RingMatrix.MultiplyTransposed(first, second, matrix, z, result.Shape[-1], false, Options.MaxDegreeOfParallelism);
        }
        else
        {
            RingMatrix.Multiply(first, second, matrix, z, result.Shape[-1], false, Options.MaxDegreeOfParallelism);
        }

        return FinishProductAsync(result, shift, cancellationToken);
    }

    /// <inheritdoc/>
    /// <remarks>[y_i + y_{i+1}; y_i], so that a product is one matrix product with twice the inner extent, and one with the transpose two, each with one half.</remarks>
    protected override IDisposable PackCore(SecretTensor y, bool transposed)
    {
        ArgumentNullException.ThrowIfNull(y);
        var first = new MatrixView(Shares(y, 0), y.Shape[0], y.Shape[1]);
        var second = new MatrixView(Shares(y, 1), y.Shape[0], y.Shape[1]);
        return transposed ? PackedMatrix.PackReplicated(first.Transpose(), second.Transpose(), MatrixPool) : PackedMatrix.PackReplicated(first, second, MatrixPool);
    }

    /// <inheritdoc/>
    protected override IDisposable PackCore(int rows, int columns, int fractionalBits, IEnumerable<(int Row, SecretTensor Run)> runs, bool transposed)
    {
        ArgumentNullException.ThrowIfNull(runs);
        int inner = transposed ? columns : rows;
        PackedMatrix packed = PackedMatrix.Create(checked(2 * inner), transposed ? rows : columns, MatrixPool);
        try
        {
            foreach ((int row, SecretTensor run) in runs)
            {
                var first = new MatrixView(Shares(run, 0), run.Shape[0], columns);
                var second = new MatrixView(Shares(run, 1), run.Shape[0], columns);
                if (transposed)
                {
                    packed.WriteSum(0, row, first.Transpose(), second.Transpose());
                    packed.Write(inner, row, first.Transpose());
                }
                else
                {
                    packed.WriteSum(row, 0, first, second);
                    packed.Write(inner + row, 0, first);
                }
            }

            return packed;
        }
        catch
        {
            packed.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    protected override ValueTask TruncateCoreAsync(SecretTensor x, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        Span<ulong> z = Shares(result, 0);
        Shares(x, 0).CopyTo(z);
        if (shift == 0)
        {
            Shares(x, 1).CopyTo(Shares(result, 1));
            return ValueTask.CompletedTask;
        }

        // Parties already know two components of x each: a fresh zero share makes the additive sharing independent of them.
        AddZeroShare(z);
        return TruncateAdditiveAsync(result, shift, cancellationToken);
    }

    /// <summary>Turns the additive sharing in component 0 of the result into a replicated sharing of its value / 2^shift.</summary>
    private ValueTask FinishProductAsync(SecretTensor result, int shift, CancellationToken cancellationToken) =>
        shift == 0 ? ReshareAsync(result, cancellationToken) : TruncateAdditiveAsync(result, shift, cancellationToken);

    private async ValueTask ReshareAsync(SecretTensor result, CancellationToken cancellationToken)
    {
        SendFirst();
        await ReceiveAsync(Next, Operations.Multiply, result, 1, cancellationToken).ConfigureAwait(false);

        void SendFirst()
        {
            Span<ulong> z = Shares(result, 0);
            foreach ((int start, int length) in new Chunks(z.Length))
            {
                Span<ulong> part = z.Slice(start, length);
                AddZeroShare(part);
                Send(Previous, Operations.Multiply, part);
            }
        }
    }

    private static void AddLocalProduct(ReadOnlySpan<ulong> x0, ReadOnlySpan<ulong> x1, ReadOnlySpan<ulong> y0, ReadOnlySpan<ulong> y1, Span<ulong> z)
    {
        Span<ulong> buffer = stackalloc ulong[Block];
        for (int start = 0; start < z.Length; start += Block)
        {
            int length = Math.Min(Block, z.Length - start);
            Span<ulong> sum = buffer[..length];
            Span<ulong> target = z.Slice(start, length);
            RingKernels.Add(y0.Slice(start, length), y1.Slice(start, length), sum);
            RingKernels.MultiplyAddInto(target, x0.Slice(start, length), sum);
            RingKernels.MultiplyAddInto(target, x1.Slice(start, length), y0.Slice(start, length));
        }
    }
}
