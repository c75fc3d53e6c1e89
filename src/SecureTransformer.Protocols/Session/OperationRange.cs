namespace SecureTransformer.Protocols;

/// <summary>The largest value that an operation met, and the range that the private protocols have for it.</summary>
public sealed class OperationRange
{
    /// <summary>Describes what an operation met.</summary>
    /// <param name="scope">The name of the session's scope; null outside named scopes.</param>
    /// <param name="operation">The kind of operation.</param>
    /// <param name="magnitude">The largest absolute value.</param>
    /// <param name="fractionalBits">The fractional bits of the values as ring elements, before a truncation.</param>
    /// <param name="rangeBits">As ring elements the values must lie within (-2^rangeBits, 2^rangeBits).</param>
    public OperationRange(string? scope, string operation, double magnitude, int fractionalBits, int rangeBits)
    {
        ArgumentException.ThrowIfNullOrEmpty(operation);
        Scope = scope;
        Operation = operation;
        Magnitude = magnitude;
        FractionalBits = fractionalBits;
        RangeBits = rangeBits;
    }

    /// <summary>The name of the session's scope, such as "encoder.layer.0/attention"; null outside named scopes.</summary>
    public string? Scope { get; }

    /// <summary>The kind of operation, such as "matmul", "comparison", or the name of a function.</summary>
    public string Operation { get; }

    /// <summary>The largest absolute value: of products and sums, untruncated; of what is compared; of the arguments of functions.</summary>
    public double Magnitude { get; }

    /// <summary>The fractional bits of the values as ring elements, before a truncation.</summary>
    public int FractionalBits { get; }

    /// <summary>As ring elements the values must lie within (-2^RangeBits, 2^RangeBits): 62 for what is truncated, less for comparisons and functions.</summary>
    public int RangeBits { get; }

    /// <summary>How many times the values could double before they leave the range, a zero counted as one unit in the last place; below 0 where they have left it.</summary>
    public double HeadroomBits => double.IsFinite(Magnitude)
        ? RangeBits - FractionalBits - Math.Log2(Math.Max(Magnitude, Math.ScaleB(1, -FractionalBits)))
        : double.NegativeInfinity;

    /// <summary>Whether the values are in the range.</summary>
    public bool Fits => Magnitude < Math.ScaleB(1, RangeBits - FractionalBits);

    /// <summary>Scope and operation.</summary>
    public override string ToString() => Scope is null ? Operation : $"{Scope}: {Operation}";
}
