namespace SecureTransformer.Protocols;

/// <summary>What is known of a protocol before any session: one line a protocol.</summary>
/// <param name="MinParties">The smallest number of parties, without a dealer.</param>
/// <param name="MaxParties">The largest.</param>
/// <param name="Threshold">The largest number of parties that may collude, by the number of parties.</param>
/// <param name="ChoosesThreshold">Whether one may choose fewer, from 1 on.</param>
/// <param name="HasDealer">Whether there is a dealer after the last party.</param>
/// <param name="MakesRandomness">Whether the parties make for each other what operations use up.</param>
internal sealed record ProtocolTraits(
    int MinParties, int MaxParties, Func<int, int> Threshold, bool ChoosesThreshold = false, bool HasDealer = false, bool MakesRandomness = false)
{
    private static readonly ProtocolTraits s_plain = new(1, 1, _ => 0);
    private static readonly ProtocolTraits s_replicated = new(ReplicatedSession.Parties, ReplicatedSession.Parties, _ => 1);
    private static readonly ProtocolTraits s_additive = new(AdditiveSession.MinParties, AdditiveSession.MaxParties, parties => parties - 1, HasDealer: true);
    private static readonly ProtocolTraits s_shamir = new(ShamirSession.MinParties, ShamirSession.MaxParties, parties => (parties - 1) / 2, ChoosesThreshold: true, MakesRandomness: true);

    /// <inheritdoc cref="MpcProtocols.ThresholdOf"/>
    public int ThresholdOf(MpcProtocol protocol, int parties, int? threshold)
    {
        int largest = Threshold(parties);
        int least = ChoosesThreshold ? 1 : largest;
        int value = threshold ?? largest;
        return value >= least && value <= largest
            ? value
            : throw new ArgumentOutOfRangeException(
                nameof(threshold), value, $"{protocol} between {parties} parties has the threshold {least}{(largest > least ? $" to {largest}" : "")}.");
    }

    public static ProtocolTraits Of(MpcProtocol protocol) => protocol switch
    {
        MpcProtocol.PlaintextFloat64 or MpcProtocol.PlaintextFixedPoint => s_plain,
        MpcProtocol.Replicated3 => s_replicated,
        MpcProtocol.Additive => s_additive,
        MpcProtocol.Shamir => s_shamir,
        _ => throw new ArgumentOutOfRangeException(nameof(protocol), protocol, "Not a protocol of this library."),
    };
}
