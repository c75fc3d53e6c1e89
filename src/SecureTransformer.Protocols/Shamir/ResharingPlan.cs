namespace SecureTransformer.Protocols;

/// <summary>Who hands kept shares on to whom: public, and the same at every place of the network; see <see cref="ShamirResharing"/>.</summary>
public sealed class ResharingPlan
{
    /// <summary>The epoch of the old parties' shares.</summary>
    public required ShareEpoch Epoch { get; init; }

    /// <summary>The place of each old party on the network of the resharing; null for a party that is gone. At least t + 1 must be there, and t + 2 for wrong shares to be seen.</summary>
    public required IReadOnlyList<int?> OldPlaces { get; init; }

    /// <summary>The place of each new party on the network of the resharing, which may be an old party's too.</summary>
    public required IReadOnlyList<int> NewPlaces { get; init; }

    /// <summary>The new parties' threshold; null, the default, for the largest one.</summary>
    public int? NewThreshold { get; init; }

    /// <summary>
    /// How many elements are reshared, and then checked, at a time: a new party's memory for them is 16 (t + 1) bytes an element, with t the old threshold. The default is 2^20.
    /// </summary>
    public int BatchElements { get; init; } = 1 << 20;

    /// <summary>Fresh shares for the same parties, which each stand at the place of their number: what was seen of old ones is worth nothing any more.</summary>
    /// <param name="epoch">The epoch of the shares.</param>
    public static ResharingPlan Refresh(ShareEpoch epoch)
    {
        ArgumentNullException.ThrowIfNull(epoch);
        return new ResharingPlan
        {
            Epoch = epoch,
            OldPlaces = [.. Enumerable.Range(0, epoch.Parties).Select(party => (int?)party)],
            NewPlaces = [.. Enumerable.Range(0, epoch.Parties)],
            NewThreshold = epoch.Threshold,
        };
    }

    /// <summary>Checks every property.</summary>
    /// <param name="places">The number of places on the network.</param>
    /// <exception cref="ArgumentException">A property is missing or contradicts another; the exception names it.</exception>
    public void Validate(int places)
    {
        ArgumentNullException.ThrowIfNull(Epoch);
        ArgumentNullException.ThrowIfNull(OldPlaces);
        ArgumentNullException.ThrowIfNull(NewPlaces);
        ArgumentOutOfRangeException.ThrowIfLessThan(BatchElements, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(BatchElements, 1 << 24);
        Require(OldPlaces.Count == Epoch.Parties, $"There are {OldPlaces.Count} places for the {Epoch.Parties} parties of the epoch.", nameof(OldPlaces));
        int[] old = [.. OldPlaces.OfType<int>()];
        int needed = Epoch.Threshold + 1;
        Require(old.Length >= needed, $"{old.Length} parties of an epoch with threshold {Epoch.Threshold} cannot hand their shares on: {needed} are needed.", nameof(OldPlaces));
        _ = MpcProtocols.ThresholdOf(MpcProtocol.Shamir, NewPlaces.Count, NewThreshold);
        RequirePlaces(old, places, nameof(OldPlaces));
        RequirePlaces(NewPlaces, places, nameof(NewPlaces));
        int used = old.Union(NewPlaces).Count();
        Require(used == places, $"Of {places} places only {used} have a part in the resharing.", nameof(NewPlaces));
    }

    private static void RequirePlaces(IReadOnlyList<int> these, int places, string name) => Require(
        these.Distinct().Count() == these.Count && these.All(place => place >= 0 && place < places), $"Each party has a place of its own, from 0 to {places - 1}.", name);

    private static void Require(bool condition, string message, string name)
    {
        if (!condition)
        {
            throw new ArgumentException(message, name);
        }
    }
}
