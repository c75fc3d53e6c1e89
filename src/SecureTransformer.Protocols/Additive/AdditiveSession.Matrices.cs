using System.Collections.Concurrent;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Additive;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// Products with a matrix W that is kept: its mask B is fixed for the session, and F = W - B is opened at the first product, as setup. For each product a fresh mask A of
/// x is drawn and E = x - A opened; x W = E W + A F + A B, so that a party multiplies (E, its share of A) by [its share of W; F], packed once.
/// </content>
/// <remarks>A matrix used both ways is opened under two masks. A mask is bound to one session and one matrix: another session has another mask of the same matrix.</remarks>
public sealed partial class AdditiveSession
{
    private readonly ConcurrentDictionary<(PackedTensor Tensor, bool Transposed), OpenedMatrix> _matrices = new();
    private int _nextMatrix;

    /// <inheritdoc/>
    protected override async ValueTask PackedMatMulCoreAsync(
        SecretTensor x, IDisposable packed, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(result);
        var tensor = (PackedTensor)packed;
        bool transposed = tensor.Transposed != transposeRight;
        int inner = x.Shape[-1];
        int rows = x.Shape.Rows;
        int columns = result.Shape[-1];
        RequireOperand(x.Shape.Count);
        RequireOperand(result.Shape.Count);
        RequireOperand(tensor.Tensor.Shape.Count);
        if (!_matrices.TryGetValue((tensor, transposed), out OpenedMatrix? matrix))
        {
            matrix = await OpenMatrixAsync(tensor, transposed, cancellationToken).ConfigureAwait(false);
        }

        _material.Request(new FixedMatrixMaterial(matrix.Index, rows, inner, columns, transposed, shift));
        using SecretBuffer a = Pool.Rent(x.Shape.Count);
        using SecretBuffer e = Pool.Rent(x.Shape.Count);
        StartOpening(x, a, e);
        await FinishOpeningAsync(e, x.Shape.Count, cancellationToken).ConfigureAwait(false);
        RingMatrix.Multiply(
            new MatrixView(e.Span, rows, inner), new MatrixView(a.Span, rows, inner), matrix.Packed, Shares(result, 0), columns, false, Options.MaxDegreeOfParallelism);
        StartOutput(result, shift);
        await FinishOutputAsync(result, shift, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Opens W - B, and packs [the own share of W; W - B]. One round, charged to setup.</summary>
    private async ValueTask<OpenedMatrix> OpenMatrixAsync(PackedTensor tensor, bool transposed, CancellationToken cancellationToken)
    {
        TrafficPhase before = Meter.Phase;
        Meter.Phase = TrafficPhase.Setup;
        try
        {
            int index = _nextMatrix++;
            int count = tensor.Tensor.Shape.Count;
            using SecretBuffer own = Pool.Rent(count);
            using SecretBuffer opened = Pool.Rent(count);
            Start(index);
            for (int start = 0; start < count; start += Chunks.Size)
            {
                int at = start;
                int length = Math.Min(Chunks.Size, count - start);
                await AddReceivedAsync(Operations.OpenMatrix, () => opened.Span.Slice(at, length), length, xor: false, cancellationToken).ConfigureAwait(false);
            }

            RingKernels.SubtractInto<ulong>(own.Span, opened.Span);
            var matrix = new OpenedMatrix(index, PackedMatrix.PackReplicated(View(opened), View(own)));
            _matrices[(tensor, transposed)] = matrix;
            tensor.Disposed += matrix.Forget = () => Forget((tensor, transposed));
            return matrix;

            void Start(int number)
            {
                using AesCtrPrg share = _material.Open(Purpose.MatrixMask, number);
                Shares(tensor.Tensor, 0).CopyTo(own.Span);
                own.Span.CopyTo(opened.Span);
                foreach ((int start, int length) in new Chunks(count))
                {
                    FixedMatrixMaterial.Mask(share, Pool, opened.Span.Slice(start, length));
                    SendToAll(Operations.OpenMatrix, opened.Span.Slice(start, length));
                }
            }
        }
        finally
        {
            Meter.Phase = before;
        }

        MatrixView View(SecretBuffer buffer)
        {
            var view = new MatrixView(buffer.Span, tensor.Tensor.Shape[0], tensor.Tensor.Shape[1]);
            return transposed ? view.Transpose() : view;
        }
    }

    private void Forget((PackedTensor Tensor, bool Transposed) key)
    {
        if (_matrices.TryRemove(key, out OpenedMatrix? matrix))
        {
            key.Tensor.Disposed -= matrix.Forget;
            matrix.Packed.Dispose();
        }
    }

    private void ForgetMatrices()
    {
        foreach ((PackedTensor, bool) key in _matrices.Keys)
        {
            Forget(key);
        }
    }

    private sealed class OpenedMatrix(int index, PackedMatrix packed)
    {
        public int Index { get; } = index;

        public PackedMatrix Packed { get; } = packed;

        public Action? Forget { get; set; }
    }
}
