namespace SecureTransformer.Protocols.Shamir;

/// <summary>
/// The part of a run's file with everything of one kind and parameter, in the order of its use: sealed records of words, one after another. What is of one kind is made in batches,
/// however operations mix in the program.
/// </summary>
internal sealed class RandomnessRegion
{
    /// <summary>The words of a record, but for the last of a region.</summary>
    public const int RecordWords = 1 << 15;

    private readonly List<RandomnessRequest> _requests = [];

    /// <summary>What the region has, in order.</summary>
    public IReadOnlyList<RandomnessRequest> Requests => _requests;

    /// <summary>The words of all.</summary>
    public long Words { get; private set; }

    /// <summary>The number of the first record among all of the run.</summary>
    public long FirstRecord { get; private set; }

    /// <summary>Where the region begins, in bytes behind the head.</summary>
    public long Start { get; private set; }

    /// <summary>The regions of a run, in the order of their first use.</summary>
    /// <param name="plan">The requests.</param>
    /// <param name="bit">The words of 64 bits.</param>
    /// <exception cref="InvalidDataException">The plan is none of this protocol.</exception>
    public static IReadOnlyList<RandomnessRegion> Of(MaterialPlan plan, int bit)
    {
        var regions = new List<RandomnessRegion>();
        var byKind = new Dictionary<(RandomnessKind, int), RandomnessRegion>();
        for (int at = 0; at < plan.Count; at++)
        {
            var request = RandomnessRequest.Parse(plan[at]);
            if (!byKind.TryGetValue((request.Kind, request.Parameter), out RandomnessRegion? region))
            {
                region = byKind[(request.Kind, request.Parameter)] = new RandomnessRegion();
                regions.Add(region);
            }

            region._requests.Add(request);
            region.Words = checked(region.Words + request.Words(bit));
        }

        long record = 0;
        long start = 0;
        foreach (RandomnessRegion region in regions)
        {
            (region.FirstRecord, region.Start) = (record, start);
            long records = (region.Words + RecordWords - 1) / RecordWords;
            record += records;
            start = checked(start + (region.Words * sizeof(ulong)) + (records * Stored.SealedRecords.Overhead));
        }

        return regions;
    }

    /// <summary>The requests in batches of at most so many elements, or of one request.</summary>
    public IEnumerable<RandomnessRequest[]> Batches(int elements)
    {
        var batch = new List<RandomnessRequest>();
        long size = 0;
        foreach (RandomnessRequest request in _requests)
        {
            if (batch.Count > 0 && size + request.Size > elements)
            {
                yield return [.. batch];
                batch.Clear();
                size = 0;
            }

            batch.Add(request);
            size += request.Size;
        }

        yield return [.. batch];
    }
}
