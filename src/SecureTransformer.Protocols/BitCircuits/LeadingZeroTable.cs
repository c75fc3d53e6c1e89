namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>A public table of a secret number's leading zeros z = 4d + s: a function of d, which gives 0 for the number 0, or of s, which then gives its value at 3.</summary>
internal readonly struct LeadingZeroTable(bool isOfQuotient, Func<int, long> at)
{
    public bool IsOfQuotient { get; } = isOfQuotient;

    public long At(int argument) => at(argument);
}
