using System.Numerics;
using FsCheck;
using FsCheck.Fluent;

namespace SecureTransformer.Numerics;

/// <summary>The axioms of a finite commutative ring with one; inherited once for each implementation.</summary>
public abstract class RingLaws<T>
    where T : struct, IRing<T>
{
    protected abstract BigInteger Modulus { get; }

    /// <summary>The image of modulus - 1.</summary>
    protected virtual T MinusOne => T.FromUInt64((ulong)(Modulus - 1));

    private static T Of(ulong seed)
    {
        using AesCtrPrg prg = TestPrg.Create(seed);
        T[] one = new T[1];
        T.Sample(prg, one);
        // Edges as often as uniform elements.
        return (seed % 5) switch { 0 => T.Zero, 1 => -T.One, 2 => T.FromInt64((long)seed), _ => one[0] };
    }

    private static void Holds(Func<T, T, T, bool> law) =>
        Prop.ForAll<ulong, ulong, ulong>((x, y, z) => law(Of(x), Of(y), Of(z))).QuickCheckThrowOnFailure();

    [Fact]
    public void Addition_is_an_abelian_group() => Holds((x, y, z) =>
        x + y == y + x && (x + y) + z == x + (y + z) && x + T.Zero == x && x + -x == T.Zero && x - y == x + -y);

    [Fact]
    public void Multiplication_is_a_commutative_monoid() => Holds((x, y, z) =>
        x * y == y * x && (x * y) * z == x * (y * z) && x * T.One == x);

    [Fact]
    public void Multiplication_distributes() => Holds((x, y, z) => x * (y + z) == x * y + x * z);

    [Fact]
    public void Integers_map_homomorphically() => Prop.ForAll<int, int>((a, b) =>
        T.FromInt64(a) + T.FromInt64(b) == T.FromInt64((long)a + b)
        && T.FromInt64(a) * T.FromInt64(b) == T.FromInt64((long)a * b)
        && T.FromInt64(-(long)a) == -T.FromInt64(a)).QuickCheckThrowOnFailure();

    [Fact]
    public void The_characteristic_is_the_modulus()
    {
        Assert.NotEqual(T.Zero, T.One);
        Assert.Equal(T.Zero, MinusOne + T.One);
        Assert.Equal(-T.One, MinusOne);
        Assert.Equal(-T.One, T.FromInt64(-1));
    }

    [Fact]
    public void Bytes_round_trip() => Holds((x, _, _) =>
    {
        byte[] bytes = new byte[T.ByteCount];
        x.Write(bytes);
        return T.Read(bytes) == x;
    });

    [Fact]
    public void One_is_little_endian()
    {
        byte[] bytes = new byte[T.ByteCount];
        T.One.Write(bytes);
        Assert.Equal(1, bytes[0]);
        Assert.All(bytes[1..], b => Assert.Equal(0, b));
    }

    [Fact]
    public void A_span_too_short_is_refused()
    {
        Assert.Throws<ArgumentException>(() => T.Read(new byte[T.ByteCount - 1]));
        Assert.Throws<ArgumentException>(() => T.One.Write(new byte[T.ByteCount - 1]));
    }

    [Fact]
    public void Samples_are_reproducible_and_differ()
    {
        T[] x = new T[100];
        T[] y = new T[100];
        using AesCtrPrg p = TestPrg.Create(1);
        using AesCtrPrg q = TestPrg.Create(1);
        T.Sample(p, x);
        T.Sample(q, y);
        Assert.Equal(x, y);
        T.Sample(p, y);
        Assert.NotEqual(x, y);
    }

    [Fact]
    public void Printing_shows_no_element() => Assert.Equal(T.Zero.ToString(), T.One.ToString());
}

public sealed class Ring64Laws : RingLaws<Ring64>
{
    protected override BigInteger Modulus => BigInteger.One << 64;
}

public sealed class Ring32Laws : RingLaws<Ring32>
{
    protected override BigInteger Modulus => BigInteger.One << 32;
}
