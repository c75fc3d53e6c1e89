namespace SecureTransformer.Protocols;

/// <summary>Two factors of one term in a sum of products; the right one is broadcast to the shape of the left.</summary>
public readonly record struct SecretProduct(SecretTensor Left, SecretTensor Right);

/// <content>Products with the truncation fused in.</content>
public abstract partial class MpcSession
{
    /// <summary>x times y, element by element, truncated to the wanted fractional bits. <paramref name="y"/> is broadcast to the shape of <paramref name="x"/>.</summary>
    /// <param name="x">The left factor; its shape is the result's.</param>
    /// <param name="y">The right factor.</param>
    /// <param name="fractionalBits">The fractional bits of the result; by default the larger of the two operands'. At their sum nothing is truncated.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>The product before truncation must lie in [-2^62, 2^62) as a ring element. The cost is one product, plus one truncation unless nothing is truncated.</remarks>
    public ValueTask<SecretTensor> MultiplyAsync(SecretTensor x, SecretTensor y, int? fractionalBits = null, CancellationToken cancellationToken = default) =>
        SumOfProductsAsync([new SecretProduct(x, y)], null, fractionalBits, cancellationToken);

    /// <summary>x squared, element by element, truncated to the wanted fractional bits.</summary>
    /// <inheritdoc cref="MultiplyAsync"/>
    public ValueTask<SecretTensor> SquareAsync(SecretTensor x, int? fractionalBits = null, CancellationToken cancellationToken = default) =>
        SumOfProductsAsync([new SecretProduct(x, x)], null, fractionalBits, cancellationToken);

    /// <summary>A sum of element-wise products with one truncation for all of them.</summary>
    /// <param name="terms">The products; all left factors have the result's shape, and all terms the same sum of fractional bits.</param>
    /// <param name="addend">A tensor with as many fractional bits as the untruncated products, added before the truncation; or null.</param>
    /// <param name="fractionalBits">The fractional bits of the result; by default the largest of the first term's operands'.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>Costs as much as one product. Some protocols save by right factors that are repeated.</remarks>
    /// <exception cref="ArgumentException">Shapes or fractional bits do not match.</exception>
    public async ValueTask<SecretTensor> SumOfProductsAsync(
        IReadOnlyList<SecretProduct> terms, SecretTensor? addend = null, int? fractionalBits = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(terms);
        if (terms.Count == 0)
        {
            throw new ArgumentException("A sum of products has at least one term.", nameof(terms));
        }

        TensorShape shape = terms[0].Left.Shape;
        int total = terms[0].Left.FractionalBits + terms[0].Right.FractionalBits;
        int wanted = fractionalBits ?? Math.Max(terms[0].Left.FractionalBits, terms[0].Right.FractionalBits);
        int shift = RequireShift(total, wanted);
        for (int i = 0; i < terms.Count; i++)
        {
            (SecretTensor left, SecretTensor right) = terms[i];
            Require(left, nameof(terms));
            Require(right, nameof(terms));
            if (left.Shape != shape || left.FractionalBits + right.FractionalBits != total)
            {
                throw new ArgumentException($"Term {i} has the shape {left.Shape} and {left.FractionalBits + right.FractionalBits} fractional bits; term 0 has {shape} and {total}.", nameof(terms));
            }
        }

        if (addend is not null)
        {
            Require(addend);
            if (addend.FractionalBits != total)
            {
                throw new ArgumentException($"The addend has {addend.FractionalBits} fractional bits and the untruncated products {total}.", nameof(addend));
            }
        }

        // No scope: it would own what the caller makes while this waits.
        var repeated = new List<SecretTensor>();
        try
        {
            SecretProduct[] equal = [.. terms.Select(term => new SecretProduct(term.Left, Repeat(term.Right)))];
            addend = addend is null ? null : Repeat(addend, isAddend: true);
            SecretTensor result = Allocate(shape, wanted);
            await RunAsync("multiply", shape.Count, terms.Count, ct => Done(ProductCoreAsync(equal, addend, shift, result, ct)), cancellationToken).ConfigureAwait(false);
            return result;
        }
        finally
        {
            foreach (SecretTensor tensor in repeated)
            {
                tensor.Dispose();
            }
        }

        SecretTensor Repeat(SecretTensor tensor, bool isAddend = false)
        {
            if (tensor.Shape == shape || (!isAddend && RepeatsFactor(tensor.Shape, shape)))
            {
                return tensor;
            }

            SecretTensor wide = BroadcastTo(tensor, shape);
            repeated.Add(wide);
            return wide;
        }
    }

