namespace SecureTransformer.Protocols.BitCircuits;

/// <summary>A public table of a secret number's leading zeros z = 4d + s: a function of d, which gives 0 for the number 0, or of s, which then gives its value at 3.</summary>
internal readonly struct LeadingZeroTable(bool isOfQuotient, Func<int, long> at)
{
    /// <summary>2^(4d), or 2^(2d): the power of two z, or z halved downwards, is this times <see cref="Low"/>.</summary>
    public static LeadingZeroTable High(bool half) => new(true, half ? d => 1L << (2 * d) : d => 1L << (4 * d));

    /// <summary>2^s, or 2^(s / 2).</summary>
    public static LeadingZeroTable Low(bool half) => new(false, half ? s => 1L << (s / 2) : s => 1L << s);

    /// <summary>1 where z is odd.</summary>
    public static LeadingZeroTable Odd { get; } = new(false, s => s & 1);

    /// <summary>1 where the number is not 0.</summary>
    public static LeadingZeroTable NonZero { get; } = new(true, _ => 1);

    public bool IsOfQuotient { get; } = isOfQuotient;

    public long At(int argument) => at(argument);
}
