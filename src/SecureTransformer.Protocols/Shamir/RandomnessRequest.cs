using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>What one operation needs: public shapes alone.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Count">The elements; of <see cref="RandomnessKind.Bits"/> and <see cref="RandomnessKind.ZeroBits"/> words of 64.</param>
/// <param name="Parameter">The shift of a truncation or the bits of a comparison; else 0.</param>
internal readonly record struct RandomnessRequest(RandomnessKind Kind, int Count, int Parameter = 0)
{
    private const int Number = Mersenne127.WordCount;

    /// <summary>The elements that it counts for where many are made at once: the bits of a mask take whole words.</summary>
    public long Size => Kind <= RandomnessKind.ZeroBits ? Count : 64L * Segments.WordsOf(Count);

    /// <summary>As it stands in a plan.</summary>
    public int[] Describe() => [(int)Kind, Count, Parameter];

    /// <summary>Reads one from a plan.</summary>
    /// <exception cref="InvalidDataException">The plan is for another protocol, or makes no sense.</exception>
    public static RandomnessRequest Parse(IReadOnlyList<int> words)
    {
        if (words.Count == 3 && Enum.IsDefined((RandomnessKind)words[0]) && words[1] > 0)
        {
            var request = new RandomnessRequest((RandomnessKind)words[0], words[1], words[2]);
            (int least, int most) = request.Kind switch
            {
                RandomnessKind.TruncationMask => (1, 62),
                RandomnessKind.CompareMask => (2, 64),
                _ => (0, 0),
            };
            if (request.Parameter >= least && request.Parameter <= most)
            {
                return request;
            }
        }

        throw new InvalidDataException($"The plan is not one of Shamir's sharing, or damaged: it asks for [{string.Join(", ", words)}].");
    }

    /// <summary>The words of one party's part, where 64 bits take so many.</summary>
    public long Words(int bit)
    {
        long words = Segments.WordsOf(Count);
        return Kind switch
        {
            RandomnessKind.Numbers or RandomnessKind.ZeroNumbers => (long)Number * Count,
            RandomnessKind.Bits or RandomnessKind.ZeroBits => (long)bit * Count,
            RandomnessKind.TruncationMask => 2L * Number * Count,
            RandomnessKind.CompareMask => ((long)Number * Count) + (3 * Parameter * words * bit),
            RandomnessKind.BitMask => ((long)Number * Count) + (words * bit),
            _ => throw new ArgumentOutOfRangeException(nameof(bit), Kind, "There is no such randomness."),
        };
    }
}
