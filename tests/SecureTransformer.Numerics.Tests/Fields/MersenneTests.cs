using System.Numerics;
using FsCheck;
using FsCheck.Fluent;

namespace SecureTransformer.Numerics;

public sealed class Mersenne61Laws : FieldLaws<Mersenne61>
{
    protected override BigInteger Modulus => Mersenne61.Modulus;
}

public sealed class Mersenne127Laws : FieldLaws<Mersenne127>
{
    protected override BigInteger Modulus => Mersenne127.Modulus;

    protected override Mersenne127 MinusOne => Mersenne127.FromUInt128(Mersenne127.Modulus - 1);
}

/// <summary>Arithmetic against big integers, at the edges in all pairs and at random.</summary>
public sealed class MersenneTests
{
    private static readonly BigInteger _p = Mersenne127.Modulus;
    private static readonly BigInteger _q = Mersenne61.Modulus;

    public static IEnumerable<UInt128> Edges()
    {
        UInt128 p = Mersenne127.Modulus;
        return
        [
            0, 1, 2, p - 1, p - 2, (p - 1) / 2, (p + 1) / 2, ulong.MaxValue, (UInt128)1 << 63, (UInt128)1 << 64, ((UInt128)1 << 64) - 2, (UInt128)1 << 126,
            ((UInt128)1 << 126) - 1, p - ulong.MaxValue, p - ((UInt128)1 << 64), new UInt128(ulong.MaxValue >> 1, 0), new UInt128(1, ulong.MaxValue), new UInt128(ulong.MaxValue >> 1, ulong.MaxValue - 1),
        ];
    }

    [Fact]
    public void Large_field_agrees_with_big_integers()
    {
        foreach (UInt128 x in Edges())
        {
            foreach (UInt128 y in Edges())
            {
                Check(x, y);
            }
        }

        Prop.ForAll<ulong>(seed =>
        {
            ulong[] w = TestPrg.Words(seed, 4);
            Check(new UInt128(w[0] >> 1, w[1]) % Mersenne127.Modulus, new UInt128(w[2] >> 1, w[3]) % Mersenne127.Modulus);
        }).QuickCheckThrowOnFailure();

        static void Check(UInt128 x, UInt128 y)
        {
            Mersenne127 a = Mersenne127.FromUInt128(x), b = Mersenne127.FromUInt128(y);
            Assert.Equal(x, a.ToUInt128());
            Assert.Equal((BigInteger)(a + b).ToUInt128(), ((BigInteger)x + y) % _p);
            Assert.Equal((BigInteger)(a - b).ToUInt128(), ((BigInteger)x - y + _p) % _p);
            Assert.Equal((BigInteger)(-a).ToUInt128(), (_p - x) % _p);
            Assert.Equal((BigInteger)(a * b).ToUInt128(), (BigInteger)x * y % _p);
            Assert.Equal(x == y, a == b);
            Assert.Equal(x != y, a != b);
            if (x != 0)
            {
                Assert.Equal((BigInteger)Mersenne127.Inverse(a).ToUInt128(), BigInteger.ModPow(x, _p - 2, _p));
            }
        }
    }

    [Fact]
    public void Small_field_agrees_with_big_integers()
    {
        ulong[] edges = [0, 1, 2, 7, 8, 1UL << 31, 1UL << 60, (1UL << 60) - 1, Mersenne61.Modulus - 1, Mersenne61.Modulus - 2];
        foreach (ulong x in edges)
        {
            foreach (ulong y in edges)
            {
                Check(x, y);
            }
        }

        Prop.ForAll<ulong>(seed =>
        {
            ulong[] w = TestPrg.Words(seed, 2);
            Check(w[0] % Mersenne61.Modulus, w[1] % Mersenne61.Modulus);
        }).QuickCheckThrowOnFailure();

        static void Check(ulong x, ulong y)
        {
            Mersenne61 a = Mersenne61.FromUInt64(x), b = Mersenne61.FromUInt64(y);
            Assert.Equal(x, a.Value);
            Assert.Equal((a + b).Value, ((BigInteger)x + y) % _q);
            Assert.Equal((a - b).Value, ((BigInteger)x - y + _q) % _q);
            Assert.Equal((-a).Value, (_q - x) % _q);
            Assert.Equal((a * b).Value, (BigInteger)x * y % _q);
            if (x != 0)
            {
                Assert.Equal(Mersenne61.Inverse(a).Value, BigInteger.ModPow(x, _q - 2, _q));
            }
        }
    }

