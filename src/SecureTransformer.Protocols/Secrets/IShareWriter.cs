namespace SecureTransformer.Protocols;

/// <summary>Takes a party's share of one tensor, piece by piece, as the protocol's <see cref="ShareCodec"/> sent it; see <see cref="MpcSession.KeepAsync"/>.</summary>
public interface IShareWriter
{
    /// <summary>Takes the next piece. What it holds is secret, and valid during the call alone.</summary>
    void Write(ReadOnlySpan<byte> share);
}
