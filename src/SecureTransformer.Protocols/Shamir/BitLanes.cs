using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>GF(2^d) on packed bits: a lane is 64 elements in d planes; bits are its elements 0 and 1.</summary>
internal sealed class BitLanes(int planes) : LaneField
{
    private static readonly int[] s_moduli = [0, 0, 0b111, 0b1011, 0b10011, 0b100101];

    /// <inheritdoc/>
    public override int Words => planes;

    /// <inheritdoc/>
    public override Purpose Zero => Purpose.ZeroBits;

    /// <summary>The field for n parties: the smallest with n points other than zero.</summary>
    public static BitLanes For(int parties) => new(System.Numerics.BitOperations.Log2((uint)parties) + 1);

    /// <inheritdoc/>
    public override Purpose Deal(bool upwards) => upwards ? Purpose.DealBitsUpwards : Purpose.DealBitsDownwards;

    /// <inheritdoc/>
    public override Lanes Over(Span<ulong> words) => Lanes.OfPlanes(words, planes);

    /// <inheritdoc/>
    public override void Add(Lanes x, Lanes target)
    {
        for (int p = 0; p < planes; p++)
        {
            RingKernels.Xor<ulong>(target.Plane(p), x.Plane(p), target.Plane(p));
        }
    }

    /// <inheritdoc/>
    public override void Subtract(Lanes x, Lanes target) => Add(x, target);

    /// <inheritdoc/>
    public override void Scale(UInt128 c, Lanes x, Lanes target) => Combine(c, x, target, false);

    /// <inheritdoc/>
    public override void AddScaled(UInt128 c, Lanes x, Lanes target) => Combine(c, x, target, true);

    private void Combine(UInt128 c, Lanes x, Lanes target, bool onto)
    {
        Span<ulong> acc = stackalloc ulong[planes];
        for (int i = 0; i < x.Length; i++)
        {
            acc.Clear();
            for (int p = 0; p < planes; p++)
            {
                int image = (int)Multiply(c, (UInt128)1 << p);
                ulong word = x.Plane(p)[i];
                for (int q = 0; q < planes; q++)
                {
                    acc[q] ^= ((image >> q) & 1) == 1 ? word : 0;
                }
            }

            for (int q = 0; q < planes; q++)
            {
                target.Plane(q)[i] = onto ? target.Plane(q)[i] ^ acc[q] : acc[q];
            }
        }
    }

    /// <inheritdoc/>
    public override void Multiply(Lanes x, Lanes y, Lanes target)
    {
        Span<ulong> acc = stackalloc ulong[planes];
        for (int i = 0; i < x.Length; i++)
        {
            acc.Clear();
            for (int p = 0; p < planes; p++)
            {
                for (int q = 0; q < planes; q++)
                {
                    ulong word = x.Plane(p)[i] & y.Plane(q)[i];
                    int image = (int)Multiply((UInt128)1 << p, (UInt128)1 << q);
                    for (int r = 0; r < planes; r++)
                    {
                        acc[r] ^= ((image >> r) & 1) == 1 ? word : 0;
                    }
                }
            }

            for (int q = 0; q < planes; q++)
            {
                target.Plane(q)[i] = acc[q];
            }
        }
    }

    /// <inheritdoc/>
    public override void Sample(PairwiseRandomness randomness, Purpose purpose, Lanes target)
    {
        for (int p = 0; p < planes; p++)
        {
            randomness.Fill(purpose, target.Plane(p));
        }
    }

    /// <inheritdoc/>
    public override void Keep(int words, Lanes x)
    {
        for (int p = words; p < planes; p++)
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
    public override UInt128 Multiply(UInt128 a, UInt128 b)
    {
        int product = 0;
        for (int i = 0; i < planes; i++)
        {
            product ^= (((int)b >> i) & 1) == 1 ? (int)a << i : 0;
        }

        for (int i = (2 * planes) - 2; i >= planes; i--)
        {
            product ^= ((product >> i) & 1) == 1 ? s_moduli[planes] << (i - planes) : 0;
        }

        return (UInt128)product;
    }

    /// <inheritdoc/>
    public override UInt128 Subtract(UInt128 a, UInt128 b) => a ^ b;

    /// <inheritdoc/>
    public override UInt128 Inverse(UInt128 a)
    {
        UInt128 power = 1;
        for (int i = 0; i < (1 << planes) - 2; i++)
        {
            power = Multiply(power, a);
        }

        return power;
    }
}
