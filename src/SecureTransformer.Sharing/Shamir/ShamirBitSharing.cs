using SecureTransformer.Numerics;

namespace SecureTransformer.Sharing;

/// <summary>
/// Shamir's sharing of packed bits among n parties with threshold t: over GF(2^d), the least <see cref="BinaryField"/> with a point for each party, bit-sliced. A share of
/// w words of bits is d planes of w words (<see cref="BinaryPlanes"/>).
/// </summary>
/// <remarks>The t random shares are drawn plane by plane: plane j from block j 2^40 of the generator on, so that runs of a tensor can be drawn apart.</remarks>
public sealed class ShamirBitSharing
{
    private const int PlaneBits = 40;
    private const int WordsPerBlock = AesCtrPrg.BlockByteCount / sizeof(ulong);

    // Words of a plane at a time; even.
    private const int Block = 64;

    private readonly ShamirSharing _order;
    private readonly int[][] _split;

    /// <summary>Sharing among n parties of whom t see nothing.</summary>
    /// <param name="parties">n.</param>
    /// <param name="threshold">t, less than n.</param>
    /// <param name="firstSeeded">The first of the t parties, in circular order, whose shares are random.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public ShamirBitSharing(int parties, int threshold, int firstSeeded = 0)
    {
        _order = new ShamirSharing(parties, threshold, firstSeeded);
        Field = BinaryField.ForParties(parties);
        int[] known = new int[threshold + 1];
        for (int i = 0; i < threshold; i++)
        {
            known[i + 1] = ShamirPoints.OfBits(SeededParty(i));
        }

        _split = new int[parties - threshold][];
        for (int i = 0; i < _split.Length; i++)
        {
            _split[i] = Lagrange.Coefficients(Field, known, ShamirPoints.OfBits(ComputedParty(i)));
        }
    }

    /// <summary>Gets n.</summary>
    public int Parties => _order.Parties;

    /// <summary>Gets t, the degree.</summary>
    public int Threshold => _order.Threshold;

    /// <summary>Gets the field; its degree is the number of planes of a share.</summary>
    public BinaryField Field { get; }

    /// <inheritdoc cref="ShamirSharing.IsSeeded"/>
    public bool IsSeeded(int party) => _order.IsSeeded(party);

    /// <inheritdoc cref="ShamirSharing.SeededParty"/>
    public int SeededParty(int index) => _order.SeededParty(index);

    /// <inheritdoc cref="ShamirSharing.ComputedParty"/>
    public int ComputedParty(int index) => _order.ComputedParty(index);

    /// <summary>A run of a random share, as its receiver draws it.</summary>
    /// <param name="seeded">The generator of the share; it does not advance.</param>
    /// <param name="firstWord">The first word of the run in each plane of the share; even.</param>
    /// <param name="planes">Where the d planes of the run go, one after another.</param>
    /// <exception cref="ArgumentException">The length is no multiple of d.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="firstWord"/> is negative, odd or too large.</exception>
    public void Draw(AesCtrPrg seeded, long firstWord, Span<ulong> planes)
    {
        ArgumentNullException.ThrowIfNull(seeded);
        int words = planes.Length / Field.Degree;
        CheckRun(firstWord, words);
        if (planes.Length % Field.Degree != 0)
        {
            throw new ArgumentException($"{planes.Length} words are not {Field.Degree} planes.", nameof(planes));
        }

        for (int j = 0; j < Field.Degree; j++)
        {
            seeded.FillAt(((ulong)j << PlaneBits) + ((ulong)firstWord / WordsPerBlock), planes.Slice(j * words, words));
        }
    }

    /// <summary>Splits a run of packed bits.</summary>
    /// <param name="secret">w words of bits.</param>
    /// <param name="seeded">The generators of the random shares, in the order of <see cref="SeededParty"/>; they do not advance.</param>
    /// <param name="firstWord">The place of the run among the words of the tensor; even.</param>
    /// <param name="computed">Where the other shares go, in the order of <see cref="ComputedParty"/>: d planes of w words each, one after another.</param>
    /// <exception cref="ArgumentException">The lengths do not fit.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="firstWord"/> is negative, odd or too large.</exception>
    public void Split(ReadOnlySpan<ulong> secret, ReadOnlySpan<AesCtrPrg> seeded, long firstWord, Span<ulong> computed)
    {
        CheckRun(firstWord, secret.Length);
        if (seeded.Length != Threshold)
        {
            throw new ArgumentException($"{seeded.Length} generators for {Threshold} random shares.", nameof(seeded));
        }

        int degree = Field.Degree;
        long shareWords = (long)degree * secret.Length;
        if (computed.Length != shareWords * _split.Length)
        {
            throw new ArgumentException($"{computed.Length} words do not hold {_split.Length} shares of {degree} planes of {secret.Length}.", nameof(computed));
        }

        Span<ulong> buffer = stackalloc ulong[degree * Block];
        computed.Clear();
        for (int start = 0; start < secret.Length; start += Block)
        {
            int words = Math.Min(Block, secret.Length - start);
            Span<ulong> planes = buffer[..(degree * words)];
            planes.Clear();
            secret.Slice(start, words).CopyTo(planes);
            for (int source = 0; source <= Threshold; source++)
            {
                if (source > 0)
                {
                    Draw(seeded[source - 1], firstWord + start, planes);
                }

                for (int i = 0; i < _split.Length; i++)
                {
                    BinaryPlanes.MultiplyPublicInto(Field, _split[i][source], planes, words, computed[(int)((i * shareWords) + start)..], secret.Length, words);
                }
            }
        }

        buffer.Clear();
    }

