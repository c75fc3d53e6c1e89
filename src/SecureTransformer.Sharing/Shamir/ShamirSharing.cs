using System.Runtime.InteropServices;
using SecureTransformer.Numerics;

namespace SecureTransformer.Sharing;

/// <summary>
/// Shamir's sharing among n parties with threshold t (Shamir, "How to share a secret", CACM 1979) modulo p = 2^127 - 1: the secret is f(0) of a polynomial f of degree
/// at most t, and party i holds f(i + 1). Any t shares say nothing about it, any t + 1 give it. Elements have two words (<see cref="Mersenne127"/>).
/// </summary>
/// <remarks>
/// When somebody splits a secret, t shares are drawn at random, from generators that their receivers have too (<see cref="ShareSeeds"/>), and the others computed from
/// them and the secret. Every choice of t shares belongs to one polynomial, so that its coefficients beyond the constant are uniform, zero included.
/// </remarks>
public sealed class ShamirSharing
{
    // Elements at a time.
    private const int Block = 64;

    private readonly ulong[] _split;
    private readonly int _firstSeeded;

    /// <summary>Sharing among n parties of whom t see nothing.</summary>
    /// <param name="parties">n.</param>
    /// <param name="threshold">t, less than n.</param>
    /// <param name="firstSeeded">The first of the t parties, in circular order, whose shares are random.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public ShamirSharing(int parties, int threshold, int firstSeeded = 0)
    {
        ShamirPoints.Check(parties, threshold);
        ArgumentOutOfRangeException.ThrowIfNegative(firstSeeded);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(firstSeeded, parties);
        Parties = parties;
        Threshold = threshold;
        _firstSeeded = firstSeeded;

        // Of the secret, f(0), and the random shares.
        var known = new Mersenne127[threshold + 1];
        for (int i = 0; i < threshold; i++)
        {
            known[i + 1] = ShamirPoints.Of<Mersenne127>(SeededParty(i));
        }

        var targets = new Mersenne127[parties - threshold];
        for (int i = 0; i < targets.Length; i++)
        {
            targets[i] = ShamirPoints.Of<Mersenne127>(ComputedParty(i));
        }

        _split = WordsOf(Lagrange.Matrix<Mersenne127>(known, targets));
    }

    /// <summary>Gets n.</summary>
    public int Parties { get; }

    /// <summary>Gets t, the degree.</summary>
    public int Threshold { get; }

    /// <summary>Whether the share of a party is random when a secret is split.</summary>
    /// <param name="party">The party.</param>
    /// <returns><see langword="true"/> for t of the parties.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such party.</exception>
    public bool IsSeeded(int party)
    {
        CheckParty(party);
        return (party - _firstSeeded + Parties) % Parties < Threshold;
    }

