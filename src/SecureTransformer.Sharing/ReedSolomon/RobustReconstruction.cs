using System.Runtime.InteropServices;
using SecureTransformer.Numerics;

namespace SecureTransformer.Sharing;

/// <summary>
/// Values from the shares of m parties of which up to E are wrong: optimistic first, decoding only where that fails, in the manner of HoneyBadgerMPC (Lu et al.,
/// "HoneyBadgerMPC and AsynchroMix", CCS 2019). Parties that are absent are left out; m - t - 1 is to be at least 2 E.
/// </summary>
/// <remarks>
/// <para>
/// Certainty. A value is returned if a polynomial of degree at most t agrees with all but at most E of the m shares, where a party once found wrong counts against E and is
/// left out from then on. If at most E of the m parties are wrong, every value is found and right, and the parties named are exactly those whose shares of values up to
/// then differed: m - E >= t + 1 + E shares agree, at least t + 1 of them right, and those determine the polynomial. If more than E are wrong, but fewer than m - t - E, no
/// wrong value is returned, since a wrong polynomial agrees with at most t right shares; the result says which value was not found. m - t - E wrong parties that act together can
/// pass off another value, as in every scheme.
/// </para>
/// <para>
/// Cost: (t + 1) (m - t - 1 + r) products a value for r results each, whoever lies. A value is decoded only if one of the t + 1 parties from which the others are
/// computed is newly wrong, so that there are at most E decodings in all. Time depends on which shares are wrong, not on the values.
/// </para>
/// </remarks>
/// <typeparam name="T">The field.</typeparam>
public sealed class RobustReconstruction<T>
    where T : struct, IField<T>
{
    // Values at a time.
    private const int Block = 128;

    private readonly int[] _parties;
    private readonly int _threshold;
    private readonly T[] _targets;

    /// <summary>Prepares the reconstruction of secrets, f(0).</summary>
    /// <param name="parties">The m parties whose shares are there, different ones, at least t + 1.</param>
    /// <param name="threshold">t, the degree.</param>
    /// <param name="maxErrors">E, the most of them that may be wrong; as many as can be corrected, (m - t - 1) / 2, if left out.</param>
    /// <exception cref="ArgumentException">A party comes twice, or there are too few.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A party, the threshold or the number of errors is out of range.</exception>
    public RobustReconstruction(ReadOnlySpan<int> parties, int threshold, int? maxErrors = null)
        : this(parties, threshold, [T.Zero], maxErrors)
    {
    }

    /// <summary>Prepares the reconstruction of the values at several points each.</summary>
    /// <param name="parties">The m parties whose shares are there, different ones, at least t + 1.</param>
    /// <param name="threshold">t, the degree.</param>
    /// <param name="targets">The points at which values are wanted.</param>
    /// <param name="maxErrors">E, the most of them that may be wrong; as many as can be corrected, (m - t - 1) / 2, if left out.</param>
    /// <exception cref="ArgumentException">A party comes twice, or there are too few.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A party, the threshold or the number of errors is out of range.</exception>
    public RobustReconstruction(ReadOnlySpan<int> parties, int threshold, ReadOnlySpan<T> targets, int? maxErrors = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(threshold);
        if (parties.Length <= threshold)
        {
            throw new ArgumentException($"{parties.Length} shares with threshold {threshold} do not give the secret.", nameof(parties));
        }

        int radius = GaoDecoder.Radius(parties.Length, threshold + 1);
        MaxErrors = maxErrors ?? radius;
        ArgumentOutOfRangeException.ThrowIfNegative(MaxErrors, nameof(maxErrors));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(MaxErrors, radius, nameof(maxErrors));
        _parties = parties.ToArray();
        _threshold = threshold;
        _targets = targets.ToArray();
        _ = Lagrange.Weights<T>(ShamirPoints.Of<T>(parties));
    }

    /// <summary>Gets E, the most parties that may be wrong.</summary>
    public int MaxErrors { get; }

    /// <summary>Finds values. They are public to the caller from then on, and so is who was wrong.</summary>
    /// <param name="shares">The shares, one row for each party in the order given: m x <paramref name="count"/>. Canonical elements.</param>
    /// <param name="count">The number of values.</param>
    /// <param name="values">The results, one row for each target: r x <paramref name="count"/>. Those of values not found are zeros.</param>
    /// <returns>Whether all were found, and who was wrong.</returns>
    /// <exception cref="ArgumentException">A length does not fit.</exception>
    public RobustResult Reconstruct(ReadOnlySpan<T> shares, int count, Span<T> values)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (shares.Length != (long)_parties.Length * count)
        {
            throw new ArgumentException($"{shares.Length} elements are not {count} shares of {_parties.Length} parties.", nameof(shares));
        }

        if (values.Length != (long)_targets.Length * count)
        {
            throw new ArgumentException($"{values.Length} elements do not hold {count} values at {_targets.Length} points.", nameof(values));
        }

        values.Clear();
        List<int> active = [.. Enumerable.Range(0, _parties.Length)];
        List<WrongParty> wrong = [];
        InterpolationBlock<T> block = new(Block, _parties.Length, _threshold, _targets);
        block.Choose(Points(active));
        for (int at = 0; at < count;)
        {
            int length = Math.Min(Block, count - at);
            block.Interpolate(shares, count, at, length, active);
            int agreed = block.Agreed(shares, count, at, length, active);
            block.Take(values, count, at, agreed);
            at += agreed;
            if (agreed == length)
            {
                continue;
            }

            // Somebody is wrong about value at. Of the active parties, up to as many as remain of E may be.
            T[] points = Points(active);
            T[] received = new T[active.Count];
            for (int i = 0; i < received.Length; i++)
            {
                received[i] = shares[(active[i] * count) + at];
            }

            Polynomial<T>? f = Find(points, received, MaxErrors - wrong.Count);
            if (f is null)
            {
                return new RobustResult(count, at, _parties.Length, MaxErrors, wrong);
            }

            for (int r = 0; r < _targets.Length; r++)
            {
                values[(r * count) + at] = f.Evaluate(_targets[r]);
            }

            for (int i = received.Length - 1; i >= 0; i--)
            {
                if (f.Evaluate(points[i]) != received[i])
                {
                    wrong.Add(new WrongParty(_parties[active[i]], at));
                    active.RemoveAt(i);
                }
            }

            block.Choose(Points(active));
            at++;
        }

        return new RobustResult(count, count, _parties.Length, MaxErrors, wrong);
    }

    /// <summary>The polynomial of degree at most t from which at most so many values differ: the one through the first t + 1 of them if they are right, else by decoding.</summary>
    private Polynomial<T>? Find(T[] points, T[] values, int errors)
    {
        var first = Polynomials.Interpolate(points.AsSpan(0, _threshold + 1), values.AsSpan(0, _threshold + 1));
        int wrong = 0;
        for (int i = _threshold + 1; i < points.Length; i++)
        {
            wrong += first.Evaluate(points[i]) == values[i] ? 0 : 1;
        }

        return wrong <= errors ? first
            : errors == 0 ? null
            : GaoDecoder.Decode<T>(points, values, _threshold + 1, errors);
    }

    private T[] Points(List<int> active)
    {
        var points = new T[active.Count];
        for (int i = 0; i < points.Length; i++)
        {
            points[i] = ShamirPoints.Of<T>(_parties[active[i]]);
        }

        return points;
    }
}
