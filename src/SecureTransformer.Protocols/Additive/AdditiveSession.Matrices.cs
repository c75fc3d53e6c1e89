using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Additive;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Products with a matrix W that is kept: its mask B is fixed for the session that packed it, and F = W - B is opened once, as setup. For each product a fresh mask A of
/// x is drawn and E = x - A opened; x W = E W + A F + A B, so that a party multiplies (E, its share of A) by [its share of W; F], packed once. A B is dealt. The transpose
/// goes the same way: x W^T = E W^T + A F^T + A B^T.
/// </content>
public sealed partial class AdditiveSession
{
    private readonly SortedDictionary<int, MaskedMatrix> _unopened = [];
    private readonly Dictionary<MaskedMatrix, (PackedMatrix Packed, Action Forget)> _inherited = [];
    private readonly Lock _matrices = new();
    private int _nextMatrix;

    /// <inheritdoc/>
    protected override IDisposable PackCore(SecretTensor y, bool transposed)
    {
        ArgumentNullException.ThrowIfNull(y);
        RequireOperand(y.Shape.Count);
        var holder = new PackedTensor(this, y, transposed);
        (int rows, int columns) = transposed ? (y.Shape[1], y.Shape[0]) : (y.Shape[0], y.Shape[1]);
        var matrix = new MaskedMatrix(this, _nextMatrix++, rows, columns, transposed, holder.Tensor, holder);
        matrix.Disposed += () =>
        {
            lock (_matrices)
            {
                _unopened.Remove(matrix.Number);
            }
        };
        lock (_matrices)
        {
            _unopened.Add(matrix.Number, matrix);
        }

        return matrix;
    }

