namespace SecureTransformer.Sharing;

/// <summary>What came of a <see cref="RobustReconstruction{T}"/>: how many values were found, and which parties sent wrong shares. It holds no share and no value.</summary>
public sealed class RobustResult
{
    internal RobustResult(int count, int found, int present, int maxErrors, IReadOnlyList<WrongParty> wrong)
    {
        Count = count;
        Found = found;
        Present = present;
        MaxErrors = maxErrors;
        WrongParties = wrong;
    }

    /// <summary>Gets whether all values were found.</summary>
    public bool IsComplete => Found == Count;

    /// <summary>Gets the number of values asked for.</summary>
    public int Count { get; }

    /// <summary>Gets how many values were found, from the first on. The one after them has more wrong shares than can be corrected.</summary>
    public int Found { get; }

    /// <summary>Gets the number of parties whose shares were given.</summary>
    public int Present { get; }

    /// <summary>Gets the most parties that could be wrong.</summary>
    public int MaxErrors { get; }

    /// <summary>Gets the parties that sent wrong shares of the values found, in the order in which they were noticed. If more than <see cref="MaxErrors"/> parties lie, it may be wrong.</summary>
    public IReadOnlyList<WrongParty> WrongParties { get; }

    /// <summary>What is known, for errors and logs.</summary>
    /// <returns>A sentence.</returns>
    public override string ToString()
    {
        string wrong = WrongParties.Count == 0
            ? "no party is known to be wrong"
            : $"wrong: {string.Join(", ", WrongParties.Select(w => $"party {w.Party} (value {w.FirstValue})"))}";
        return IsComplete
            ? $"{Count} values from {Present} parties; {wrong}."
            : $"Value {Found} of {Count} cannot be found: of {Present} parties more than {MaxErrors} sent wrong shares; {wrong}.";
    }
}

/// <summary>A party that sent a wrong share.</summary>
/// <param name="party">The party.</param>
/// <param name="firstValue">The first value of which its share was wrong.</param>
public readonly struct WrongParty(int party, int firstValue) : IEquatable<WrongParty>
{
    /// <summary>Gets the party.</summary>
    public int Party { get; } = party;

    /// <summary>Gets the first value of which its share was wrong. What it sent of later values was not used.</summary>
    public int FirstValue { get; } = firstValue;

    /// <summary>Whether two are equal.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second.</param>
    /// <returns><see langword="true"/> if they are equal.</returns>
    public static bool operator ==(WrongParty left, WrongParty right) => left.Equals(right);

    /// <summary>Whether two differ.</summary>
    /// <param name="left">The first.</param>
    /// <param name="right">The second.</param>
    /// <returns><see langword="true"/> if they differ.</returns>
    public static bool operator !=(WrongParty left, WrongParty right) => !left.Equals(right);

    /// <inheritdoc/>
    public bool Equals(WrongParty other) => Party == other.Party && FirstValue == other.FirstValue;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is WrongParty other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Party, FirstValue);
}
