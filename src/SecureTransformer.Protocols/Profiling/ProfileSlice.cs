namespace SecureTransformer.Protocols;

/// <summary>What a slice of a recording stands for.</summary>
internal enum ProfileKind
{
    /// <summary>The whole recording.</summary>
    Run,

    /// <summary>A named scope of the session: a layer.</summary>
    Scope,

    /// <summary>An operation made of others.</summary>
    Operation,

    /// <summary>An interactive primitive, which nothing is inside of.</summary>
    Primitive,
}

/// <summary>What a party had used since its recording began, and the logical clock of its session, which all parties have in common; or the difference of two such.</summary>
internal readonly record struct ProfileCounters(long Nanoseconds, long WaitingNanoseconds, long Bytes, int Clock)
{
    public static ProfileCounters operator -(ProfileCounters later, ProfileCounters earlier) => new(
        later.Nanoseconds - earlier.Nanoseconds,
        later.WaitingNanoseconds - earlier.WaitingNanoseconds,
        later.Bytes - earlier.Bytes,
        later.Clock - earlier.Clock);
}

/// <summary>One named stretch of a recording. A recording's slices stand in the order in which they began; each but the first lies within its parent.</summary>
internal readonly record struct ProfileSlice(
    int Parent, int Depth, ProfileKind Kind, string Name, long Elements, long Products, ProfileCounters Start, ProfileCounters End)
{
    public ProfileCounters Used => End - Start;

    /// <summary>Whether two parties' slices are the same step of the same program.</summary>
    public bool IsSameStepAs(in ProfileSlice other) =>
        Parent == other.Parent && Kind == other.Kind && Name == other.Name && Elements == other.Elements && Products == other.Products;
}
