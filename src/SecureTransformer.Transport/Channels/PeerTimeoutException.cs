namespace SecureTransformer.Transport;

/// <summary>A peer sent nothing, or could not be reached, within the time-out. The message names the party and its address.</summary>
public sealed class PeerTimeoutException : IOException
{
    /// <summary>Makes the exception with a general message.</summary>
    public PeerTimeoutException()
        : base("A peer did not answer in time.")
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">Names the party, its address and the time-out.</param>
    public PeerTimeoutException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">Names the party, its address and the time-out.</param>
    /// <param name="innerException">The cause.</param>
    public PeerTimeoutException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
