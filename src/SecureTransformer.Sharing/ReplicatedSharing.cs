using SecureTransformer.Numerics;

namespace SecureTransformer.Sharing;

/// <summary>
/// Replicated sharing among three parties (Araki et al. 2016): x = x0 + x1 + x2 modulo 2^64 (for packed bits: the XOR), and party i holds x_i and x_{i+1}.
/// One party learns nothing; two know everything. When somebody else splits a value, x0 and x1 are seeds and x2 is words.
/// </summary>
public static class ReplicatedSharing
{
    /// <summary>The number of parties, and of components.</summary>
    public const int Parties = 3;

    /// <summary>The component that a party keeps in its first or second place.</summary>
    /// <param name="party">The party, 0 to 2.</param>
    /// <param name="place">0 or 1.</param>
    public static int ComponentOf(int party, int place)
    {
        RequireParty(party);
        ArgumentOutOfRangeException.ThrowIfNegative(place);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(place, 1);
        return (party + place) % Parties;
    }

    /// <summary>Whether a component is random, and so given as a seed: x0 and x1 are, x2 is words.</summary>
    public static bool IsSeeded(int component)
    {
        RequireParty(component, nameof(component));
        return component < Parties - 1;
    }

    /// <summary>Turns the next run of a secret into that of x2. Runs but the last have an even number of words.</summary>
    /// <param name="words">The secret, then x2.</param>
    /// <param name="x0">The generator of x0; see <see cref="ShareSeeds.Open"/>.</param>
    /// <param name="x1">The generator of x1.</param>
    public static void Split(Span<ulong> words, AesCtrPrg x0, AesCtrPrg x1)
    {
        AdditiveSharing.Mask(words, x0);
        AdditiveSharing.Mask(words, x1);
    }

    /// <summary>Turns the next run of packed bits into that of x2.</summary>
    /// <inheritdoc cref="Split"/>
    public static void SplitBits(Span<ulong> words, AesCtrPrg x0, AesCtrPrg x1)
    {
        AdditiveSharing.MaskBits(words, x0);
        AdditiveSharing.MaskBits(words, x1);
    }

    /// <summary>The secret from its three components.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void Reconstruct(ReadOnlySpan<ulong> x0, ReadOnlySpan<ulong> x1, ReadOnlySpan<ulong> x2, Span<ulong> secret)
    {
        RingKernels.Add(x0, x1, secret);
        RingKernels.AddInto(secret, x2);
    }

    /// <summary>Packed bits from their three components.</summary>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public static void ReconstructBits(ReadOnlySpan<ulong> x0, ReadOnlySpan<ulong> x1, ReadOnlySpan<ulong> x2, Span<ulong> secret)
    {
        RingKernels.Xor(x0, x1, secret);
        RingKernels.Xor(secret, x2, secret);
    }

    /// <summary>The secret from what two parties hold.</summary>
    /// <param name="party">One of the two.</param>
    /// <param name="first">What it holds in its first place.</param>
    /// <param name="second">What it holds in its second place.</param>
    /// <param name="other">The other of the two.</param>
    /// <param name="otherFirst">What the other holds in its first place.</param>
    /// <param name="otherSecond">What the other holds in its second place.</param>
    /// <param name="secret">Where the secret goes.</param>
    /// <exception cref="ArgumentException">The lengths differ, or the parties are the same.</exception>
    public static void ReconstructFromTwo(
        int party, ReadOnlySpan<ulong> first, ReadOnlySpan<ulong> second, int other, ReadOnlySpan<ulong> otherFirst, ReadOnlySpan<ulong> otherSecond, Span<ulong> secret) =>
        Reconstruct(first, second, IsNext(party, other) ? otherSecond : otherFirst, secret);

    /// <summary>Packed bits from what two parties hold.</summary>
    /// <inheritdoc cref="ReconstructFromTwo"/>
    public static void ReconstructBitsFromTwo(
        int party, ReadOnlySpan<ulong> first, ReadOnlySpan<ulong> second, int other, ReadOnlySpan<ulong> otherFirst, ReadOnlySpan<ulong> otherSecond, Span<ulong> secret) =>
        ReconstructBits(first, second, IsNext(party, other) ? otherSecond : otherFirst, secret);

    /// <summary>Of two parties of three, one comes after the other, and its second component is the one the first lacks; the other way round it is the first.</summary>
    private static bool IsNext(int party, int other)
    {
        RequireParty(party);
        RequireParty(other, nameof(other));
        if (party == other)
        {
            throw new ArgumentException($"Party {party} alone does not hold the secret.", nameof(other));
        }

        return other == ComponentOf(party, 1);
    }

    private static void RequireParty(int party, string name = "party")
    {
        ArgumentOutOfRangeException.ThrowIfNegative(party, name);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(party, Parties, name);
    }
}
