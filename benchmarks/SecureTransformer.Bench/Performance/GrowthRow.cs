namespace SecureTransformer.Bench;

/// <summary>What a classification costs at a length, or several at once.</summary>
/// <param name="Tokens">Tokens of each text.</param>
/// <param name="Texts">Texts at once.</param>
/// <param name="Seconds">From the first share sent to the last answer.</param>
/// <param name="Bytes">Over all parties and the client.</param>
/// <param name="Rounds">The longest chain.</param>
/// <param name="PeakMemoryByParty">Of each party's process meanwhile, in bytes.</param>
internal sealed record GrowthRow(int Tokens, int Texts, double Seconds, long Bytes, int Rounds, IReadOnlyList<long> PeakMemoryByParty);
