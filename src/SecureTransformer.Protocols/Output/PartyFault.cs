namespace SecureTransformer.Protocols;

/// <summary>In what way a party failed at an output.</summary>
public enum PartyFaultKind
{
    /// <summary>Its share did not come in time.</summary>
    Silent,

    /// <summary>Its link ended, or carried something else than a share, before its share was there.</summary>
    Lost,

    /// <summary>Its share contradicts those that determine the values.</summary>
    Wrong,
}

/// <summary>A party that somebody put values together without, and what it did. It says nothing of shares or values.</summary>
/// <param name="Party">The party, from 0.</param>
/// <param name="Kind">In what way it failed.</param>
/// <param name="What">The same in words, for people and logs: "party 3 sent a wrong share".</param>
public sealed record PartyFault(int Party, PartyFaultKind Kind, string What);
