using SecureTransformer.Numerics;

namespace SecureTransformer.Sharing.Tests;

public sealed class ShamirSharingTests
{
    public static TheoryData<int, int, int> Committees() => new()
    {
        { 1, 0, 0 }, { 3, 1, 0 }, { 3, 1, 2 }, { 4, 1, 3 }, { 5, 2, 4 }, { 7, 2, 6 }, { 7, 3, 0 }, { 10, 4, 8 }, { 16, 7, 12 },
    };

    [Theory]
    [MemberData(nameof(Committees))]
    public void Any_shares_more_than_the_threshold_give_the_secret(int n, int t, int firstSeeded)
    {
        ShamirSharing sharing = new(n, t, firstSeeded);
        ulong[] secret = FieldKernelsTests.Mixed(7, 150);
        ulong[][] shares = Split(sharing, secret);
        for (int first = 0; first < n; first++)
        {
            for (int step = 1; step <= 3; step++)
            {
                int[] parties = [.. Enumerable.Range(0, n).Select(i => (first + (i * step)) % n).Distinct().Take(t + 1)];
                if (parties.Length == t + 1)
                {
                    ulong[] found = new ulong[secret.Length];
                    sharing.Reconstruct(parties, [.. parties.SelectMany(p => shares[p])], found);
                    Assert.Equal(secret, found);
                }
            }
        }
    }

    [Theory]
    [MemberData(nameof(Committees))]
    public void Any_bit_shares_more_than_the_threshold_give_the_bits(int n, int t, int firstSeeded)
    {
        ShamirBitSharing sharing = new(n, t, firstSeeded);
        ulong[] secret = TestPrg.Words(7, 151);
        ulong[][] shares = Split(sharing, secret);
        for (int first = 0; first < n; first++)
        {
            int[] parties = [.. Enumerable.Range(0, n).Select(i => (first + i) % n).Take(t + 1)];
            ulong[] found = new ulong[secret.Length];
            sharing.Reconstruct(parties, [.. parties.SelectMany(p => shares[p])], found);
            Assert.Equal(secret, found);
        }
    }

    [Fact]
    public void All_subsets_of_seven_shares_give_the_secret()
    {
        ShamirSharing sharing = new(7, 2);
        ulong[] secret = FieldKernelsTests.Mixed(9, 5);
        ulong[][] shares = Split(sharing, secret);
        for (int a = 0; a < 7; a++)
        {
            for (int b = 0; b < a; b++)
            {
                for (int c = 0; c < b; c++)
                {
                    ulong[] found = new ulong[secret.Length];
                    sharing.Reconstruct([a, b, c], [.. shares[a], .. shares[b], .. shares[c]], found);
                    Assert.Equal(secret, found);
                }
            }
        }
    }

    [Fact]
    public void Runs_give_the_shares_of_the_whole()
    {
        ShamirSharing sharing = new(5, 2, 1);
        ulong[] secret = FieldKernelsTests.Mixed(1, 100);
        ulong[] whole = new ulong[3 * 200], first = new ulong[3 * 14], second = new ulong[3 * 186];
        using (AesCtrPrg a = TestPrg.Create(1), b = TestPrg.Create(2))
        {
            sharing.Split(secret, [a, b], whole);
        }

        using (AesCtrPrg a = TestPrg.Create(1), b = TestPrg.Create(2))
        {
            sharing.Split(secret.AsSpan(0, 14), [a, b], first);
            sharing.Split(secret.AsSpan(14), [a, b], second);
        }

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal(whole[(200 * i)..(200 * (i + 1))], (ulong[])[.. first[(14 * i)..(14 * (i + 1))], .. second[(186 * i)..(186 * (i + 1))]]);
        }

        ShamirBitSharing bits = new(5, 2, 1);
        ulong[] packed = TestPrg.Words(1, 100);
        ulong[] allBits = new ulong[9 * 100], head = new ulong[9 * 14], tail = new ulong[9 * 86];
        using (AesCtrPrg a = TestPrg.Create(1), b = TestPrg.Create(2))
        {
            bits.Split(packed, [a, b], 0, allBits);
            bits.Split(packed.AsSpan(14), [a, b], 14, tail);
            bits.Split(packed.AsSpan(0, 14), [a, b], 0, head);
        }

