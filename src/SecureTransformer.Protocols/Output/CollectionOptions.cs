namespace SecureTransformer.Protocols;

/// <summary>How somebody who is no party waits for the parties' shares of an output; see <see cref="ShareCodec.CollectAsync"/>.</summary>
public sealed class CollectionOptions
{
    /// <summary>How long a share may come after those that determined the values before its party is named as silent; half a second.</summary>
    public TimeSpan Grace { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The clock of the grace.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>For each party what has to have come from it before its share; null for nothing. What fails here fails the party.</summary>
    public IReadOnlyList<Task>? After { get; init; }

    /// <summary>Parties that no grace is waited for: those that were silent before, and have not been heard since.</summary>
    public IReadOnlyCollection<int> GivenUp { get; init; } = [];

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentException">A property is out of its range; the exception names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Grace, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        ArgumentNullException.ThrowIfNull(GivenUp);
    }
}