    [Fact]
    public void Integers_are_reduced()
    {
        UInt128[] unsigned = [.. Edges(), UInt128.MaxValue, UInt128.MaxValue - 1, Mersenne127.Modulus, Mersenne127.Modulus + 1, (UInt128)1 << 127, Mersenne127.Modulus * 2, (Mersenne127.Modulus * 2) + 1];
        foreach (UInt128 x in unsigned)
        {
            Assert.Equal((BigInteger)x % _p, (BigInteger)Mersenne127.FromUInt128(x).ToUInt128());
            var signed = unchecked((Int128)x);
            Assert.Equal((((BigInteger)signed % _p) + _p) % _p, (BigInteger)Mersenne127.FromInt128(signed).ToUInt128());
        }

        foreach (long x in new[] { 0, 1, -1, long.MaxValue, long.MinValue, long.MinValue + 1, int.MinValue })
        {
            Assert.Equal((x + _p) % _p, (BigInteger)Mersenne127.FromInt64(x).ToUInt128());
            Assert.Equal((Int128)x, Mersenne127.FromInt64(x).ToInt128());
            Assert.Equal(((x % _q) + _q) % _q, Mersenne61.FromInt64(x).Value);
            Assert.Equal(((BigInteger)unchecked((ulong)x)) % _q, Mersenne61.FromUInt64(unchecked((ulong)x)).Value);
        }
    }

    [Fact]
    public void Centred_representatives()
    {
        foreach (UInt128 x in Edges())
        {
            BigInteger centred = x > (Mersenne127.Modulus - 1) / 2 ? (BigInteger)x - _p : x;
            Assert.Equal(centred, (BigInteger)Mersenne127.FromUInt128(x).ToInt128());
            Assert.Equal(Mersenne127.FromUInt128(x), Mersenne127.FromInt128((Int128)centred));
        }

        foreach (ulong x in new ulong[] { 0, 1, (1UL << 60) - 1, 1UL << 60, Mersenne61.Modulus - 1 })
        {
            Assert.Equal(x >= 1UL << 60 ? (BigInteger)x - _q : x, Mersenne61.FromUInt64(x).ToInt64());
        }
    }

    [Fact]
    public void Other_forms_than_the_canonical_one_are_refused()
    {
        byte[] bytes = new byte[16];
        foreach (UInt128 x in new[] { Mersenne127.Modulus, Mersenne127.Modulus + 1, UInt128.MaxValue })
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt128LittleEndian(bytes, x);
            Assert.Throws<ArgumentException>(() => Mersenne127.Read(bytes));
        }

        foreach (ulong x in new[] { Mersenne61.Modulus, Mersenne61.Modulus + 1, ulong.MaxValue })
        {
            System.Buffers.Binary.BinaryPrimitives.WriteUInt64LittleEndian(bytes, x);
            Assert.Throws<ArgumentException>(() => Mersenne61.Read(bytes));
        }
    }

    [Fact]
    public void Two_words_are_an_element()
    {
        ulong[] words = [5, 7, 11, 13];
        Span<Mersenne127> elements = Mersenne127.AsElements(words.AsSpan());
        Assert.Equal(new UInt128(7, 5), elements[0].ToUInt128());
        elements[1] = Mersenne127.FromUInt128(new UInt128(3, 2));
        Assert.Equal([5, 7, 2, 3], words);
        Assert.Throws<ArgumentException>(() => Mersenne127.AsElements(words.AsSpan(1)).Length);
    }
}
