namespace SecureTransformer.Transport;

/// <summary>A peer did something that the protocol does not allow, or ended the session and said why. The session is dead.</summary>
public sealed class ProtocolException : Exception
{
    /// <summary>Makes the exception with a general message.</summary>
    public ProtocolException()
        : base("A peer broke the protocol.")
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">Names the peer, what was expected and what came; never a payload.</param>
    public ProtocolException(string message)
        : base(message)
    {
    }

    /// <summary>Makes the exception.</summary>
    /// <param name="message">Names the peer, what was expected and what came; never a payload.</param>
    /// <param name="innerException">The cause.</param>
    public ProtocolException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
