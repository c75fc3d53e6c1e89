using SecureTransformer.Numerics;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>The masks of matrices that a session keeps for many products, as the dealer knows them: made from the parties' seeds, and kept while there is room.</summary>
internal sealed class DealtMatrices(MatrixMaskKeys[] parties, DealerMemory memory) : IDisposable
{
    private readonly Dictionary<(int Level, int Number), (PackedMatrix Mask, bool Transposed)> _kept = [];

    /// <summary>The mask of a matrix, packed. The caller disposes it where it is not kept.</summary>
    public PackedMatrix Get((int Level, int Number) matrix, int rows, int columns, bool transposed, SecretBufferPool pool, out bool kept)
    {
        kept = true;
        if (_kept.TryGetValue(matrix, out (PackedMatrix Mask, bool Transposed) known))
        {
            return known.Mask.Rows == rows && known.Mask.Columns == columns && known.Transposed == transposed
                ? known.Mask
                : throw new ProtocolException($"The mask of matrix {matrix.Number} was asked for in two shapes.");
        }

        if (matrix.Level >= parties[0].Levels)
        {
            throw new ProtocolException($"A matrix of a session {matrix.Level} levels up was asked for; there are {parties[0].Levels - 1}.");
        }

        PackedMatrix mask = Make(matrix, rows, columns, transposed, pool);
        kept = memory.TryTake(BytesOf(mask));
        if (kept)
        {
            _kept.Add(matrix, (mask, transposed));
        }

        return mask;
    }

    public void Dispose()
    {
        foreach ((PackedMatrix mask, _) in _kept.Values)
        {
            memory.GiveBack(BytesOf(mask));
            mask.Dispose();
        }

        _kept.Clear();
    }

    private static long BytesOf(PackedMatrix mask) => (long)mask.Rows * mask.Columns * sizeof(ulong);

    private PackedMatrix Make((int Level, int Number) matrix, int rows, int columns, bool transposed, SecretBufferPool pool)
    {
        using SecretBuffer buffer = pool.Rent((long)rows * columns + Chunks.Size);
        Span<ulong> sum = buffer.Span[..(rows * columns)];
        for (int party = 0; party < parties.Length; party++)
        {
            using AesCtrPrg share = parties[party].Open(matrix.Level, matrix.Number);
            foreach ((int start, int length) in new Chunks(sum.Length))
            {
                Span<ulong> part = buffer.Span.Slice(sum.Length, length);
                share.Fill(part);
                if (party == 0)
                {
                    part.CopyTo(sum[start..]);
                }
                else
                {
                    RingKernels.AddInto<ulong>(sum.Slice(start, length), part);
                }
            }
        }

        return PackedMatrix.Pack(transposed ? new MatrixView(sum, columns, rows).Transpose() : new MatrixView(sum, rows, columns));
    }
}
