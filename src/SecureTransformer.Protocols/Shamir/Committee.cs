namespace SecureTransformer.Protocols.Shamir;

/// <summary>
/// Who does what among n parties with the threshold t, and the public coefficients for it, over one field: party i stands at the point i + 1.
/// </summary>
internal sealed class Committee
{
    private readonly Roles _roles;
    private readonly UInt128[][][] _opening;
    private readonly UInt128[][] _returned;
    private readonly UInt128[][][] _dealt;
    private readonly UInt128[][] _extraction;

    public Committee(LaneField field, int parties, int threshold)
    {
        Field = field;
        Parties = parties;
        Threshold = threshold;
        _roles = new Roles(parties, threshold);
        _opening = [Opening(threshold), Opening(2 * threshold)];
        _returned = [.. All.Select(king => All.Select(party => Returned(king, party)).ToArray())];
        _dealt = [.. All.Select(dealer => All.Select(party => IsSeeded(dealer, party) ? [] : Dealt(dealer, party)).ToArray())];
        _extraction = new UInt128[parties - threshold][];
        for (int row = 0; row < _extraction.Length; row++)
        {
            _extraction[row] = [.. All.Select(dealer => row == 0 ? 1 : field.Multiply(_extraction[row - 1][dealer], Point(dealer)))];
        }
    }

    /// <summary>The field.</summary>
    public LaneField Field { get; }

    /// <summary>The number of parties, n.</summary>
    public int Parties { get; }

    /// <summary>The number of parties that together learn nothing, t.</summary>
    public int Threshold { get; }

    /// <summary>The number of sharings, unknown to any t parties, that come of one dealt by each party.</summary>
    public int Extracted => _roles.Extracted;

    private IEnumerable<int> All => Enumerable.Range(0, Parties);

    /// <summary>Where a party's share is the polynomial's value.</summary>
    public static UInt128 Point(int party) => (UInt128)(party + 1);

    /// <summary>Whether a party contributes to what a king opens of so high a degree: the king and those that follow it.</summary>
    public bool Contributes(int king, int degree, int party) => _roles.Contributes(king, degree, party);

    /// <summary>What a contributor multiplies its share by, so that the sum is the value.</summary>
    public UInt128 OpeningFactor(int king, int degree, int party) => _opening[degree == Threshold ? 0 : 1][king][After(king, party)];

    /// <summary>
    /// Whether a party gets what a king returns as a sharing. The t parties before the king have the share zero, and the others a multiple of the value, which is public.
    /// </summary>
    public bool IsReturned(int king, int party) => _roles.IsReturned(king, party);

    /// <summary>That multiple.</summary>
    public UInt128 ReturnFactor(int king, int party) => _returned[king][party];

    /// <summary>Whether a party expands its share of what a dealer deals from the key they have in common: the t parties that follow the dealer.</summary>
    public bool IsSeeded(int dealer, int party) => _roles.IsSeeded(dealer, party);

    /// <summary>The parties whose shares of a dealer are seeded, in the order of <see cref="DealFactors"/>.</summary>
    public int Seeded(int dealer, int index) => _roles.Seeded(dealer, index);

    /// <summary>A share that is not seeded, of the secret and of the seeded shares.</summary>
    public UInt128[] DealFactors(int dealer, int party) => _dealt[dealer][party];

    /// <summary>The factor of what a dealer dealt in an extracted sharing.</summary>
    public UInt128 ExtractionFactor(int row, int dealer) => _extraction[row][dealer];

    private int After(int first, int party) => _roles.After(first, party);

    private UInt128[][] Opening(int degree) =>
        [.. All.Select(king => Field.Interpolation([.. Enumerable.Range(0, degree + 1).Select(i => Point((king + i) % Parties))], 0))];

    private UInt128 Returned(int king, int party)
    {
        if (!IsReturned(king, party))
        {
            return 0;
        }

        // The polynomial of degree t that is 1 at 0 and 0 at the t parties before the king.
        UInt128[] points = [0, .. Enumerable.Range(1, Threshold).Select(i => Point((king - i + Parties) % Parties))];
        return Field.Interpolation(points, Point(party))[0];
    }

    private UInt128[] Dealt(int dealer, int party) =>
        Field.Interpolation([0, .. Enumerable.Range(0, Threshold).Select(i => Point(Seeded(dealer, i)))], Point(party));
}
