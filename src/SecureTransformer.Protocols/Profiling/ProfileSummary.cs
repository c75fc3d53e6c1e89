using System.Runtime.InteropServices;

namespace SecureTransformer.Protocols;

/// <summary>
/// Charges all that the parties used to what was innermost at the time. Rounds are counted on the clock that is furthest ahead of all parties' at the same step of their common
/// program, so that they sum to the longest chain.
/// </summary>
internal sealed class ProfileSummary
{
    private readonly ProfileRecording[][] _byParty;
    private readonly Dictionary<(string Layer, string Operation), int> _places = [];
    private readonly List<Used> _entries = [];

    public ProfileSummary(IEnumerable<ProfileRecording> recordings)
    {
        _byParty = [.. recordings.GroupBy(r => r.Party).OrderBy(g => g.Key).Select(g => g.ToArray())];
        if (_byParty.Length == 0)
        {
            throw new InvalidOperationException("Nothing was recorded.");
        }

        if (_byParty.FirstOrDefault(r => r.Length != _byParty[0].Length) is { } other)
        {
            throw new InvalidOperationException(
                $"Party {_byParty[0][0].Party} has {_byParty[0].Length} recordings and party {other[0].Party} {other.Length}: they did not run the same program.");
        }
    }

    public ProfileReport ToReport()
    {
        int runs = _byParty[0].Length;
        for (int run = 0; run < runs; run++)
        {
            Add([.. _byParty.Select(r => r[run].Slices)]);
        }

        int parties = _byParty.Length;
        double seconds = 1e9 * parties;
        return new ProfileReport(
            runs,
            [.. _byParty.Select(r => r.Sum(p => p.Seconds))],
            [.. _byParty.Select(r => r.Sum(p => p.BytesSent))],
            [.. _places.Select(p => (p.Key, Used: _entries[p.Value])).Select(e => new ProfileEntry(
                e.Key.Layer,
                e.Key.Operation,
                e.Used.Calls,
                e.Used.Elements,
                e.Used.Products,
                e.Used.Nanoseconds / seconds,
                e.Used.WaitingNanoseconds / seconds,
                e.Used.Bytes,
                e.Used.Rounds))],
            _byParty.Any(r => r.Any(p => p.IsTruncated)));
    }

    private void Add(IReadOnlyList<ProfileSlice>[] parties)
    {
        IReadOnlyList<ProfileSlice> steps = parties[0];
        var place = new int[steps.Count];
        var layer = new string[steps.Count];
        var operation = new string[steps.Count];
        for (int i = 0; i < steps.Count; i++)
        {
            ProfileSlice step = steps[i];
            ProfileCounters used = Together(parties, i);
            bool isRoot = step.Parent < 0;
            layer[i] = isRoot ? "" : step.Kind == ProfileKind.Scope ? Joined(layer[step.Parent], step.Name) : layer[step.Parent];
            operation[i] = isRoot ? "" : step.Kind == ProfileKind.Scope ? operation[step.Parent] : Joined(operation[step.Parent], step.Name);
            bool isPrimitive = step.Kind == ProfileKind.Primitive;
            place[i] = PlaceOf(layer[i], isPrimitive ? operation[i] : Joined(operation[i], "local"));
            Charge(place[i], used, 1);
            if (isPrimitive)
            {
                ref Used entry = ref CollectionsMarshal.AsSpan(_entries)[place[i]];
                entry.Calls++;
                entry.Elements += step.Elements;
                entry.Products += step.Elements * step.Products;
            }

            if (!isRoot)
            {
                Charge(place[step.Parent], used, -1);
            }
        }

        if (parties.FirstOrDefault(p => p.Count != steps.Count) is { } other)
        {
            throw new InvalidOperationException($"The parties did not run the same program: one took {steps.Count} steps, another {other.Count}.");
        }
    }

    /// <summary>What all parties used in a step: the sums of time and bytes, and the rounds of the clock that is ahead.</summary>
    private static ProfileCounters Together(IReadOnlyList<ProfileSlice>[] parties, int step)
    {
        ProfileCounters sum = default;
        int started = 0;
        int ended = 0;
        foreach (IReadOnlyList<ProfileSlice> party in parties)
        {
            if (step >= party.Count || !party[step].IsSameStepAs(parties[0][step]))
            {
                throw new InvalidOperationException(
                    $"The parties did not run the same program: step {step} is '{parties[0][step].Name}' at one, {(step < party.Count ? $"'{party[step].Name}'" : "nothing")} at another.");
            }

            ProfileCounters used = party[step].Used;
            sum = new ProfileCounters(
                sum.Nanoseconds + used.Nanoseconds, sum.WaitingNanoseconds + used.WaitingNanoseconds, sum.Bytes + used.Bytes, 0);
            started = Math.Max(started, party[step].Start.Clock);
            ended = Math.Max(ended, party[step].End.Clock);
        }

        return sum with { Clock = ended - started };
    }

    private void Charge(int place, ProfileCounters used, int sign)
    {
        ref Used entry = ref CollectionsMarshal.AsSpan(_entries)[place];
        entry.Nanoseconds += sign * used.Nanoseconds;
        entry.WaitingNanoseconds += sign * used.WaitingNanoseconds;
        entry.Bytes += sign * used.Bytes;
        entry.Rounds += sign * used.Clock;
    }

    private int PlaceOf(string layer, string operation)
    {
        if (!_places.TryGetValue((layer, operation), out int place))
        {
            place = _entries.Count;
            _places.Add((layer, operation), place);
            _entries.Add(default);
        }

        return place;
    }

    private static string Joined(string path, string name) => path.Length == 0 ? name : $"{path}/{name}";

    private struct Used
    {
        public long Calls;
        public long Elements;
        public long Products;
        public long Nanoseconds;
        public long WaitingNanoseconds;
        public long Bytes;
        public int Rounds;
    }
}