        for (int plane = 0; plane < 9; plane++)
        {
            Assert.Equal(allBits[(100 * plane)..(100 * (plane + 1))], (ulong[])[.. head[(14 * plane)..(14 * (plane + 1))], .. tail[(86 * plane)..(86 * (plane + 1))]]);
        }
    }

    [Fact]
    public void Changed_shares_are_detected()
    {
        ShamirSharing sharing = new(5, 2);
        ulong[] secret = FieldKernelsTests.Mixed(3, 70);
        ulong[][] shares = Split(sharing, secret);
        Assert.True(sharing.IsConsistent([4, 0, 2, 1, 3], [.. shares[4], .. shares[0], .. shares[2], .. shares[1], .. shares[3]], 70));
        ShamirBitSharing bits = new(5, 2);
        ulong[] packed = TestPrg.Words(3, 70);
        ulong[][] bitShares = Split(bits, packed);
        Assert.True(bits.IsConsistent([4, 0, 2, 1, 3], [.. bitShares[4], .. bitShares[0], .. bitShares[2], .. bitShares[1], .. bitShares[3]], 70));
        for (int party = 0; party < 5; party++)
        {
            foreach (int at in new[] { 0, 69 })
            {
                shares[party][2 * at] ^= 4;
                Assert.False(sharing.IsConsistent([4, 0, 2, 1, 3], [.. shares[4], .. shares[0], .. shares[2], .. shares[1], .. shares[3]], 70));
                Assert.False(sharing.IsConsistent([0, 1, party > 2 ? party : 2, party > 2 ? 2 : 3], [.. shares[0], .. shares[1], .. shares[party > 2 ? party : 2], .. shares[party > 2 ? 2 : 3]], 70));
                Assert.True(sharing.IsConsistent([0, 1, 2], [.. shares[0], .. shares[1], .. shares[2]], 70));
                shares[party][2 * at] ^= 4;
                for (int plane = 0; plane < 3; plane++)
                {
                    bitShares[party][(70 * plane) + at] ^= 4;
                    Assert.False(bits.IsConsistent([4, 0, 2, 1, 3], [.. bitShares[4], .. bitShares[0], .. bitShares[2], .. bitShares[1], .. bitShares[3]], 70));
                    bitShares[party][(70 * plane) + at] ^= 4;
                }
            }
        }
    }

    [Fact]
    public void Shares_of_no_bit_are_detected()
    {
        // Three shares with threshold 2 lie on some polynomial; that its constant term is a bit they cannot all fake by chance.
        ShamirBitSharing bits = new(3, 2);
        ulong[] noise = TestPrg.Words(4, 3 * 2 * 8);
        Assert.False(bits.IsConsistent([0, 1, 2], noise, 8));
    }

    [Theory]
    [InlineData(0UL)]
    [InlineData(1UL)]
    public void Any_shares_up_to_the_threshold_are_uniform_whatever_the_secret(ulong bit)
    {
        // Bits: the joint distribution of two of five shares over GF(8), 64 cells. Numbers: the top two bits of two of five shares, 16 cells.
        ulong[] secret = new ulong[2000];
        Array.Fill(secret, 0 - bit);
        ShamirBitSharing sharing = new(5, 2, 3);
        ulong[][] shares = Split(sharing, secret);
        ulong[] number = new ulong[2 * 20_000];
        if (bit == 1)
        {
            Array.Fill(number, ulong.MaxValue >> 1);
        }

        ulong[][] numbers = Split(new ShamirSharing(5, 2, 3), number);
        for (int a = 0; a < 5; a++)
        {
            for (int b = 0; b < a; b++)
            {
                int[] cells = new int[64];
                for (int i = 0; i < 64 * secret.Length; i++)
                {
                    cells[(Element(shares[a], i) << 3) | Element(shares[b], i)]++;
                }

                Uniform(cells);
                int[] tops = new int[16];
                for (int i = 0; i < number.Length; i += 2)
                {
                    tops[(int)(((numbers[a][i + 1] >> 61) << 2) | (numbers[b][i + 1] >> 61))]++;
                }

                Uniform(tops);
            }
        }

        int Element(ulong[] share, int i) =>
            Enumerable.Range(0, 3).Sum(j => (int)((share[(j * secret.Length) + (i / 64)] >> (i % 64)) & 1) << j);
    }

    [Fact]
    public void Leading_coefficients_are_uniform_zero_included()
    {
        // f(x) = s + a x, so that a is (f(1) + s) / 1 at the first party's point: over GF(4) zero comes up as often as any other coefficient.
        ShamirBitSharing sharing = new(3, 1, 1);
        ulong[] secret = TestPrg.Words(11, 1000);
        ulong[][] shares = Split(sharing, secret);
        int[] cells = new int[4];
        for (int i = 0; i < 64 * secret.Length; i++)
        {
            int first = (int)(((shares[0][i / 64] ^ secret[i / 64]) >> (i % 64)) & 1) | ((int)((shares[0][secret.Length + (i / 64)] >> (i % 64)) & 1) << 1);
            cells[first]++;
        }

        Uniform(cells);
    }

    [Fact]
    public void A_polynomial_of_lower_degree_is_possible()
    {
        // Where the random shares equal the secret, f is constant: the leading coefficients are zero and every share is the secret.
        ShamirSharing sharing = new(5, 2);
        using AesCtrPrg a = TestPrg.Create(5), b = TestPrg.Create(5), c = TestPrg.Create(5);
        ulong[] secret = new ulong[20], computed = new ulong[60];
        ShamirSharing.Draw(a, secret);
        sharing.Split(secret, [b, c], computed);
        Assert.Equal([.. secret, .. secret, .. secret], computed);
    }

    [Fact]
    public void Extracted_randomness_depends_on_all_unknown_contributions()
    {
        foreach ((int n, int t) in new[] { (3, 1), (5, 2), (7, 3) })
        {
            Mersenne127[] matrix = RandomnessExtraction.Matrix<Mersenne127>(n, t);
            var field = BinaryField.ForParties(n);
            int[] bits = RandomnessExtraction.Matrix(field, n, t);
            int rows = n - t;
            foreach (int[] columns in Subsets(n, rows))
            {
                var minor = new Mersenne127[rows, rows];
                int[,] small = new int[rows, rows];
                for (int i = 0; i < rows; i++)
                {
                    for (int j = 0; j < rows; j++)
                    {
                        minor[i, j] = matrix[(i * n) + columns[j]];
                        small[i, j] = bits[(i * n) + columns[j]];
                    }
                }

                Assert.True(IsInvertible(minor, (x, y) => x * y, (x, y) => x - y, Mersenne127.Inverse, Mersenne127.Zero));
                Assert.True(IsInvertible(small, field.Multiply, (x, y) => x ^ y, field.Inverse, 0));
            }
        }
    }

    [Fact]
    public void Coefficients_at_a_point_itself_choose_its_value()
    {
        Mersenne127[] points = ShamirPoints.Of<Mersenne127>([0, 3, 5]);
        Assert.Equal([Mersenne127.Zero, Mersenne127.One, Mersenne127.Zero], Lagrange.Coefficients(points, points[1]));
        Assert.Equal([0, 1, 0], Lagrange.Coefficients(BinaryField.OfDegree(3), [1, 4, 6], 4));
        Assert.Throws<ArgumentException>(() => Lagrange.Coefficients<Mersenne127>([points[0], points[1], points[0]], Mersenne127.Zero));
        Assert.Throws<ArgumentException>(() => Lagrange.Coefficients(BinaryField.OfDegree(3), [1, 4, 4], 0));
    }

    [Fact]
    public void Arguments_are_checked()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new ShamirSharing(0, 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ShamirSharing(3, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ShamirSharing(3, 1, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ShamirSharing(32, 1));
        ShamirSharing sharing = new(3, 1);
        using AesCtrPrg prg = TestPrg.Create(1);
        Assert.Throws<ArgumentException>(() => sharing.Split(new ulong[4], [prg, prg], new ulong[8]));
        Assert.Throws<ArgumentException>(() => sharing.Split(new ulong[4], [prg], new ulong[12]));
        Assert.Throws<ArgumentException>(() => sharing.Split(new ulong[3], [prg], new ulong[6]));
        Assert.Throws<ArgumentException>(() => sharing.Reconstruct([0], new ulong[4], new ulong[4]));
        Assert.Throws<ArgumentException>(() => sharing.Reconstruct([0, 1], new ulong[4], new ulong[4]));
        Assert.Throws<ArgumentException>(() => sharing.Reconstruct([0, 0], new ulong[8], new ulong[4]));
        Assert.Throws<ArgumentOutOfRangeException>(() => sharing.Reconstruct([0, 3], new ulong[8], new ulong[4]));
        ShamirBitSharing bits = new(3, 1);
        Assert.Throws<ArgumentOutOfRangeException>(() => bits.Split(new ulong[4], [prg], 1, new ulong[16]));
        Assert.Throws<ArgumentException>(() => bits.Split(new ulong[4], [prg], 0, new ulong[8]));
        Assert.Throws<ArgumentException>(() => bits.Draw(prg, 0, new ulong[3]));
        Assert.Throws<ArgumentException>(() => bits.Reconstruct([0, 1], new ulong[8], new ulong[4]));
    }

    internal static ulong[][] Split(ShamirSharing sharing, ulong[] secret)
    {
        var shares = new ulong[sharing.Parties][];
        AesCtrPrg[] seeded = [.. Enumerable.Range(0, sharing.Threshold).Select(i => TestPrg.Create(100 + (ulong)i))];
        ulong[] computed = new ulong[(sharing.Parties - sharing.Threshold) * secret.Length];
        sharing.Split(secret, seeded, computed);
        for (int i = 0; i < sharing.Parties - sharing.Threshold; i++)
        {
            Assert.False(sharing.IsSeeded(sharing.ComputedParty(i)));
            shares[sharing.ComputedParty(i)] = computed[(i * secret.Length)..((i + 1) * secret.Length)];
        }

        for (int i = 0; i < sharing.Threshold; i++)
        {
            Assert.True(sharing.IsSeeded(sharing.SeededParty(i)));
            shares[sharing.SeededParty(i)] = new ulong[secret.Length];
            seeded[i].Position = 0;
            ShamirSharing.Draw(seeded[i], shares[sharing.SeededParty(i)]);
            seeded[i].Dispose();
        }

        return shares;
    }

    private static ulong[][] Split(ShamirBitSharing sharing, ulong[] secret)
    {
        var shares = new ulong[sharing.Parties][];
        AesCtrPrg[] seeded = [.. Enumerable.Range(0, sharing.Threshold).Select(i => TestPrg.Create(100 + (ulong)i))];
        int words = sharing.Field.Degree * secret.Length;
        ulong[] computed = new ulong[(sharing.Parties - sharing.Threshold) * words];
        sharing.Split(secret, seeded, 0, computed);
        for (int i = 0; i < sharing.Parties - sharing.Threshold; i++)
        {
            shares[sharing.ComputedParty(i)] = computed[(i * words)..((i + 1) * words)];
        }

        for (int i = 0; i < sharing.Threshold; i++)
        {
            shares[sharing.SeededParty(i)] = new ulong[words];
            sharing.Draw(seeded[i], 0, shares[sharing.SeededParty(i)]);
            seeded[i].Dispose();
        }

        return shares;
    }

    /// <summary>Chi-square: six standard deviations above the mean of its distribution.</summary>
    private static void Uniform(int[] cells)
    {
        double expected = cells.Sum() / (double)cells.Length;
        double square = cells.Sum(c => (c - expected) * (c - expected) / expected);
        int freedom = cells.Length - 1;
        Assert.InRange(square, 0, freedom + (6 * Math.Sqrt(2 * freedom)));
    }

    internal static IEnumerable<int[]> Subsets(int n, int size)
    {
        for (int mask = 0; mask < 1 << n; mask++)
        {
            if (int.PopCount(mask) == size)
            {
                yield return [.. Enumerable.Range(0, n).Where(i => (mask >> i & 1) != 0)];
            }
        }
    }

    private static bool IsInvertible<T>(T[,] m, Func<T, T, T> multiply, Func<T, T, T> subtract, Func<T, T> inverse, T zero)
        where T : IEquatable<T>
    {
        int n = m.GetLength(0);
        for (int c = 0; c < n; c++)
        {
            int pivot = c;
            while (pivot < n && m[pivot, c].Equals(zero))
            {
                pivot++;
            }

            if (pivot == n)
            {
                return false;
            }

            for (int j = 0; j < n; j++)
            {
                (m[c, j], m[pivot, j]) = (m[pivot, j], m[c, j]);
            }

            T scale = inverse(m[c, c]);
            for (int i = c + 1; i < n; i++)
            {
                T factor = multiply(m[i, c], scale);
                for (int j = c; j < n; j++)
                {
                    m[i, j] = subtract(m[i, j], multiply(factor, m[c, j]));
                }
            }
        }

        return true;
    }
}
