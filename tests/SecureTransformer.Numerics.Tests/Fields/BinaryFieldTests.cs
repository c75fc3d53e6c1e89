namespace SecureTransformer.Numerics;

public sealed unsafe class BinaryFieldTests
{
    public static TheoryData<int> Degrees() => [2, 3, 4, 5];

    [Theory]
    [MemberData(nameof(Degrees))]
    public void Products_are_those_of_polynomials_modulo_an_irreducible_one(int degree)
    {
        var field = BinaryField.OfDegree(degree);
        Assert.Equal(1 << degree, field.Order);
        Assert.Equal(degree, int.Log2(field.Modulus));
        for (int x = 0; x < field.Order; x++)
        {
            for (int y = 0; y < field.Order; y++)
            {
                Assert.Equal(Product(field, x, y), field.Multiply(x, y));

                // No zero divisors: the modulus is irreducible.
                Assert.Equal(x == 0 || y == 0, field.Multiply(x, y) == 0);
            }

            if (x != 0)
            {
                Assert.Equal(1, field.Multiply(x, field.Inverse(x)));
            }

            int power = 1;
            for (int e = 0; e < 40; e++)
            {
                Assert.Equal(power, field.Power(x, e));
                power = field.Multiply(power, x);
            }
        }

        Assert.Throws<DivideByZeroException>(() => field.Inverse(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => field.Multiply(field.Order, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => field.Inverse(-1));
    }

    [Theory]
    [InlineData(1, 2)]
    [InlineData(3, 2)]
    [InlineData(4, 3)]
    [InlineData(7, 3)]
    [InlineData(8, 4)]
    [InlineData(15, 4)]
    [InlineData(16, 5)]
    [InlineData(31, 5)]
    public void Every_party_has_a_point(int parties, int degree) => Assert.Equal(degree, BinaryField.ForParties(parties).Degree);

    [Fact]
    public void Degrees_and_parties_are_checked()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => BinaryField.OfDegree(1));
        Assert.Throws<ArgumentOutOfRangeException>(() => BinaryField.OfDegree(6));
        Assert.Throws<ArgumentOutOfRangeException>(() => BinaryField.ForParties(0));
        Assert.Throws<ArgumentOutOfRangeException>(() => BinaryField.ForParties(32));
    }

    [Theory]
    [MemberData(nameof(Degrees))]
    public void Planes_multiply_as_elements_do(int degree)
    {
        var field = BinaryField.OfDegree(degree);
        foreach (int words in new[] { 0, 1, 3, 8, 13, 21 })
        {
            ulong[] x = TestPrg.Words(1, words * degree), y = TestPrg.Words(2, words * degree), z = TestPrg.Words(3, words * degree);
            int[] a = Elements(x, degree), b = Elements(y, degree), c = Elements(z, degree);
            ulong[] result = [.. z];
            BinaryPlanes.Multiply(field, x, y, result);
            Assert.Equal(a.Zip(b, field.Multiply), Elements(result, degree));
            z.CopyTo(result, 0);
            BinaryPlanes.Multiply(field, x, y, result, accumulate: true);
            Assert.Equal(a.Zip(b, field.Multiply).Zip(c, (p, q) => p ^ q), Elements(result, degree));
            x.CopyTo(result, 0);
            BinaryPlanes.Multiply(field, result, y, result);
            Assert.Equal(a.Zip(b, field.Multiply), Elements(result, degree));
            for (int constant = 0; constant < field.Order; constant++)
            {
                z.CopyTo(result, 0);
                BinaryPlanes.MultiplyPublicInto(field, constant, x, result);
                Assert.Equal(a.Zip(c, (p, q) => field.Multiply(constant, p) ^ q), Elements(result, degree));
                ulong[] plane = z[..words];
                BinaryPlanes.MultiplyPublicBitInto(field, constant, x, words, plane);
                Assert.Equal(result[..words], plane);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Degrees))]
    public void Runs_of_planes_leave_the_rest_alone(int degree)
    {
        var field = BinaryField.OfDegree(degree);
        const int Words = 30, From = 5, Run = 17;
        ulong[] x = TestPrg.Words(1, Words * degree), y = TestPrg.Words(2, Words * degree), z = TestPrg.Words(3, Words * degree);
        ulong[] whole = [.. z], part = [.. z];
        BinaryPlanes.Multiply(field, x, y, whole, accumulate: true);
        BinaryPlanes.MultiplyPublicInto(field, field.Order - 1, x, whole);
        BinaryPlanes.Multiply(field, x.AsSpan(From), Words, y.AsSpan(From), Words, part.AsSpan(From), Words, Run, accumulate: true);
        BinaryPlanes.MultiplyPublicInto(field, field.Order - 1, x.AsSpan(From), Words, part.AsSpan(From), Words, Run);
        for (int i = 0; i < Words * degree; i++)
        {
            Assert.Equal(i % Words is >= From and < From + Run ? whole[i] : z[i], part[i]);
        }
    }

