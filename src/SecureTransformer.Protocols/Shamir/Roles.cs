namespace SecureTransformer.Protocols.Shamir;

/// <summary>Who does what among n parties with the threshold t.</summary>
internal readonly record struct Roles(int Parties, int Threshold)
{
    /// <summary>The number of sharings, unknown to any t parties, that come of one dealt by each party.</summary>
    public int Extracted => Parties - Threshold;

    /// <summary>Whether a party contributes to what a king opens of so high a degree: the king and those that follow it.</summary>
    public bool Contributes(int king, int degree, int party) => After(king, party) <= degree;

    /// <summary>Whether a party gets what a king returns as a sharing: all but the t parties before the king.</summary>
    public bool IsReturned(int king, int party) => After(party, king) is 0 || After(party, king) > Threshold;

    /// <summary>Whether a party expands its share of what a dealer deals: the t parties that follow the dealer.</summary>
    public bool IsSeeded(int dealer, int party) => After(dealer, party) is int after && after > 0 && after <= Threshold;

    /// <summary>The parties whose shares of a dealer are seeded, in order.</summary>
    public int Seeded(int dealer, int index) => (dealer + 1 + index) % Parties;

    /// <summary>How many parties further on a party stands.</summary>
    public int After(int first, int party) => (party - first + Parties) % Parties;
}
