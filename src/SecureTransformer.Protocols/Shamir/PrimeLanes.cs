using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>F_p with p = 2^127 - 1: a lane is one element, two words.</summary>
internal sealed class PrimeLanes : LaneField
{
    /// <inheritdoc/>
    public override int Words => Mersenne127.WordCount;

    /// <inheritdoc/>
    public override Purpose Zero => Purpose.Zero;

    /// <inheritdoc/>
    public override Purpose Deal(bool upwards) => upwards ? Purpose.DealUpwards : Purpose.DealDownwards;

    /// <inheritdoc/>
    public override Lanes Over(Span<ulong> words) => Lanes.Of(words, Words);

    /// <inheritdoc/>
    public override void Add(Lanes x, Lanes target) => FieldKernels.AddInto(target.Elements, x.Elements);

    /// <inheritdoc/>
    public override void Subtract(Lanes x, Lanes target) => FieldKernels.SubtractInto(target.Elements, x.Elements);

    /// <inheritdoc/>
    public override void Scale(UInt128 c, Lanes x, Lanes target) => FieldKernels.MultiplyScalar(x.Elements, Mersenne127.FromUInt128(c), target.Elements);

    /// <inheritdoc/>
    public override void AddScaled(UInt128 c, Lanes x, Lanes target) =>
        FieldKernels.MultiplyScalarInto(target.Elements, x.Elements, Mersenne127.FromUInt128(c));

    /// <inheritdoc/>
    public override void Multiply(Lanes x, Lanes y, Lanes target) => FieldKernels.Multiply(x.Elements, y.Elements, target.Elements);

    /// <inheritdoc/>
    public override void Sample(PairwiseRandomness randomness, Purpose purpose, Lanes target) =>
        FieldKernels.FillUniform(randomness.Stream(purpose), target.Elements);

    /// <inheritdoc/>
    public override void Keep(int words, Lanes x)
    {
        Span<ulong> elements = x.Elements;
        for (int i = 1; words == 1 && i < elements.Length; i += Words)
        {
            elements[i] = 0;
        }
    }

    /// <inheritdoc/>
    public override void Write(Lanes x, int words, Span<ulong> frame)
    {
        if (words == Words)
        {
            x.Elements.CopyTo(frame);
            return;
        }

        for (int i = 0; i < frame.Length; i++)
        {
            frame[i] = x.Elements[i * Words];
        }
    }

    /// <inheritdoc/>
    public override void Read(ReadOnlySpan<ulong> frame, int words, Lanes x)
    {
        if (words == Words)
        {
            frame.CopyTo(x.Elements);
            return;
        }

        FieldKernels.EncodeUnsigned(frame, x.Elements);
    }

    /// <inheritdoc/>
    public override void Require(ReadOnlySpan<ulong> words, IChannel source)
    {
        if (!FieldKernels.IsCanonical(words))
        {
            throw new ProtocolException($"{source.PeerName} sent what is no element of the field.");
        }
    }

    /// <inheritdoc/>
    public override UInt128 Multiply(UInt128 a, UInt128 b) => (Mersenne127.FromUInt128(a) * Mersenne127.FromUInt128(b)).ToUInt128();

    /// <inheritdoc/>
    public override UInt128 Subtract(UInt128 a, UInt128 b) => (Mersenne127.FromUInt128(a) - Mersenne127.FromUInt128(b)).ToUInt128();

    /// <inheritdoc/>
    public override UInt128 Inverse(UInt128 a) => Mersenne127.Inverse(Mersenne127.FromUInt128(a)).ToUInt128();
}
