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

    private const int LeastRowsAtOnce = 128;

    // Up to so many rows the right factor of a matrix product is read where it is: transposed, and not.
    private const int RowsByDots = 2;
    private const int RowsInPlace = 8;

    // Who computes which part of a product of matrices. P1, which multiplies sums, has half the work, and more than the others to do in the truncation that follows.
    private const int SumParty = 1;
    private const int CrossParty = 2;

    // Beyond so many rows it is arranged once for all of them.
    private const int RowsByPieces = 256;

    private SecretBufferPool? MatrixPool => Options.RecycleMatrices ? Pool : null;

    /// <inheritdoc/>
    protected override ValueTask ProductCoreAsync(
        IReadOnlyList<SecretProduct> terms, SecretTensor? addend, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(terms);
        return FinishProductAsync(result, shift, AdditiveElements.ByRun(Compute), cancellationToken);

        void Compute(int start, int length)
        {
            Span<ulong> z = Shares(result, 0).Slice(start, length);
            if (addend is not null)
            {
                Shares(addend, 0).Slice(start, length).CopyTo(z);
            }

            bool accumulate = addend is not null;
            foreach ((SecretTensor left, SecretTensor right) in terms)
            {
                RingKernels.MultiplyCross(
                    Shares(left, 0).Slice(start, length),
                    Shares(left, 1).Slice(start, length),
                    Shares(right, 0).Slice(start, length),
                    Shares(right, 1).Slice(start, length),
                    z,
                    accumulate);
                accumulate = true;
            }
        }
    }

    /// <inheritdoc/>
    protected override ValueTask DotCoreAsync(SecretTensor x, SecretTensor y, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        int columns = x.Shape[-1];
        InParallel(result.Shape.Count, Math.Max(1, Grain / columns), (start, length) =>
        {
            for (int r = start; r < start + length; r++)
            {
                ReadOnlySpan<ulong> x0 = Shares(x, 0).Slice(r * columns, columns);
                ReadOnlySpan<ulong> x1 = Shares(x, 1).Slice(r * columns, columns);
                ReadOnlySpan<ulong> y0 = Shares(y, 0).Slice(r * columns, columns);
                ReadOnlySpan<ulong> y1 = Shares(y, 1).Slice(r * columns, columns);
                Shares(result, 0)[r] = RingKernels.DotCross(x0, x1, y0, y1);
            }
        });
        return FinishProductAsync(result, shift, default(AdditiveElements), cancellationToken);
    }

    /// <inheritdoc/>
    protected override async ValueTask MatMulCoreAsync(
        SecretTensor x, SecretTensor y, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        int inner = x.Shape[-1];
        int columns = y.Shape[transposeRight ? -2 : -1];
        int matrices = y.Shape.Count / (inner * columns);
        int rows = x.Shape.Count / (inner * matrices);
        int fewRows = transposeRight ? RowsByDots : RowsInPlace;
        int done = 0;
        PackedMatrix? packed = null;
        try
        {
            await FinishProductAsync(result, shift, Compute, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            packed?.Dispose();
        }

        void Compute(int start, int length)
        {
            while (done < start + length)
            {
                (int matrix, int row) = Math.DivRem(done / columns, rows);
                if (rows <= fewRows)
                {
                    MultiplyFew(matrix);
                    done += rows * columns;
                    continue;
                }

                int some = Math.Min(RowsAtOnce(columns), rows - row);
                if (rows <= RowsByPieces)
                {
                    MultiplyByPieces(matrix, done / columns, some);
                    done += some * columns;
                    continue;
                }

                if (row == 0)
                {
                    packed?.Dispose();
                    packed = CreatePacked(inner, columns, Pool);
                    WritePacked(packed, inner, 0, 0, Right(0, matrix), Right(1, matrix));
                }

                MultiplyRows(x, done / columns, some, packed!, transposed: false, Shares(result, 0), columns);
                done += some * columns;
            }
        }

        // Arranging the right factor, as a cache of keys and values, would cost more than the product.
        void MultiplyFew(int matrix)
        {
            Span<ulong> z = Shares(result, 0).Slice(matrix * rows * columns, rows * columns);
            ReadOnlySpan<ulong> x0 = Shares(x, 0).Slice(matrix * rows * inner, rows * inner);
            ReadOnlySpan<ulong> x1 = Shares(x, 1).Slice(matrix * rows * inner, rows * inner);
            MatrixView y0 = Right(0, matrix);
            MatrixView y1 = Right(1, matrix);
            if (transposeRight)
            {
                for (int i = 0; i < z.Length; i++)
                {
                    (int row, int column) = Math.DivRem(i, columns);
                    z[i] = RingKernels.DotCross(
                        x0.Slice(row * inner, inner), x1.Slice(row * inner, inner), y0.Values.Slice(column * inner, inner), y1.Values.Slice(column * inner, inner));
                }

                return;
            }

            // x0 (y0 + y1) + x1 y0 = (x0 + x1) y0 + x0 y1.
            using SecretBuffer sum = Pool.Rent(x0.Length);
            RingKernels.Add(x0, x1, sum.Span);
            RingMatrix.Multiply(new MatrixView(sum.Span, rows, inner), y0, z, columns, false, Options.MaxDegreeOfParallelism);
            RingMatrix.Multiply(new MatrixView(x0, rows, inner), y1, z, columns, true, Options.MaxDegreeOfParallelism);
        }

        // The same five products as of a packed factor, without arranging it: pieces of it are copied, and added, as they are needed.
        void MultiplyByPieces(int matrix, int row, int some)
        {
            Span<ulong> z = Shares(result, 0).Slice(row * columns, some * columns);
            ReadOnlySpan<ulong> x0 = Shares(x, 0).Slice(row * inner, some * inner);
            ReadOnlySpan<ulong> x1 = Shares(x, 1).Slice(row * inner, some * inner);
            MatrixView y0 = Right(0, matrix);
            MatrixView y1 = Right(1, matrix);
            if (PartyId == CrossParty)
            {
                RingMatrix.Multiply(new MatrixView(x0, some, inner), y1, z, columns, false, Options.MaxDegreeOfParallelism);
                RingMatrix.Multiply(new MatrixView(x1, some, inner), y0, z, columns, true, Options.MaxDegreeOfParallelism);
                return;
            }

            using SecretBuffer sum = Pool.Rent(x0.Length);
            RingKernels.Add(x0, x1, sum.Span);
            var whole = new MatrixView(sum.Span, some, inner);
            if (PartyId == SumParty)
            {
                RingMatrix.MultiplySum(whole, y0, y1, z, columns, false, Options.MaxDegreeOfParallelism);
                return;
            }

            RingMatrix.Multiply(whole, y0, z, columns, false, Options.MaxDegreeOfParallelism);
            RingMatrix.Multiply(new MatrixView(x0, some, inner), y1, z, columns, true, Options.MaxDegreeOfParallelism);
        }

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
        int rows = x.Shape.Rows;
        int columns = result.Shape[-1];
        int done = 0;
        return FinishProductAsync(result, shift, Compute, cancellationToken);

        void Compute(int start, int length)
        {
            for (; done * columns < start + length; done += RowsAtOnce(columns))
            {
                MultiplyRows(x, done, Math.Min(RowsAtOnce(columns), rows - done), (PackedMatrix)packed, transposeRight, Shares(result, 0), columns);
            }
        }
    }

    /// <summary>The rows of a matrix product that are computed before their part of the result is sent: a chunk's, and enough for the right factor to be read seldom.</summary>
    private static int RowsAtOnce(int columns) => Math.Max(LeastRowsAtOnce, ((Chunks.Size / columns) + 7) / 8 * 8);

    private void MultiplyRows(SecretTensor x, int row, int rows, PackedMatrix packed, bool transposed, Span<ulong> z, int columns)
    {
        int inner = x.Shape[-1];
        Span<ulong> target = z.Slice(row * columns, rows * columns);
        if (PartyId == SumParty)
        {
            using SecretBuffer sum = Pool.Rent(rows * inner);
            RingKernels.Add<ulong>(Shares(x, 0).Slice(row * inner, rows * inner), Shares(x, 1).Slice(row * inner, rows * inner), sum.Span);
            var whole = new MatrixView(sum.Span, rows, inner);
            if (transposed)
            {
                RingMatrix.MultiplyTransposed(whole, packed, target, columns, false, Options.MaxDegreeOfParallelism);
            }
            else
            {
                RingMatrix.Multiply(whole, packed, target, columns, false, Options.MaxDegreeOfParallelism);
            }

            return;
        }

        var first = new MatrixView(Shares(x, 0).Slice(row * inner, rows * inner), rows, inner);
        var second = new MatrixView(Shares(x, 1).Slice(row * inner, rows * inner), rows, inner);
        if (transposed)
        {
            RingMatrix.MultiplyTransposed(first, second, packed, target, columns, false, Options.MaxDegreeOfParallelism);
        }
        else
        {
            RingMatrix.Multiply(first, second, packed, target, columns, false, Options.MaxDegreeOfParallelism);
        }
    }

    /// <inheritdoc/>
    protected override IDisposable PackCore(SecretTensor y, bool transposed)
    {
        ArgumentNullException.ThrowIfNull(y);
        return PackCore(y.Shape[0], y.Shape[1], y.FractionalBits, [(0, y)], transposed);
    }

    /// <inheritdoc/>
    protected override IDisposable PackCore(int rows, int columns, int fractionalBits, IEnumerable<(int Row, SecretTensor Run)> runs, bool transposed)
    {
        ArgumentNullException.ThrowIfNull(runs);
        int inner = transposed ? columns : rows;
        PackedMatrix packed = CreatePacked(inner, transposed ? rows : columns, MatrixPool);
        try
        {
            foreach ((int row, SecretTensor run) in runs)
            {
                var first = new MatrixView(Shares(run, 0), run.Shape[0], columns);
                var second = new MatrixView(Shares(run, 1), run.Shape[0], columns);
                if (transposed)
                {
                    WritePacked(packed, inner, 0, row, first.Transpose(), second.Transpose());
                }
                else
                {
                    WritePacked(packed, inner, row, 0, first, second);
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

    /// <summary>
    /// The nine products x_a y_b of summands in five products of matrices: party 1 computes (x1 + x2)(y1 + y2), party 2 x2 y0 + x0 y2, party 0 x0 (y0 + y1) + x1 y0.
    /// One party's four products in one need x_a y_a of both its summands, so no two parties can; five are the least.
    /// </summary>
    private PackedMatrix CreatePacked(int inner, int columns, SecretBufferPool? pool) => PackedMatrix.Create(PartyId == SumParty ? inner : checked(2 * inner), columns, pool);

    /// <summary>Arranges rows of the right factor from its two components: their sum at party 1, one above the other at party 2, [sum; first] at party 0.</summary>
    private void WritePacked(PackedMatrix packed, int inner, int row, int column, MatrixView first, MatrixView second)
    {
        if (PartyId == CrossParty)
        {
            packed.Write(row, column, second);
        }
        else
        {
            packed.WriteSum(row, column, first, second);
        }

        if (PartyId != SumParty)
        {
            packed.Write(inner + row, column, first);
        }
    }

    /// <inheritdoc/>
    protected override ValueTask TruncateCoreAsync(SecretTensor x, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        if (shift == 0)
        {
            Shares(x, 0).CopyTo(Shares(result, 0));
            Shares(x, 1).CopyTo(Shares(result, 1));
            return ValueTask.CompletedTask;
        }

        // Parties already know two components of x each: a fresh zero share makes the additive sharing independent of them.
        ZeroShare zeros = ReserveZeroShare(Purpose.Zero, x.Shape.Count);
        return TruncateAdditiveAsync(result, shift, 64, AdditiveElements.ByRun(Compute), cancellationToken);

        void Compute(int start, int length)
        {
            Span<ulong> z = Shares(result, 0).Slice(start, length);
            Shares(x, 0).Slice(start, length).CopyTo(z);
            zeros.Add(start, z);
        }
    }

    private ValueTask FinishProductAsync(SecretTensor result, int shift, Action<int, int> compute, CancellationToken cancellationToken) =>
        FinishProductAsync(result, shift, AdditiveElements.ByFrame(compute), cancellationToken);

    /// <summary>Turns the additive sharing in component 0 of the result into a replicated sharing of its value / 2^shift.</summary>
    private ValueTask FinishProductAsync(SecretTensor result, int shift, AdditiveElements sharing, CancellationToken cancellationToken) =>
        shift == 0 ? ReshareAsync(result, sharing, cancellationToken) : TruncateAdditiveAsync(result, shift, 64, sharing, cancellationToken);

    private async ValueTask ReshareAsync(SecretTensor result, AdditiveElements sharing, CancellationToken cancellationToken)
    {
        ZeroShare zeros = ReserveZeroShare(Purpose.Zero, result.Shape.Count);
        SendFirst();
        await ReceiveAsync(Next, Operations.Multiply, result, 1, cancellationToken).ConfigureAwait(false);

        void SendFirst()
        {
            foreach ((int start, int length) in new Chunks(result.Shape.Count))
            {
                sharing.ComputeFrame(start, length);
                FrameBuffer frame = Previous.Rent(length * sizeof(ulong));
                InParallel(length, Grain, (from, count) =>
                {
                    sharing.ComputeRun(start + from, count);
                    Span<ulong> z = Shares(result, 0).Slice(start + from, count);
                    zeros.Add(start + from, z);
                    z.CopyTo(frame.Words[from..]);
                });
                Previous.Send(frame, Operations.Multiply);
            }
        }
    }
}
