namespace SecureTransformer.Transport;

/// <summary>The frame that a receive asks for.</summary>
internal readonly struct Expectation(ushort operation, int length, bool exact)
{
    internal ushort Operation => operation;

    internal bool Matches(in Frame frame) =>
        frame.Operation == operation && (exact ? frame.Length == length : frame.Length <= length);

    public override string ToString() => $"operation {operation} ({(exact ? string.Empty : "at most ")}{length} bytes)";
}
