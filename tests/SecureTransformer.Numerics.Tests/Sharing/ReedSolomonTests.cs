using FsCheck;
using FsCheck.Fluent;
using SecureTransformer.Numerics;

namespace SecureTransformer.Sharing.Tests;

public sealed class SmallReedSolomonTests : ReedSolomonTests<Mersenne61>;

public sealed class LargeReedSolomonTests : ReedSolomonTests<Mersenne127>;

/// <summary>Over a field of 251 elements wrong values often look right by chance, which the others never show.</summary>
public sealed class TinyReedSolomonTests : ReedSolomonTests<SmallField>;

public abstract class ReedSolomonTests<T>
    where T : struct, IField<T>
{
    private static T[] Random(ulong seed, int count)
    {
        using AesCtrPrg prg = TestPrg.Create(seed);
        var elements = new T[count];
        T.Sample(prg, elements);
        return elements;
    }

    private static T[] Points(int count) => [.. Enumerable.Range(1, count).Select(i => T.FromInt64(i))];

    [Fact]
    public void Inverses_of_many_are_the_inverses_of_each()
    {
        T[] values = [.. Random(1, 50).Where(x => x != T.Zero), T.One, -T.One];
        T[] inverses = [.. values];
        BatchInversion.Invert<T>(inverses);
        Assert.Equal(values.Select(T.Inverse), inverses);
        BatchInversion.Invert<T>([]);
        T[] withZero = [T.One, T.Zero, -T.One];
        Assert.Throws<DivideByZeroException>(() => BatchInversion.Invert<T>(withZero));
        Assert.Equal([T.One, T.Zero, -T.One], withZero);
    }

    [Fact]
    public void Interpolation_takes_the_values() => Prop.ForAll<ulong, byte>((seed, size) =>
    {
        T[] points = Points(size % 17), values = Random(seed, size % 17);
        Polynomial<T> f = Polynomials.Interpolate<T>(points, values);
        Assert.True(f.Degree < points.Length);
        Assert.Equal(values, points.Select(f.Evaluate));

        // Back to a polynomial from more values than needed.
        T[] more = [.. Points(20).Select(f.Evaluate)];
        Assert.True(f.Coefficients.SequenceEqual(Polynomials.Interpolate<T>(Points(20), more).Coefficients));
        T[] matrix = Lagrange.Matrix<T>(points, Points(20));
        for (int j = 0; j < 20; j++)
        {
            T sum = T.Zero;
            for (int i = 0; i < points.Length; i++)
            {
                sum += matrix[(j * points.Length) + i] * values[i];
            }

            Assert.Equal(more[j], sum);
        }
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Division_and_products_agree() => Prop.ForAll<ulong, byte, byte>((seed, a, b) =>
    {
        Polynomial<T> x = new(Random(seed, a % 12)), y = new([.. Random(seed + 1, b % 12), T.One]), r = new(Random(seed + 2, b % 12));
        (Polynomial<T> quotient, Polynomial<T> remainder) = x.Multiply(y).Subtract(r).Divide(y);
        Polynomial<T> minus = new Polynomial<T>([]).Subtract(r);
        Assert.True(quotient.Coefficients.SequenceEqual(x.Coefficients));
        Assert.True(remainder.Coefficients.SequenceEqual(minus.Coefficients));
        T at = Random(seed + 3, 1)[0];
        Assert.Equal(x.Evaluate(at) * y.Evaluate(at), x.Multiply(y).Evaluate(at));
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Euclid_keeps_its_invariant() => Prop.ForAll<ulong, byte>((seed, size) =>
    {
        int degree = size % 9;
        var a = Polynomials.FromRoots<T>(Points(10));
        Polynomial<T> b = new(Random(seed, 10));
        (Polynomial<T> g, Polynomial<T> v) = Polynomials.ExtendedEuclid(a, b, degree);
        Assert.True(g.Degree < Math.Max(degree, 1));

        // g = u a + v b: a divides v b - g.
        Assert.Equal(-1, v.Multiply(b).Subtract(g).Divide(a).Remainder.Degree);
        Assert.True(v.Degree >= 0);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Polynomials_do_not_print_their_coefficients()
    {
        Polynomial<T> f = new([T.One, -T.One, T.Zero]);
        Assert.Equal(1, f.Degree);
        Assert.Equal("Polynomial[degree 1]", f.ToString());
        Assert.Throws<DivideByZeroException>(() => f.Divide(new Polynomial<T>([])));
        Assert.Throws<ArgumentException>(() => Polynomials.Interpolate<T>([T.One, T.One], [T.One, T.One]));
        Assert.Throws<ArgumentException>(() => Polynomials.Interpolate<T>([T.One], []));
    }

    [Fact]
    public void All_patterns_of_two_errors_among_seven_are_corrected()
    {
        const int Parties = 7, Threshold = 2;
        T[] points = Points(Parties);
        ulong seed = 0;
        for (int size = 0; size <= 2; size++)
        {
            foreach (int[] liars in ShamirSharingTests.Subsets(Parties, size))
            {
                Polynomial<T> f = new(Random(++seed, Threshold + 1));
                T[] values = Corrupt(f, points, liars, seed);
                Polynomial<T>? found = GaoDecoder.Decode<T>(points, values, Threshold + 1, 2);
                Assert.True(found!.Coefficients.SequenceEqual(f.Coefficients));

                RobustReconstruction<T> robust = new([.. Enumerable.Range(0, Parties)], Threshold);
                var secret = new T[1];
                RobustResult result = robust.Reconstruct(values, 1, secret);
                Assert.True(result.IsComplete);
                Assert.Equal(f.Evaluate(T.Zero), secret[0]);
                Assert.Equal(liars, result.WrongParties.Select(w => w.Party).Order());
            }
        }
    }

    [Fact]
    public void No_more_errors_are_corrected_than_asked_for()
    {
        T[] points = Points(7);
        Polynomial<T> f = new(Random(3, 3));
        T[] values = Corrupt(f, points, [1, 4], 3);
        Assert.Null(GaoDecoder.Decode<T>(points, values, 3, 1));
        Assert.True(GaoDecoder.Decode<T>(points, values, 3, 2)!.Coefficients.SequenceEqual(f.Coefficients));
        Assert.False(new RobustReconstruction<T>([0, 1, 2, 3, 4, 5, 6], 2, maxErrors: 1).Reconstruct(values, 1, new T[1]).IsComplete);
    }

    [Fact]
    public void Random_errors_and_erasures_are_corrected_up_to_sixteen_parties()
    {
        for (ulong seed = 0; seed < 200; seed++)
        {
            ulong[] choice = TestPrg.Words(seed, 40);
            int n = 2 + (int)(choice[0] % 15);
            int t = (int)(choice[1] % (ulong)n);
            int[] present = [.. Shuffle(n, choice.AsSpan(2, 16)).Take(t + 1 + (int)(choice[18] % (ulong)(n - t)))];
            int[] liars = [.. present.Take((int)(choice[19] % (ulong)(GaoDecoder.Radius(present.Length, t + 1) + 1)))];
            int[] order = [.. Shuffle(present.Length, choice.AsSpan(20, 16)).Select(i => present[i])];

            Polynomial<T> f = new(Random(seed, t + 1));
            T[] points = ShamirPoints.Of<T>(order);
            T[] values = Corrupt(f, points, [.. liars.Select(l => Array.IndexOf(order, l))], seed);
            var secret = new T[1];
            RobustResult result = new RobustReconstruction<T>(order, t).Reconstruct(values, 1, secret);
            Assert.True(result.IsComplete);
            Assert.Equal(f.Evaluate(T.Zero), secret[0]);
            Assert.Equal(liars.Order(), result.WrongParties.Select(w => w.Party).Order());
        }
    }

    [Fact]
    public void Liars_who_act_together_are_corrected_up_to_the_bound_and_noticed_beyond()
    {
        // Two of six wrong with threshold 2: one can be corrected, two are noticed, whatever they send; here shares of another polynomial that meets the right one where it can.
        T[] points = Points(6);
        Polynomial<T> f = new(Random(1, 3));
        foreach (int[] liars in ShamirSharingTests.Subsets(6, 2))
        {
            int[] honest = [.. Enumerable.Range(0, 6).Except(liars)];
            Polynomial<T> difference = Polynomials.FromRoots<T>([points[honest[0]], points[honest[1]]]);
            T[] values = [.. points.Select((p, i) => f.Evaluate(p) + (liars.Contains(i) ? difference.Evaluate(p) : T.Zero))];
            RobustReconstruction<T> robust = new([0, 1, 2, 3, 4, 5], 2);
            Assert.Equal(1, robust.MaxErrors);
            T[] secret = [T.One];
            RobustResult result = robust.Reconstruct(values, 1, secret);
            Assert.False(result.IsComplete);
            Assert.Equal(0, result.Found);
            Assert.Equal(T.Zero, secret[0]);
            Assert.Null(GaoDecoder.Decode<T>(points, values, 3, 1));

            // With a seventh, honest share the same two are corrected.
            T[] seven = [.. values, f.Evaluate(T.FromInt64(7))];
            result = new RobustReconstruction<T>([0, 1, 2, 3, 4, 5, 6], 2).Reconstruct(seven, 1, secret);
            Assert.True(result.IsComplete);
            Assert.Equal(f.Evaluate(T.Zero), secret[0]);
            Assert.Equal(liars, result.WrongParties.Select(w => w.Party).Order());
        }
    }

    [Fact]
    public void Without_redundancy_for_correction_a_wrong_share_is_noticed()
    {
        T[] points = Points(4);
        Polynomial<T> f = new(Random(1, 3));
        for (int liar = 0; liar < 4; liar++)
        {
            T[] secret = new T[1];
            RobustReconstruction<T> robust = new([0, 1, 2, 3], 2);
            Assert.Equal(0, robust.MaxErrors);
            Assert.False(robust.Reconstruct(Corrupt(f, points, [liar], 5), 1, secret).IsComplete);
            Assert.True(robust.Reconstruct(Corrupt(f, points, [], 5), 1, secret).IsComplete);
            Assert.Equal(f.Evaluate(T.Zero), secret[0]);

            // Asked to correct none, seven parties notice one.
            robust = new([0, 1, 2, 3, 4, 5, 6], 2, maxErrors: 0);
            Assert.False(robust.Reconstruct(Corrupt(f, Points(7), [liar], 5), 1, secret).IsComplete);
        }
    }

    [Fact]
    public void Batches_use_what_earlier_values_showed()
    {
        const int Count = 1000, Threshold = 3;
        int[] parties = [9, 1, 2, 3, 4, 5, 6, 7, 8, 0];
        (T[] shares, T[] secrets, T[] seconds) = Batch(parties, Threshold, Count);
        Lie(shares, Count, 0, 5, 5);
        Lie(shares, Count, 0, 700, 900);
        Lie(shares, Count, 7, 300, 301);
        Lie(shares, Count, 3, 301, 999);
        var values = new T[2 * Count];
        RobustReconstruction<T> robust = new(parties, Threshold, [T.Zero, T.FromInt64(-1)]);
        RobustResult result = robust.Reconstruct(shares, Count, values);
        Assert.True(result.IsComplete);
        Assert.Equal([.. secrets, .. seconds], values);
        Assert.Equal([new WrongParty(9, 5), new WrongParty(7, 300), new WrongParty(3, 301)], result.WrongParties);
        Assert.Equal("1000 values from 10 parties; wrong: party 9 (value 5), party 7 (value 300), party 3 (value 301).", result.ToString());

        // A fourth liar is more than there may be.
        Lie(shares, Count, 8, 400, 400);
        result = robust.Reconstruct(shares, Count, values);
        Assert.False(result.IsComplete);
        Assert.Equal(400, result.Found);
        Assert.Equal([.. secrets[..400], .. new T[600], .. seconds[..400], .. new T[600]], values);
        Assert.Equal([9, 7, 3], result.WrongParties.Select(w => w.Party));
        Assert.Equal("Value 400 of 1000 cannot be found: of 10 parties more than 3 sent wrong shares; wrong: party 9 (value 5), party 7 (value 300), party 3 (value 301).", result.ToString());
    }

    [Fact]
    public void An_honest_batch_names_nobody()
    {
        (T[] shares, T[] secrets, _) = Batch([0, 2, 4], 1, 300);
        var values = new T[300];
        RobustResult result = new RobustReconstruction<T>([0, 2, 4], 1).Reconstruct(shares, 300, values);
        Assert.Equal(secrets, values);
        Assert.Empty(result.WrongParties);
        Assert.Equal("300 values from 3 parties; no party is known to be wrong.", result.ToString());
        Assert.True(new RobustReconstruction<T>([0, 2, 4], 1).Reconstruct([], 0, []).IsComplete);
    }

    [Fact]
    public void Arguments_are_checked()
    {
        Assert.Throws<ArgumentException>(() => new RobustReconstruction<T>([0, 1], 2));
        Assert.Throws<ArgumentException>(() => new RobustReconstruction<T>([0, 1, 1], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RobustReconstruction<T>([0, 1, -1], 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new RobustReconstruction<T>([0, 1, 2], 1, maxErrors: 1));
        Assert.Throws<ArgumentException>(() => new RobustReconstruction<T>([0, 1], 1).Reconstruct(new T[3], 2, new T[2]));
        Assert.Throws<ArgumentException>(() => new RobustReconstruction<T>([0, 1], 1).Reconstruct(new T[4], 2, new T[1]));
        Assert.Throws<ArgumentOutOfRangeException>(() => GaoDecoder.Decode<T>(Points(3), Points(3), 1, 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => GaoDecoder.Decode<T>(Points(3), Points(3), 4, 0));
        Assert.Equal(-1, GaoDecoder.Radius(2, 3));
    }

    private static (T[] Shares, T[] Secrets, T[] Seconds) Batch(int[] parties, int threshold, int count)
    {
        T[] points = ShamirPoints.Of<T>(parties);
        T[] shares = new T[parties.Length * count], secrets = new T[count], seconds = new T[count];
        for (int v = 0; v < count; v++)
        {
            Polynomial<T> f = new(Random((ulong)v, threshold + 1));
            secrets[v] = f.Evaluate(T.Zero);
            seconds[v] = f.Evaluate(T.FromInt64(-1));
            for (int i = 0; i < points.Length; i++)
            {
                shares[(i * count) + v] = f.Evaluate(points[i]);
            }
        }

        return (shares, secrets, seconds);
    }

    private static void Lie(T[] shares, int count, int row, int first, int last)
    {
        for (int v = first; v <= last; v++)
        {
            shares[(row * count) + v] += T.FromInt64(v + 1);
        }
    }

    private static T[] Corrupt(Polynomial<T> f, T[] points, int[] liars, ulong seed)
    {
        T[] values = [.. points.Select(f.Evaluate)];
        T[] lies = Random(seed + 5000, points.Length);
        foreach (int liar in liars)
        {
            values[liar] += lies[liar] == T.Zero ? T.One : lies[liar];
        }

        return values;
    }

    private static int[] Shuffle(int count, ReadOnlySpan<ulong> random)
    {
        int[] order = [.. Enumerable.Range(0, count)];
        for (int i = count - 1; i > 0; i--)
        {
            int j = (int)(random[i] % (ulong)(i + 1));
            (order[i], order[j]) = (order[j], order[i]);
        }

        return order;
    }
}