    /// <summary>The parties whose shares are random, in order.</summary>
    /// <param name="index">0 to t - 1.</param>
    /// <returns>The party.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer.</exception>
    public int SeededParty(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Threshold);
        return (_firstSeeded + index) % Parties;
    }

    /// <summary>The parties whose shares are computed, in order.</summary>
    /// <param name="index">0 to n - t - 1.</param>
    /// <returns>The party.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There are fewer.</exception>
    public int ComputedParty(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Parties - Threshold);
        return (_firstSeeded + Threshold + index) % Parties;
    }

    /// <summary>The next run of a random share, as its receiver draws it. Runs of any numbers of elements give the same elements as one.</summary>
    /// <param name="seeded">The generator of the share; see <see cref="ShareSeeds.Open"/>.</param>
    /// <param name="share">Where the share goes, two words an element.</param>
    /// <exception cref="ArgumentException">The number of words is odd.</exception>
    public static void Draw(AesCtrPrg seeded, Span<ulong> share) => FieldKernels.FillUniform(seeded, share);

    /// <summary>Splits the next run of a secret.</summary>
    /// <param name="secret">The elements, two words each.</param>
    /// <param name="seeded">The generators of the random shares, in the order of <see cref="SeededParty"/>; they advance by one block an element.</param>
    /// <param name="computed">Where the other shares go, in the order of <see cref="ComputedParty"/>, each as long as the secret; apart from it.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    public void Split(ReadOnlySpan<ulong> secret, ReadOnlySpan<AesCtrPrg> seeded, Span<ulong> computed)
    {
        int count = Elements(secret.Length, nameof(secret));
        int others = Parties - Threshold;
        if (seeded.Length != Threshold)
        {
            throw new ArgumentException($"{seeded.Length} generators for {Threshold} random shares.", nameof(seeded));
        }

        if (computed.Length != (long)others * secret.Length)
        {
            throw new ArgumentException($"{computed.Length} words do not hold {others} shares of {secret.Length}.", nameof(computed));
        }

        Span<ulong> known = stackalloc ulong[(Threshold + 1) * Block * Mersenne127.WordCount];
        FieldMatrixView split = new(_split, others, Threshold + 1);
        for (int start = 0; start < count; start += Block)
        {
            int part = Math.Min(Block, count - start);
            int words = part * Mersenne127.WordCount;
            secret.Slice(start * Mersenne127.WordCount, words).CopyTo(known);
            for (int i = 0; i < Threshold; i++)
            {
                FieldKernels.FillUniform(seeded[i], known.Slice((i + 1) * words, words));
            }

            FieldMatrix.Multiply(split, new FieldMatrixView(known, Threshold + 1, part), computed[(start * Mersenne127.WordCount)..], count);
        }

        known.Clear();
    }

    /// <summary>The secret from the first t + 1 of some shares.</summary>
    /// <param name="parties">Whose shares they are, at least t + 1 different ones.</param>
    /// <param name="shares">The shares one after another, each as long as the secret.</param>
    /// <param name="secret">Where the secret goes; apart from the shares.</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or there are too few shares.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such party.</exception>
    public void Reconstruct(ReadOnlySpan<int> parties, ReadOnlySpan<ulong> shares, Span<ulong> secret)
    {
        int count = Elements(secret.Length, nameof(secret));
        Mersenne127[] points = Points(parties, shares, secret.Length);
        ulong[] coefficients = WordsOf(Lagrange.Coefficients(points.AsSpan(0, Threshold + 1), Mersenne127.Zero));
        FieldMatrix.Multiply(new FieldMatrixView(coefficients, 1, Threshold + 1), new FieldMatrixView(shares, Threshold + 1, count), secret, count);
    }

    /// <summary>Whether shares lie on polynomials of degree at most t. Of t + 1 shares that is always so; more shares detect a change of up to as many as there are more.</summary>
    /// <param name="parties">Whose shares they are, at least t + 1 different ones.</param>
    /// <param name="shares">The shares one after another.</param>
    /// <param name="count">The elements of each share.</param>
    /// <returns><see langword="true"/> if no share contradicts the others.</returns>
    /// <exception cref="ArgumentException">The lengths do not fit, or there are too few shares.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such party.</exception>
    public bool IsConsistent(ReadOnlySpan<int> parties, ReadOnlySpan<ulong> shares, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        Mersenne127[] points = Points(parties, shares, (long)count * Mersenne127.WordCount);
        int more = parties.Length - Threshold - 1;
        ulong[] matrix = WordsOf(Lagrange.Matrix<Mersenne127>(points.AsSpan(0, Threshold + 1), points.AsSpan(Threshold + 1)));
        FieldMatrixView interpolate = new(matrix, more, Threshold + 1);
        Span<ulong> expected = stackalloc ulong[more * Block * Mersenne127.WordCount];
        ulong difference = 0;
        for (int start = 0; start < count; start += Block)
        {
            int part = Math.Min(Block, count - start);
            int words = part * Mersenne127.WordCount;
            FieldMatrix.Multiply(interpolate, new FieldMatrixView(shares[(start * Mersenne127.WordCount)..], Threshold + 1, part, count), expected, part);
            for (int i = 0; i < more; i++)
            {
                ReadOnlySpan<ulong> share = shares.Slice((((Threshold + 1 + i) * count) + start) * Mersenne127.WordCount, words);
                for (int w = 0; w < words; w++)
                {
                    difference |= share[w] ^ expected[(i * words) + w];
                }
            }
        }

        expected.Clear();
        return difference == 0;
    }

    private static ulong[] WordsOf(Mersenne127[] elements) => MemoryMarshal.Cast<Mersenne127, ulong>(elements.AsSpan()).ToArray();

    private static int Elements(int words, string name) => words % Mersenne127.WordCount == 0
        ? words / Mersenne127.WordCount
        : throw new ArgumentException($"{words} words are no whole number of elements of {Mersenne127.WordCount} words.", name);

    private Mersenne127[] Points(ReadOnlySpan<int> parties, ReadOnlySpan<ulong> shares, long words)
    {
        if (parties.Length <= Threshold)
        {
            throw new ArgumentException($"{parties.Length} shares with threshold {Threshold} do not give the secret.", nameof(parties));
        }

        foreach (int party in parties)
        {
            CheckParty(party);
        }

        return shares.Length == parties.Length * words
            ? ShamirPoints.Of<Mersenne127>(parties)
            : throw new ArgumentException($"{shares.Length} words are not {parties.Length} shares of {words}.", nameof(shares));
    }

    private void CheckParty(int party)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(party);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(party, Parties);
    }
}
