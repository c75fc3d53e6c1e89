using FsCheck;
using FsCheck.Fluent;

namespace SecureTransformer.Numerics;

public sealed class FieldKernelsTests
{
    public static TheoryData<int> Lengths() => [0, 1, 2, 3, 4, 5, 8, 9, 31, 100];

    /// <summary>Elements of which half are edges, so that carries and folds of every kind occur side by side.</summary>
    internal static ulong[] Mixed(ulong seed, int count)
    {
        UInt128[] edges = [.. MersenneTests.Edges()];
        ulong[] choice = TestPrg.Words(seed, count);
        ulong[] words = new ulong[2 * count];
        using AesCtrPrg prg = TestPrg.Create(seed + 1000);
        FieldKernels.FillUniform(prg, words);
        for (int i = 0; i < count; i++)
        {
            if (choice[i] % 2 == 0)
            {
                UInt128 edge = edges[(choice[i] >> 1) % (ulong)edges.Length];
                words[2 * i] = (ulong)edge;
                words[(2 * i) + 1] = (ulong)(edge >> 64);
            }
        }

        return words;
    }

    internal static Mersenne127[] Elements(ulong[] words) => Mersenne127.AsElements(words.AsSpan()).ToArray();

    [Theory]
    [MemberData(nameof(Lengths))]
    public void Elementwise_kernels_equal_the_operators(int n)
    {
        for (ulong seed = 0; seed < 20; seed++)
        {
            ulong[] x = Mixed(seed, n), y = Mixed(seed + 100, n), z = Mixed(seed + 200, n);
            Mersenne127 s = Elements(Mixed(seed + 300, 1))[0];
            Same(x, y, z, (a, b, _) => a + b, d => FieldKernels.Add(x, y, d));
            Same(x, y, z, (a, b, _) => a - b, d => FieldKernels.Subtract(x, y, d));
            Same(x, y, z, (a, _, _) => -a, d => FieldKernels.Negate(x, d));
            Same(x, y, z, (a, _, _) => a + s, d => FieldKernels.AddScalar(x, s, d));
            Same(x, y, z, (a, _, _) => s - a, d => FieldKernels.SubtractFromScalar(s, x, d));
            Same(x, y, z, (a, b, _) => a * b, d => FieldKernels.Multiply(x, y, d));
            Same(x, y, z, (a, _, _) => a * s, d => FieldKernels.MultiplyScalar(x, s, d));
            Same(x, y, z, (a, b, c) => c + (a * b), d => { z.CopyTo(d, 0); FieldKernels.MultiplyInto(d, x, y); });
            Same(x, y, z, (a, _, c) => c + (a * s), d => { z.CopyTo(d, 0); FieldKernels.MultiplyScalarInto(d, x, s); });
            Same(x, y, z, (a, _, c) => c + a, d => { z.CopyTo(d, 0); FieldKernels.AddInto(d, x); });
            Same(x, y, z, (a, _, c) => c - a, d => { z.CopyTo(d, 0); FieldKernels.SubtractInto(d, x); });

            ulong[] portable = new ulong[2 * n], vector = new ulong[2 * n];
            FieldKernels.Add(x, y, portable, vectors: false);
            FieldKernels.Add(x, y, vector, vectors: true);
            Assert.Equal(portable, vector);
            FieldKernels.Subtract(x, y, portable, vectors: false);
            FieldKernels.Subtract(x, y, vector, vectors: true);
            Assert.Equal(portable, vector);
            foreach (bool add in new[] { false, true })
            {
                z.CopyTo(portable, 0);
                z.CopyTo(vector, 0);
                FieldKernels.Multiply(FieldPath.Portable, x, y, portable, add);
                FieldKernels.Multiply(FieldMatrix.BestPath, x, y, vector, add);
                Assert.Equal(portable, vector);
                FieldKernels.Multiply(FieldPath.Portable, x, s, portable, add);
                FieldKernels.Multiply(FieldMatrix.BestPath, x, s, vector, add);
                Assert.Equal(portable, vector);
            }

            Assert.Equal(FieldKernels.Sum(x, vectors: false), FieldKernels.Sum(x, vectors: true));
        }
    }

