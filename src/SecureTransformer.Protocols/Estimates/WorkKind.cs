namespace SecureTransformer.Protocols;

/// <summary>A kind of local work whose time grows with an amount; in brackets what is counted.</summary>
public enum WorkKind
{
    /// <summary>Matrix products (multiply-adds of the values, whatever the protocol makes of each).</summary>
    MultiplyAdd,

    /// <summary>Reading a matrix for a product (its elements).</summary>
    MatrixRead,

    /// <summary>Arranging a matrix for one product (its elements).</summary>
    Packing,

    /// <summary>Products of single values (factors' pairs).</summary>
    Product,

    /// <summary>Inner products of rows (factors' pairs).</summary>
    InnerProduct,

    /// <summary>Truncation (values).</summary>
    Truncation,

    /// <summary>Bringing an additive sharing back to the session's (values).</summary>
    Resharing,

    /// <summary>Comparison with zero (values times bits that are sent).</summary>
    Comparison,

    /// <summary>AND of bits (words of 64).</summary>
    And,

    /// <summary>Bits to numbers (values).</summary>
    Conversion,

    /// <summary>Bits times numbers (values).</summary>
    Selection,

    /// <summary>Trigonometric sums (values times harmonics).</summary>
    Harmonic,

    /// <summary>Exponentials (values).</summary>
    Exponential,

    /// <summary>Normalisation (values times bits).</summary>
    Normalization,

    /// <summary>Values from a client, at a party (values).</summary>
    Import,

    /// <summary>A client's splitting of its values (values).</summary>
    Splitting,

    /// <summary>Making, filling and freeing a tensor by local operations (values).</summary>
    Local,

    /// <summary>A message received: waking up, and what does not grow with its length (messages).</summary>
    Message,
}
