using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>Shares of masks r and, after them, of r / 2^shift rounded down.</summary>
internal readonly struct TruncationMask(SecretBuffer both, int count)
{
    public Lanes Mask(LaneField field) => field.Over(both.Span).Slice(0, count);

    public Lanes Quotient(LaneField field) => field.Over(both.Span).Slice(count, count);
}
