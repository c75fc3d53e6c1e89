namespace SecureTransformer.Transport;

/// <summary>A peer closed the connection of a session, or the connection broke. The message names the party and its address.</summary>
public sealed class PeerLostException : IOException
{
    /// <summary>Makes the exception with a general message.</summary>
    public PeerLostException()
        : base("The connection to a peer ended.")
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">Names the party and its address.</param>
    public PeerLostException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">Names the party and its address.</param>
    /// <param name="innerException">The cause.</param>
    public PeerLostException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
