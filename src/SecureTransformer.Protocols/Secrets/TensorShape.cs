namespace SecureTransformer.Protocols;

/// <summary>The public shape of a secret tensor: row-major, each extent at least 1, the number of elements checked in 64 bits.</summary>
public readonly struct TensorShape : IEquatable<TensorShape>
{
    /// <summary>The largest number of axes.</summary>
    public const int MaxRank = 8;

    /// <summary>The largest number of elements: one buffer holds at most 2^31 - 1 words.</summary>
    public const long MaxCount = int.MaxValue - 64;

    private readonly long[]? _extents;

    /// <summary>Makes a shape from its extents, outermost first. No extents make a scalar.</summary>
    /// <exception cref="ArgumentException">An extent below 1, more than eight axes, or too many elements.</exception>
    public TensorShape(params ReadOnlySpan<long> extents)
    {
        if (extents.Length > MaxRank)
        {
            throw new ArgumentException($"A shape has at most {MaxRank} axes; this one has {extents.Length}.", nameof(extents));
        }

        long count = 1;
        foreach (long extent in extents)
        {
            if (extent < 1 || extent > MaxCount / count)
            {
                throw new ArgumentException($"The shape [{Join(extents)}] has an extent below 1 or more than {MaxCount} elements.", nameof(extents));
            }

            count *= extent;
        }

        _extents = extents.ToArray();
        Count = (int)count;
    }

    /// <summary>The number of axes.</summary>
    public int Rank => _extents?.Length ?? 0;

    /// <summary>The number of elements.</summary>
    public int Count => field == 0 ? 1 : field;

    /// <summary>The extents, outermost first.</summary>
    public ReadOnlySpan<long> Extents => _extents;

    /// <summary>The extent of an axis; negative axes count from the last.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such axis.</exception>
    public int this[int axis] => (int)Extents[Axis(axis)];

    /// <summary>The number of elements before the last axis: the rows of the tensor seen as a matrix.</summary>
    public int Rows => Rank == 0 ? 1 : Count / this[-1];

    /// <summary>Turns a negative axis into its index from the front.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such axis.</exception>
    public int Axis(int axis)
    {
        int index = axis < 0 ? axis + Rank : axis;
        if ((uint)index >= (uint)Rank)
        {
            throw new ArgumentOutOfRangeException(nameof(axis), $"Axis {axis} of the shape {this}, which has {Rank} axes.");
        }

        return index;
    }

    /// <summary>This shape with one extent replaced.</summary>
    public TensorShape With(int axis, long extent)
    {
        long[] extents = Extents.ToArray();
        extents[Axis(axis)] = extent;
        return new TensorShape(extents);
    }

    /// <summary>This shape with an axis put at the end.</summary>
    public TensorShape Append(long extent) => new([.. Extents, extent]);

    /// <inheritdoc/>
    public bool Equals(TensorShape other) => Extents.SequenceEqual(other.Extents);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is TensorShape other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        foreach (long extent in Extents)
        {
            hash.Add(extent);
        }

        return hash.ToHashCode();
    }

    /// <summary>Whether two shapes have the same extents.</summary>
    public static bool operator ==(TensorShape left, TensorShape right) => left.Equals(right);

    /// <summary>Whether two shapes differ.</summary>
    public static bool operator !=(TensorShape left, TensorShape right) => !left.Equals(right);

    /// <inheritdoc/>
    public override string ToString() => $"[{Join(Extents)}]";

    private static string Join(ReadOnlySpan<long> extents) => string.Join(", ", extents.ToArray());
}