    /// <inheritdoc/>
    /// <remarks>One round for each matrix, 8 bytes an element from each party to each other.</remarks>
    protected override async ValueTask PrepareMatricesCoreAsync(CancellationToken cancellationToken)
    {
        MaskedMatrix[] matrices;
        lock (_matrices)
        {
            matrices = [.. _unopened.Values];
        }

        foreach (MaskedMatrix matrix in matrices)
        {
            await OpenAsync(matrix, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    protected override async ValueTask PackedMatMulCoreAsync(
        SecretTensor x, IDisposable packed, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(result);
        var matrix = (MaskedMatrix)packed;
        int inner = x.Shape[-1];
        int rows = x.Shape.Rows;
        int columns = result.Shape[-1];
        RequireOperand(x.Shape.Count);
        RequireOperand(result.Shape.Count);
        PackedMatrix opened = await OpenAsync(matrix, cancellationToken).ConfigureAwait(false);
        var material = new FixedMatrixMaterial(LevelOf(matrix.Owner), matrix.Number, rows, matrix.Rows, matrix.Columns, matrix.Transposed, transposeRight, shift);
        await _material.RequestAsync(material, cancellationToken).ConfigureAwait(false);
        using SecretBuffer a = Pool.Rent(x.Shape.Count);
        using SecretBuffer e = Pool.Rent(x.Shape.Count);
        StartOpening(x, a, e);
        await FinishOpeningAsync(e, x.Shape.Count, cancellationToken).ConfigureAwait(false);
        var left = new MatrixView(e.Span, rows, inner);
        var mask = new MatrixView(a.Span, rows, inner);
        if (transposeRight)
        {
            RingMatrix.MultiplyTransposed(left, mask, opened, Shares(result, 0), columns, false, Options.MaxDegreeOfParallelism);
        }
        else
        {
            RingMatrix.Multiply(left, mask, opened, Shares(result, 0), columns, false, Options.MaxDegreeOfParallelism);
        }

        StartOutput(result, shift);
        await FinishOutputAsync(result, shift, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// [the own share of W; W - B]. The session that packed a matrix keeps it; one opened under that opens what had not been prepared for itself, under the same mask, since the
    /// sessions beside it may not have come so far.
    /// </summary>
    private async ValueTask<PackedMatrix> OpenAsync(MaskedMatrix matrix, CancellationToken cancellationToken)
    {
        if (matrix.Opened is { } known)
        {
            return known;
        }

        lock (_matrices)
        {
            if (_inherited.TryGetValue(matrix, out (PackedMatrix Packed, Action) inherited))
            {
                return inherited.Packed;
            }
        }

        PackedMatrix opened = await OpenAsync(matrix, LevelOf(matrix.Owner), cancellationToken).ConfigureAwait(false);
        if (ReferenceEquals(matrix.Owner, this))
        {
            matrix.Keep(opened);
            lock (_matrices)
            {
                _unopened.Remove(matrix.Number);
            }

            return opened;
        }

        void Forget()
        {
            lock (_matrices)
            {
                if (_inherited.Remove(matrix))
                {
                    opened.Dispose();
                }
            }
        }

        lock (_matrices)
        {
            _inherited.Add(matrix, (opened, Forget));
        }

        matrix.Disposed += Forget;
        return opened;
    }

    private async ValueTask<PackedMatrix> OpenAsync(MaskedMatrix matrix, int level, CancellationToken cancellationToken)
    {
        TrafficPhase before = Meter.Phase;
        Meter.Phase = TrafficPhase.Setup;
        try
        {
            TensorShape shape = matrix.Share.Shape;
            if (_maskKeys.TagsOf(level) is { } tags)
            {
                await BindAsync(tags, matrix, cancellationToken).ConfigureAwait(false);
            }

            using SecretBuffer own = Pool.Rent(shape.Count);
            using SecretBuffer opened = Pool.Rent(shape.Count);
            Start();
            for (int start = 0; start < shape.Count; start += Chunks.Size)
            {
                int at = start;
                int length = Math.Min(Chunks.Size, shape.Count - start);
                await AddReceivedAsync(Operations.OpenMatrix, () => opened.Span.Slice(at, length), length, xor: false, cancellationToken).ConfigureAwait(false);
            }

            RingKernels.SubtractInto<ulong>(own.Span, opened.Span);
            return PackedMatrix.PackReplicated(View(opened), View(own));

            void Start()
            {
                using AesCtrPrg share = _maskKeys.Open(level, matrix.Number);
                lock (matrix)
                {
                    Shares(matrix.Share, 0).CopyTo(own.Span);
                }

                foreach ((int start, int length) in new Chunks(shape.Count))
                {
                    // W - B, with the mask drawn where its difference from the share is to stand.
                    Span<ulong> run = opened.Span.Slice(start, length);
                    share.Fill(run);
                    RingKernels.Subtract<ulong>(own.Span.Slice(start, length), run, run);
                    SendToAll(Operations.OpenMatrix, run);
                }
            }

            MatrixView View(SecretBuffer buffer)
            {
                var view = new MatrixView(buffer.Span, shape[0], shape[1]);
                return matrix.Transposed ? view.Transpose() : view;
            }
        }
        finally
        {
            Meter.Phase = before;
        }
    }

    /// <summary>
    /// Before a matrix is opened under a mask from a store: makes sure on shares that it is the matrix which the mask was used for before, or notes what it is used for now.
    /// One round. Nothing is revealed but whether they are the same; where they are not, two random linear combinations of their difference, which are not compared again.
    /// </summary>
    private async ValueTask BindAsync(WeightTags tags, MaskedMatrix matrix, CancellationToken cancellationToken)
    {
        if (PartyId != 0)
        {
            await CompareTagsAsync(tags, matrix, cancellationToken).ConfigureAwait(false);
            return;
        }

        // Nobody notes anything before party 0 has spoken.
        await tags.Comparison.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await CompareTagsAsync(tags, matrix, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            tags.Comparison.Release();
        }
    }

    private async ValueTask CompareTagsAsync(WeightTags tags, MaskedMatrix matrix, CancellationToken cancellationToken)
    {
        int attempt = tags.Failed;
        if (attempt >= WeightTags.Attempts)
        {
            throw new ProtocolException(
                $"Other weights were tried {WeightTags.Attempts} times with the stored material, and what that told of the first is enough. Have the dealer make new material.");
        }

        bool wasMasked;
        lock (matrix)
        {
            wasMasked = matrix.WasMasked ??= tags.Find(matrix.Number) is not null;
        }

        // All parties must be at the same attempt.
        ulong state = wasMasked ? 1UL + (ulong)attempt : 0;
        using SecretBuffer difference = Pool.Rent(1 + WeightTags.Words);
        Start();
        bool differs = false;
        foreach (IChannel peer in Peers)
        {
            using FrameBuffer frame = await peer.ReceiveAsync(Operations.WeightTag, (1 + WeightTags.Words) * sizeof(ulong), cancellationToken).ConfigureAwait(false);
            differs |= frame.Words[0] != state;
            RingKernels.AddInto<ulong>(difference.Span[1..], frame.Words[1..]);
        }

        if (differs)
        {
            throw new ProtocolException(
                "The parties do not all remember what weights their stored material was used for: one party's folder comes from a backup, or the first load broke off. Have the dealer make new material.");
        }

        if (!wasMasked)
        {
            tags.Add(matrix.Number, tags.Of(matrix.Number, Shares(matrix.Share, 0), Pool));
        }
        else if (difference.Span[1..].ContainsAnyExcept(0UL))
        {
            tags.Fail(attempt);
            throw new ProtocolException("The stored material was used for other weights before, and its masks must not hide two models. Have the dealer make new material for this one.");
        }

        void Start()
        {
            difference.Span[0] = state;
            Span<ulong> words = difference.Span[1..];
            words.Clear();
            if (wasMasked)
            {
                tags.Of(matrix.Number, Shares(matrix.Share, 0), attempt, words, Pool);
                RingKernels.SubtractInto<ulong>(words, tags.Find(matrix.Number).AsSpan(attempt * WeightTags.Words, WeightTags.Words));
            }

            AddZeroShare(words);
            SendToAll(Operations.WeightTag, difference.Span);
        }
    }

    private void ForgetMatrices()
    {
        foreach ((MaskedMatrix matrix, (_, Action forget)) in _inherited.ToArray())
        {
            matrix.Disposed -= forget;
            forget();
        }
    }
}
