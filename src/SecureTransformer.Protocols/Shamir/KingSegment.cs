namespace SecureTransformer.Protocols.Shamir;

/// <summary>The run of lanes that one king opens.</summary>
internal readonly record struct KingSegment(int King, int Start, int Length)
{
    /// <summary>Fewer lanes than these for each party go to one king.</summary>
    private const int Least = 64;

    /// <summary>Cuts lanes among kings, so that each party sends and opens as much: all parties in turn from one on, or one alone where there is little.</summary>
    /// <param name="lanes">The number of lanes.</param>
    /// <param name="parties">The number of parties.</param>
    /// <param name="first">The first king; the next operation begins at another.</param>
    public static KingSegment[] Cut(int lanes, int parties, int first)
    {
        if (lanes < Least * parties)
        {
            return [new KingSegment(first, 0, lanes)];
        }

        var segments = new KingSegment[parties];
        int start = 0;
        for (int i = 0; i < parties; i++)
        {
            int end = (int)((long)lanes * (i + 1) / parties);
            segments[i] = new KingSegment((first + i) % parties, start, end - start);
            start = end;
        }

        return segments;
    }
}