    [Fact]
    public void Small_factors_and_their_negations_equal_the_operators()
    {
        ulong[] x = Mixed(1, 100), z = Mixed(2, 100);
        long[] factors = [0, 1, -1, 2, -3, 35, (1 << 26) - 1, 1 << 26, -(1 << 26) + 1, -(1 << 26)];
        foreach (Mersenne127 s in factors.Select(Mersenne127.FromInt64))
        {
            Same(x, x, z, (a, _, _) => a * s, d => FieldKernels.MultiplyScalar(x, s, d));
            Same(x, x, z, (a, _, c) => c + (a * s), d => { z.CopyTo(d, 0); FieldKernels.MultiplyScalarInto(d, x, s); });
            Same(x, x, z, (a, _, _) => a * s, d => { x.CopyTo(d, 0); FieldKernels.MultiplyScalar(d, s, d); });
        }
    }

    [Fact]
    public void A_destination_may_be_an_operand()
    {
        ulong[] x = Mixed(1, 9), y = Mixed(2, 9);
        ulong[] expected = new ulong[18];
        FieldKernels.Multiply(x, y, expected);
        FieldKernels.Multiply(x, y, x);
        Assert.Equal(expected, x);
        FieldKernels.Subtract(x, y, expected);
        FieldKernels.Subtract(x, y, y);
        Assert.Equal(expected, y);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(3, 0)]
    [InlineData(0, 3)]
    [InlineData(1, 1)]
    [InlineData(5, 13)]
    [InlineData(13, 5)]
    public void Sums_of_rows_and_columns(int rows, int columns)
    {
        ulong[] x = Mixed(1, rows * columns);
        Mersenne127[] e = Elements(x);
        ulong[] byRow = new ulong[2 * rows], byColumn = new ulong[2 * columns];
        FieldKernels.SumRows(x, rows, columns, byRow);
        FieldKernels.SumColumns(x, rows, columns, byColumn);
        Assert.Equal(Enumerable.Range(0, rows).Select(i => Enumerable.Range(0, columns).Aggregate(Mersenne127.Zero, (s, j) => s + e[(i * columns) + j])), Elements(byRow));
        Assert.Equal(Enumerable.Range(0, columns).Select(j => Enumerable.Range(0, rows).Aggregate(Mersenne127.Zero, (s, i) => s + e[(i * columns) + j])), Elements(byColumn));
    }