    [Theory]
    [MemberData(nameof(Degrees))]
    public void Every_width_of_vectors_gives_the_same_words(int degree)
    {
        switch (degree)
        {
            case 2:
                Compare<PlanesOfDegree2>(degree);
                break;
            case 3:
                Compare<PlanesOfDegree3>(degree);
                break;
            case 4:
                Compare<PlanesOfDegree4>(degree);
                break;
            default:
                Compare<PlanesOfDegree5>(degree);
                break;
        }
    }

    [Fact]
    public void Lengths_are_checked()
    {
        var field = BinaryField.OfDegree(3);
        ulong[] six = new ulong[6], seven = new ulong[7];
        Assert.Throws<ArgumentException>(() => BinaryPlanes.Multiply(field, seven, seven, seven));
        Assert.Throws<ArgumentException>(() => BinaryPlanes.Multiply(field, six, seven, six));
        Assert.Throws<ArgumentException>(() => BinaryPlanes.Multiply(field, six, 2, six, 2, six, 3, 2));
        Assert.Throws<ArgumentException>(() => BinaryPlanes.Multiply(field, six, 1, six, 2, six, 2, 2));
        Assert.Throws<ArgumentException>(() => BinaryPlanes.MultiplyPublicInto(field, 1, six, seven));
        Assert.Throws<ArgumentOutOfRangeException>(() => BinaryPlanes.MultiplyPublicInto(field, 8, six, six));
        Assert.Throws<ArgumentException>(() => BinaryPlanes.MultiplyPublicBitInto(field, 1, six, 2, seven.AsSpan(0, 3)));
    }

    private static void Compare<T>(int degree)
        where T : struct, IPlaneArithmetic
    {
        const int Words = 32;
        ulong[] x = TestPrg.Words(1, Words * degree), y = TestPrg.Words(2, Words * degree), z = TestPrg.Words(3, Words * degree);
        ulong[] single = Compute<T, SingleLane>(x, y, z, Words);
        Assert.Equal(single, Compute<T, NarrowLanes>(x, y, z, Words));
        Assert.Equal(single, Compute<T, WideLanes>(x, y, z, Words));
    }

    private static ulong[] Compute<TField, TLanes>(ulong[] x, ulong[] y, ulong[] z, int words)
        where TField : struct, IPlaneArithmetic
        where TLanes : struct, ILanes<TLanes>
    {
        ulong[] result = [.. z], product = new ulong[z.Length];
        fixed (ulong* px = x)
        fixed (ulong* py = y)
        fixed (ulong* pz = result)
        fixed (ulong* pp = product)
        {
            int done = 0;
            BinaryPlanes.Multiply<TField, TLanes>(px, words, py, words, pz, words, ref done, words, accumulate: true);
            Assert.Equal(words, done);
            done = 0;
            BinaryPlanes.MultiplyPublic<TField, TLanes>(3, px, words, pz, words, ref done, words);
            Assert.Equal(words, done);
            done = 0;
            BinaryPlanes.Multiply<TField, TLanes>(px, words, py, words, pp, words, ref done, words, accumulate: false);
        }

        return [.. result, .. product];
    }

    private static int Product(BinaryField field, int x, int y)
    {
        int product = 0;
        for (int i = 0; i < field.Degree; i++)
        {
            product ^= ((y >> i) & 1) * (x << i);
        }

        for (int i = (2 * field.Degree) - 2; i >= field.Degree; i--)
        {
            product ^= ((product >> i) & 1) * (field.Modulus << (i - field.Degree));
        }

        return product;
    }

    private static int[] Elements(ulong[] planes, int degree)
    {
        int words = planes.Length / degree;
        int[] elements = new int[64 * words];
        for (int i = 0; i < elements.Length; i++)
        {
            for (int j = 0; j < degree; j++)
            {
                elements[i] |= (int)((planes[(j * words) + (i / 64)] >> (i % 64)) & 1) << j;
            }
        }

        return elements;
    }
}
