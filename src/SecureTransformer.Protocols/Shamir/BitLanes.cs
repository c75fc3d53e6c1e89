using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>GF(2^d) on packed bits: a lane is 64 elements in d planes; bits are its elements 0 and 1.</summary>
internal sealed class BitLanes(BinaryField binary) : LaneField
{
    private const int BlockLanes = 256;

    /// <inheritdoc/>
    public override int Words => binary.Degree;

    /// <inheritdoc/>
    public override Purpose Zero => Purpose.ZeroBits;

    /// <summary>The field for n parties: the smallest with n points other than zero.</summary>
    public static BitLanes For(int parties) => new(BinaryField.ForParties(parties));

    /// <inheritdoc/>
    public override Purpose Deal(bool upwards) => upwards ? Purpose.DealBitsUpwards : Purpose.DealBitsDownwards;

    /// <inheritdoc/>
    public override Lanes Over(Span<ulong> words) => Lanes.OfPlanes(words, Words);

    /// <inheritdoc/>
    public override void Add(Lanes x, Lanes target)
    {
        for (int p = 0; p < Words; p++)
        {
            RingKernels.Xor<ulong>(target.Plane(p), x.Plane(p), target.Plane(p));
        }
    }

    /// <inheritdoc/>
    public override void Subtract(Lanes x, Lanes target) => Add(x, target);

    /// <inheritdoc/>
    public override void Scale(UInt128 c, Lanes x, Lanes target)
    {
        Span<ulong> block = stackalloc ulong[Words * BlockLanes];
        for (int start = 0; start < x.Length; start += BlockLanes)
        {
            int length = Math.Min(BlockLanes, x.Length - start);
            Lanes copy = Over(block[..(Words * length)]);
            x.Slice(start, length).CopyTo(copy);
            Lanes part = target.Slice(start, length);
            part.Clear();
            AddScaled(c, copy, part);
        }

        block.Clear();
    }

    /// <inheritdoc/>
    public override void AddScaled(UInt128 c, Lanes x, Lanes target) =>
        BinaryPlanes.MultiplyPublicInto(binary, (int)c, x.Planes, x.Stride, target.Planes, target.Stride, target.Length);

    /// <inheritdoc/>
    public override void Multiply(Lanes x, Lanes y, Lanes target) =>
        BinaryPlanes.Multiply(binary, x.Planes, x.Stride, y.Planes, y.Stride, target.Planes, target.Stride, target.Length);

    /// <inheritdoc/>
    public override void Sample(PairwiseRandomness randomness, Purpose purpose, Lanes target)
    {
        for (int p = 0; p < Words; p++)
        {
            randomness.Fill(purpose, target.Plane(p));
        }
    }

    /// <inheritdoc/>
    public override void Keep(int words, Lanes x)
    {
        for (int p = words; p < Words; p++)
        {
            x.Plane(p).Clear();
        }
    }

    /// <inheritdoc/>
    public override void Write(Lanes x, int words, Span<ulong> frame)
    {
        for (int p = 0; p < words; p++)
        {
            x.Plane(p).CopyTo(frame[(p * x.Length)..]);
        }
    }

    /// <inheritdoc/>
    public override void Read(ReadOnlySpan<ulong> frame, int words, Lanes x)
    {
        Keep(words, x);
        for (int p = 0; p < words; p++)
        {
            frame.Slice(p * x.Length, x.Length).CopyTo(x.Plane(p));
        }
    }

    /// <inheritdoc/>
    public override void Require(ReadOnlySpan<ulong> words, IChannel source)
    {
        // Any planes are elements.
    }

    /// <inheritdoc/>
    public override UInt128 Multiply(UInt128 a, UInt128 b) => (UInt128)binary.Multiply((int)a, (int)b);

    /// <inheritdoc/>
    public override UInt128 Subtract(UInt128 a, UInt128 b) => a ^ b;

    /// <inheritdoc/>
    public override UInt128 Inverse(UInt128 a) => (UInt128)binary.Inverse((int)a);
}