    /// <summary>The inner products of the rows of x and y along the last axis, which stays with extent 1, truncated to the wanted fractional bits.</summary>
    /// <remarks>Costs one product (and one truncation) for each row, whatever its length.</remarks>
    /// <exception cref="ArgumentException">The shapes differ.</exception>
    public async ValueTask<SecretTensor> DotAsync(SecretTensor x, SecretTensor y, int? fractionalBits = null, CancellationToken cancellationToken = default)
    {
        RequireSameShape(x, y);
        int total = x.FractionalBits + y.FractionalBits;
        int wanted = fractionalBits ?? Math.Max(x.FractionalBits, y.FractionalBits);
        int shift = RequireShift(total, wanted);
        SecretTensor result = Allocate(x.Shape.With(-1, 1), wanted);
        await RunAsync("dot", result.Shape.Count, x.Shape[-1], ct => Done(DotCoreAsync(x, y, shift, result, ct)), cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>Batched matrix products: [..., M, K] times [..., K, N] gives [..., M, N], truncated to the wanted fractional bits.</summary>
    /// <param name="x">The left matrices.</param>
    /// <param name="y">The right matrices, with the same leading axes; [..., N, K] when <paramref name="transposeRight"/>.</param>
    /// <param name="transposeRight">Whether the right matrices are given transposed.</param>
    /// <param name="fractionalBits">The fractional bits of the result; by default the larger of the two operands'. At their sum nothing is truncated.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>The cost is that of one product (and truncation) for each element of the result, whatever K.</remarks>
    /// <exception cref="ArgumentException">The shapes do not match; the message names both.</exception>
    public async ValueTask<SecretTensor> MatMulAsync(
        SecretTensor x, SecretTensor y, bool transposeRight = false, int? fractionalBits = null, CancellationToken cancellationToken = default)
    {
        Require(x);
        Require(y);
        int rank = x.Shape.Rank;
        bool fits = rank >= 2 && y.Shape.Rank == rank && x.Shape[-1] == y.Shape[transposeRight ? -1 : -2];
        for (int i = 0; fits && i < rank - 2; i++)
        {
            fits = x.Shape[i] == y.Shape[i];
        }

        if (!fits)
        {
            throw new ArgumentException($"Matrix product of shapes {x.Shape} and {y.Shape}{(transposeRight ? " (transposed)" : "")}: the inner extents or the leading axes differ.", nameof(y));
        }

        int total = x.FractionalBits + y.FractionalBits;
        int wanted = fractionalBits ?? Math.Max(x.FractionalBits, y.FractionalBits);
        int shift = RequireShift(total, wanted);
        SecretTensor result = Allocate(x.Shape.With(-1, y.Shape[transposeRight ? -2 : -1]), wanted);
        await RunAsync("matmul", result.Shape.Count, x.Shape[-1], ct => Done(MatMulCoreAsync(x, y, transposeRight, shift, result, ct)), cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>
    /// Matrix products with a matrix arranged by <see cref="Pack(SecretTensor, bool)"/>: [..., K] times [K, N] gives [..., N]; or with its transpose,
    /// [..., N] times [K, N] gives [..., K].
    /// </summary>
    /// <param name="x">The left rows.</param>
    /// <param name="y">The right matrix. One arrangement serves both products.</param>
    /// <param name="transposeRight">Whether the right matrix is used transposed.</param>
    /// <param name="fractionalBits">The fractional bits of the result; by default the larger of the two operands'. At their sum nothing is truncated.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>
    /// The cost is that of one product (and truncation) for each element of the result, whatever K and N. Transposed, the local work is as fast for up to about eight
    /// rows and slower for many: a matrix that is only used transposed is better arranged so.
    /// </remarks>
    /// <exception cref="ArgumentException">The shapes do not match; the message names both.</exception>
    public async ValueTask<SecretTensor> MatMulAsync(
        SecretTensor x, SecretMatrix y, bool transposeRight = false, int? fractionalBits = null, CancellationToken cancellationToken = default)
    {
        Require(x);
        ArgumentNullException.ThrowIfNull(y);
        RequireOwner(y.Session, nameof(y));
        if (x.Shape.Rank == 0 || x.Shape[-1] != (transposeRight ? y.Columns : y.Rows))
        {
            throw new ArgumentException($"Matrix product of the shapes {x.Shape} and [{y.Rows}, {y.Columns}]{(transposeRight ? " (transposed)" : "")}: the inner extents differ.", nameof(y));
        }

        int total = x.FractionalBits + y.FractionalBits;
        int wanted = fractionalBits ?? Math.Max(x.FractionalBits, y.FractionalBits);
        int shift = RequireShift(total, wanted);
        IDisposable payload = y.Payload;
        SecretTensor result = Allocate(x.Shape.With(-1, transposeRight ? y.Rows : y.Columns), wanted);
        await RunAsync("matmul", result.Shape.Count, x.Shape[-1], ct => Done(PackedMatMulCoreAsync(x, payload, transposeRight, shift, result, ct)), cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>
    /// Does now, as setup, what products with the matrices packed so far in this session cost once: additive sharing opens them masked. Otherwise each is done at its first
    /// product, and again in every session opened under this one. Costs nothing where a protocol does nothing of the kind.
    /// </summary>
    public async ValueTask PrepareMatricesAsync(CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        await RunAsync("prepare matrices", ct => Done(PrepareMatricesCoreAsync(ct)), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Arranges a secret matrix [K, N] (or [N, K], transposed) for many products. The tensor is not needed afterwards. Local.</summary>
    /// <exception cref="ArgumentException">The tensor is not a matrix.</exception>
    public SecretMatrix Pack(SecretTensor y, bool transposed = false)
    {
        Require(y);
        if (y.Shape.Rank != 2)
        {
            throw new ArgumentException($"A matrix has two axes; this tensor has the shape {y.Shape}.", nameof(y));
        }

        (int rows, int columns) = transposed ? (y.Shape[1], y.Shape[0]) : (y.Shape[0], y.Shape[1]);
        var matrix = new SecretMatrix(this, rows, columns, y.FractionalBits, PackCore(y, transposed));
        Remember(matrix);
        return matrix;
    }

    /// <summary>
    /// Arranges a secret matrix that is given as runs of its rows (of [N, K], when transposed), one after another, so that it never stands in memory beside its
    /// arrangement. Each run is disposed once it is in. Local.
    /// </summary>
    /// <param name="rows">The rows of all runs together.</param>
    /// <param name="columns">The columns of each run.</param>
    /// <param name="fractionalBits">The fractional bits of each run.</param>
    /// <param name="runs">The runs; they may be made while they are asked for.</param>
    /// <param name="transposed">Whether the runs are of the matrix transposed.</param>
    /// <exception cref="ArgumentException">A run does not fit, or the runs have too few rows.</exception>
    public SecretMatrix Pack(int rows, int columns, int fractionalBits, IEnumerable<SecretTensor> runs, bool transposed = false)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(columns, 1);
        ArgumentNullException.ThrowIfNull(runs);
        ObjectDisposedException.ThrowIf(_disposed, this);
        IDisposable payload = PackCore(rows, columns, fractionalBits, Checked(), transposed);
        SecretMatrix matrix = transposed
            ? new SecretMatrix(this, columns, rows, fractionalBits, payload)
            : new SecretMatrix(this, rows, columns, fractionalBits, payload);
        Remember(matrix);
        return matrix;

        IEnumerable<(int Row, SecretTensor Run)> Checked()
        {
            int row = 0;
            foreach (SecretTensor run in runs)
            {
                using (run)
                {
                    Require(run, nameof(runs));
                    if (run.Shape.Rank != 2 || run.Shape[1] != columns || run.Shape[0] > rows - row || run.FractionalBits != fractionalBits)
                    {
                        throw new ArgumentException($"After {row} rows of [{rows}, {columns}] with {fractionalBits} fractional bits, the run {run} does not fit.", nameof(runs));
                    }

                    yield return (row, run);
                    row += run.Shape[0];
                }
            }

            if (row != rows)
            {
                throw new ArgumentException($"The runs have {row} of {rows} rows.", nameof(runs));
            }
        }
    }

    /// <summary>
    /// x with fewer fractional bits. Each element is rounded down or up, with an error strictly below one unit in the last place
    /// and the mean zero over the protocol's randomness.
    /// </summary>
    /// <remarks>The value must lie in [-2^62, 2^62) as a ring element.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The result would have more fractional bits than x.</exception>
    public async ValueTask<SecretTensor> TruncateAsync(SecretTensor x, int fractionalBits, CancellationToken cancellationToken = default)
    {
        Require(x);
        int shift = RequireShift(x.FractionalBits, fractionalBits);
        SecretTensor result = Allocate(x.Shape, fractionalBits);
        await RunAsync("truncate", x.Shape.Count, 0, ct => Done(TruncateCoreAsync(x, shift, result, ct)), cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>
    /// x with fewer fractional bits, always rounded down: the result depends on x alone, and not on how a protocol's randomness fell.
    /// Over float64, where nothing is truncated, it is x.
    /// </summary>
    /// <param name="x">The tensor; its values must lie in [-2^62, 2^62) as ring elements.</param>
    /// <param name="fractionalBits">The fractional bits of the result, at most 61 fewer than those of <paramref name="x"/>.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>Costs a truncation, a comparison on one bit more than is truncated, and a conversion of its bits to numbers.</remarks>
    /// <exception cref="ArgumentOutOfRangeException">The result would have more fractional bits than x, or more than 61 fewer.</exception>
    public ValueTask<SecretTensor> TruncateExactAsync(SecretTensor x, int fractionalBits, CancellationToken cancellationToken = default)
    {
        Require(x);
        int shift = RequireShift(x.FractionalBits, fractionalBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(shift, 61, nameof(fractionalBits));
        return ComposeAsync("exact truncation", async () =>
        {
            SecretTensor y = await TruncateAsync(x, fractionalBits, cancellationToken).ConfigureAwait(false);
            if (shift == 0)
            {
                return y;
            }

            // y is the floor or one more; x - y 2^shift lies in (-2^shift, 2^shift), below zero where it is one more.
            SecretTensor rest = Subtract(x, MultiplyPublic(y, 1, shift));
            SecretBits roundedUp = await LessThanZeroAsync(rest, shift + 1, cancellationToken).ConfigureAwait(false);
            SecretTensor unit = await ToArithmeticAsync(roundedUp, cancellationToken).ConfigureAwait(false);
            return Subtract(y, MultiplyPowerOfTwo(unit, -fractionalBits));
        });
    }

    /// <summary>
    /// Whether <see cref="ProductCoreAsync"/> takes a right factor of this shape as it is, and repeats it to the result's shape by itself. By default it does not, and
    /// factors are repeated before.
    /// </summary>
    protected virtual bool RepeatsFactor(TensorShape factor, TensorShape shape) => false;

    /// <summary>result = (sum of left * right + addend) / 2^shift; all of the result's shape, but for right factors that the protocol repeats: <see cref="RepeatsFactor"/>.</summary>
    protected abstract ValueTask ProductCoreAsync(IReadOnlyList<SecretProduct> terms, SecretTensor? addend, int shift, SecretTensor result, CancellationToken cancellationToken);

    /// <summary>result[r] = (row r of x times row r of y) / 2^shift.</summary>
    protected abstract ValueTask DotCoreAsync(SecretTensor x, SecretTensor y, int shift, SecretTensor result, CancellationToken cancellationToken);

    /// <summary>result = x y / 2^shift, matrix by matrix.</summary>
    protected abstract ValueTask MatMulCoreAsync(SecretTensor x, SecretTensor y, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken);

    /// <summary>result = x y / 2^shift, or with the transpose of y, with y as <see cref="PackCore(SecretTensor, bool)"/> arranged it.</summary>
    protected virtual ValueTask PackedMatMulCoreAsync(
        SecretTensor x, IDisposable packed, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        var matrix = (PackedTensor)packed;
        SecretTensor flat = View(x, new TensorShape(x.Shape.Rows, x.Shape[-1]), 0, x.FractionalBits);
        return MatMulCoreAsync(flat, matrix.Tensor, matrix.Transposed != transposeRight, shift, result, cancellationToken);
    }

    /// <summary>What products with packed matrices cost once, before the first. By default nothing.</summary>
    protected virtual ValueTask PrepareMatricesCoreAsync(CancellationToken cancellationToken) => ValueTask.CompletedTask;

    /// <summary>Arranges a matrix for many products; the result is zeroed when disposed. By default it keeps the shares as they are.</summary>
    protected virtual IDisposable PackCore(SecretTensor y, bool transposed) => new PackedTensor(this, y, transposed);

    /// <summary>As above, from runs of rows, which are read one after another and each until the next. By default a tensor is put together and arranged.</summary>
    protected virtual IDisposable PackCore(int rows, int columns, int fractionalBits, IEnumerable<(int Row, SecretTensor Run)> runs, bool transposed)
    {
        ArgumentNullException.ThrowIfNull(runs);
        using SecretTensor whole = Allocate(new TensorShape(rows, columns), fractionalBits);
        foreach ((int row, SecretTensor run) in runs)
        {
            for (int c = 0; c < Components; c++)
            {
                run.Words(c).CopyTo(whole.Words(c)[(row * columns * WordsPerElement)..]);
            }
        }

        return PackCore(whole, transposed);
    }

    /// <summary>result = x / 2^shift.</summary>
    protected abstract ValueTask TruncateCoreAsync(SecretTensor x, int shift, SecretTensor result, CancellationToken cancellationToken);

    private static int RequireShift(int total, int wanted)
    {
        if (wanted < 0 || wanted > total || total > 62)
        {
            throw new ArgumentOutOfRangeException(nameof(wanted), wanted, $"The untruncated result has {total} fractional bits (at most 62); the wanted number must lie between 0 and that.");
        }

        return total - wanted;
    }

    private static async ValueTask<bool> Done(ValueTask task)
    {
        await task.ConfigureAwait(false);
        return true;
    }

    /// <summary>A matrix kept as it is.</summary>
    private protected sealed class PackedTensor : IDisposable
    {
        public PackedTensor(MpcSession session, SecretTensor y, bool transposed)
        {
            Tensor = session.View(y, y.Shape, 0, y.FractionalBits);
            Transposed = transposed;
            // The view outlives the scope it was made in: it belongs to the matrix.
            Tensor.Scope.Forget(Tensor);
            Tensor.Scope = session._root;
            session._root.Add(Tensor);
        }

        public SecretTensor Tensor { get; }

        public bool Transposed { get; }

        public void Dispose() => Tensor.Dispose();
    }
}