    /// <summary>Packed bits from the first t + 1 of some shares.</summary>
    /// <param name="parties">Whose shares they are, at least t + 1 different ones.</param>
    /// <param name="shares">The shares one after another, d planes of w words each.</param>
    /// <param name="secret">Where the bits go, w words; apart from the shares.</param>
    /// <exception cref="ArgumentException">The lengths do not fit, or there are too few shares.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such party.</exception>
    public void Reconstruct(ReadOnlySpan<int> parties, ReadOnlySpan<ulong> shares, Span<ulong> secret)
    {
        int[] points = Points(parties, shares, secret.Length);
        int shareWords = Field.Degree * secret.Length;
        int[] coefficients = Lagrange.Coefficients(Field, points.AsSpan(0, Threshold + 1), 0);
        secret.Clear();
        for (int i = 0; i <= Threshold; i++)
        {
            BinaryPlanes.MultiplyPublicBitInto(Field, coefficients[i], shares.Slice(i * shareWords, shareWords), secret.Length, secret);
        }
    }

    /// <summary>Whether shares lie on polynomials of degree at most t whose constant terms are bits.</summary>
    /// <param name="parties">Whose shares they are, at least t + 1 different ones.</param>
    /// <param name="shares">The shares one after another, d planes of w words each.</param>
    /// <param name="words">w.</param>
    /// <returns><see langword="true"/> if no share contradicts the others.</returns>
    /// <exception cref="ArgumentException">The lengths do not fit, or there are too few shares.</exception>
    /// <exception cref="ArgumentOutOfRangeException">There is no such party.</exception>
    public bool IsConsistent(ReadOnlySpan<int> parties, ReadOnlySpan<ulong> shares, int words)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(words);
        int[] points = Points(parties, shares, words);
        int degree = Field.Degree;
        int shareWords = degree * words;
        Span<ulong> buffer = stackalloc ulong[degree * Block];
        ulong difference = 0;

        // At zero, where all planes but the first are to be zero, and at the points of the further shares.
        for (int target = Threshold; target < parties.Length; target++)
        {
            bool atZero = target == Threshold;
            int[] coefficients = Lagrange.Coefficients(Field, points.AsSpan(0, Threshold + 1), atZero ? 0 : points[target]);
            for (int start = 0; start < words; start += Block)
            {
                int part = Math.Min(Block, words - start);
                Span<ulong> planes = buffer[..(degree * part)];
                planes.Clear();
                for (int i = 0; i <= Threshold; i++)
                {
                    BinaryPlanes.MultiplyPublicInto(Field, coefficients[i], shares[((i * shareWords) + start)..], words, planes, part, part);
                }

                for (int w = atZero ? part : 0; w < planes.Length; w++)
                {
                    difference |= planes[w] ^ (atZero ? 0 : shares[(target * shareWords) + (w / part * words) + start + (w % part)]);
                }
            }
        }

        buffer.Clear();
        return difference == 0;
    }

    private static void CheckRun(long firstWord, long words)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(firstWord);
        ArgumentOutOfRangeException.ThrowIfNotEqual(firstWord % WordsPerBlock, 0, nameof(firstWord));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(firstWord, ((1L << PlaneBits) * WordsPerBlock) - words);
    }

    private int[] Points(ReadOnlySpan<int> parties, ReadOnlySpan<ulong> shares, long words)
    {
        if (parties.Length <= Threshold)
        {
            throw new ArgumentException($"{parties.Length} shares with threshold {Threshold} do not give the secret.", nameof(parties));
        }

        foreach (int party in parties)
        {
            _ = IsSeeded(party);
        }

        return shares.Length == parties.Length * words * Field.Degree
            ? ShamirPoints.OfBits(parties)
            : throw new ArgumentException($"{shares.Length} words are not {parties.Length} shares of {Field.Degree} planes of {words}.", nameof(shares));
    }
}
