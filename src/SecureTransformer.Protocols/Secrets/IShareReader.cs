namespace SecureTransformer.Protocols;

/// <summary>Gives back what an <see cref="IShareWriter"/> took of one tensor; see <see cref="MpcSession.Restore"/>.</summary>
public interface IShareReader
{
    /// <summary>Reads a run of the share.</summary>
    /// <param name="offset">Where it begins, in bytes.</param>
    /// <param name="destination">Is filled whole.</param>
    /// <exception cref="InvalidDataException">The share is shorter, or is not what was written.</exception>
    /// <exception cref="IOException">Reading failed.</exception>
    void Read(long offset, Span<byte> destination);
}
