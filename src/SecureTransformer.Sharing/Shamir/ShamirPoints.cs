using SecureTransformer.Numerics;

namespace SecureTransformer.Sharing;

/// <summary>Where the parties' shares are taken: party i, from 0, at the point i + 1. In a binary field that is the element whose bits are those of i + 1.</summary>
public static class ShamirPoints
{
    /// <summary>The most parties: the non-zero elements of the largest <see cref="BinaryField"/>.</summary>
    public const int MaxParties = (1 << BinaryField.MaxDegree) - 1;

    /// <summary>The point of a party in a prime field.</summary>
    /// <typeparam name="T">The field, of more than <see cref="MaxParties"/> elements.</typeparam>
    /// <param name="party">The party.</param>
    /// <returns>The point.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such party.</exception>
    public static T Of<T>(int party)
        where T : struct, IField<T> => T.FromInt64(OfBits(party));

    /// <summary>The points of some parties in a prime field.</summary>
    /// <typeparam name="T">The field, of more than <see cref="MaxParties"/> elements.</typeparam>
    /// <param name="parties">The parties.</param>
    /// <returns>Their points, in the same order.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such party.</exception>
    public static T[] Of<T>(ReadOnlySpan<int> parties)
        where T : struct, IField<T>
    {
        var points = new T[parties.Length];
        for (int i = 0; i < points.Length; i++)
        {
            points[i] = Of<T>(parties[i]);
        }

        return points;
    }

    /// <summary>The point of a party in a binary field.</summary>
    /// <param name="party">The party.</param>
    /// <returns>The point.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such party.</exception>
    public static int OfBits(int party)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(party);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(party, MaxParties);
        return party + 1;
    }

    /// <summary>The points of some parties in a binary field.</summary>
    /// <param name="parties">The parties.</param>
    /// <returns>Their points, in the same order.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such party.</exception>
    public static int[] OfBits(ReadOnlySpan<int> parties)
    {
        var points = new int[parties.Length];
        for (int i = 0; i < points.Length; i++)
        {
            points[i] = OfBits(parties[i]);
        }

        return points;
    }

    internal static void Check(int parties, int threshold)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(parties, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(parties, MaxParties);
        ArgumentOutOfRangeException.ThrowIfNegative(threshold);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(threshold, parties);
    }
}