    [Fact]
    public void Signed_and_unsigned_words_round_trip() => Prop.ForAll<ulong[]>(random =>
    {
        ulong[] x = [.. random, 0, 1, ulong.MaxValue, 1UL << 63, (1UL << 63) - 1, (1UL << 63) + 1];
        ulong[] field = new ulong[2 * x.Length], back = new ulong[x.Length];
        FieldKernels.EncodeSigned(x, field);
        FieldKernels.DecodeSigned(field, back);
        Assert.Equal(x, back);
        Assert.Equal(x.Select(w => Mersenne127.FromInt64(unchecked((long)w))), Elements(field));
        FieldKernels.EncodeUnsigned(x, field);
        FieldKernels.DecodeSigned(field, back);
        Assert.Equal(x, back);
        Assert.Equal(x.Select(Mersenne127.FromUInt64), Elements(field));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Uniform_elements_are_canonical_whatever_the_bits()
    {
        ulong[] bits = [ulong.MaxValue, ulong.MaxValue, ulong.MaxValue, ulong.MaxValue >> 1, 3, 1UL << 63, 0, 0, ulong.MaxValue - 1, ulong.MaxValue, .. TestPrg.Words(1, 30)];
        ulong[] portable = [.. bits];
        FieldKernels.FoldBits(bits, vectors: true);
        FieldKernels.FoldBits(portable, vectors: false);
        Assert.Equal(bits, portable);
        Assert.True(FieldKernels.IsCanonical(bits));
        Assert.Equal([0, 0, 0, 0, 3, 0, 0, 0, ulong.MaxValue - 1, ulong.MaxValue >> 1], bits[..10]);
    }

    [Fact]
    public void Uniform_elements_do_not_depend_on_how_they_are_asked_for()
    {
        ulong[] whole = new ulong[40], pieces = new ulong[40], at = new ulong[40];
        using AesCtrPrg p = TestPrg.Create(1), q = TestPrg.Create(1);
        FieldKernels.FillUniform(p, whole);
        Mersenne127.Sample(q, Mersenne127.AsElements(pieces.AsSpan(0, 6)));
        FieldKernels.FillUniform(q, pieces.AsSpan(6));
        FieldKernels.FillUniformAt(q, 0, at);
        Assert.Equal(whole, pieces);
        Assert.Equal(whole, at);
        Assert.Equal(20UL, q.Position);

        Mersenne61[] small = new Mersenne61[300], parts = new Mersenne61[300];
        p.Position = q.Position = 0;
        Mersenne61.Sample(p, small);
        Mersenne61.Sample(q, parts.AsSpan(0, 7));
        Mersenne61.Sample(q, parts.AsSpan(7));
        Assert.Equal(small, parts);
        ulong[] words = TestPrg.Words(1, 600);
        Assert.Equal(Enumerable.Range(0, 300).Select(i => (ulong)(new UInt128(words[(2 * i) + 1], words[2 * i]) % Mersenne61.Modulus)), small.Select(e => e.Value));
    }

    [Fact]
    public void Words_from_elsewhere_are_checked()
    {
        Assert.True(FieldKernels.IsCanonical([ulong.MaxValue - 1, ulong.MaxValue >> 1, ulong.MaxValue, 0]));
        Assert.False(FieldKernels.IsCanonical([0, 0, ulong.MaxValue, ulong.MaxValue >> 1]));
        Assert.False(FieldKernels.IsCanonical([0, 1UL << 63, 0, 0]));
        Assert.False(FieldKernels.IsCanonical([ulong.MaxValue, ulong.MaxValue]));
        Assert.Throws<ArgumentException>(() => FieldKernels.IsCanonical([0]));
    }

    [Fact]
    public void Lengths_are_checked()
    {
        ulong[] two = new ulong[2], three = new ulong[3], four = new ulong[4];
        Assert.Throws<ArgumentException>(() => FieldKernels.Add(two, four, two));
        Assert.Throws<ArgumentException>(() => FieldKernels.Add(two, two, four));
        Assert.Throws<ArgumentException>(() => FieldKernels.Subtract(three, three, three));
        Assert.Throws<ArgumentException>(() => FieldKernels.MultiplyScalarInto(two, four, Mersenne127.One));
        Assert.Throws<ArgumentException>(() => FieldKernels.EncodeSigned(two, two));
        Assert.Throws<ArgumentException>(() => FieldKernels.DecodeSigned(two, two));
        Assert.Throws<ArgumentException>(() => FieldKernels.SumRows(four, 1, 1, two));
        Assert.Throws<ArgumentException>(() => FieldKernels.SumColumns(four, 1, 2, two));
        using AesCtrPrg prg = TestPrg.Create(1);
        Assert.Throws<ArgumentException>(() => FieldKernels.FillUniform(prg, three));
    }

    private static void Same(ulong[] x, ulong[] y, ulong[] z, Func<Mersenne127, Mersenne127, Mersenne127, Mersenne127> scalar, Action<ulong[]> kernel)
    {
        ulong[] result = new ulong[x.Length];
        kernel(result);
        Mersenne127[] a = Elements(x), b = Elements(y), c = Elements(z);
        Assert.Equal(a.Select((e, i) => scalar(e, b[i], c[i])), Elements(result));
    }
}
