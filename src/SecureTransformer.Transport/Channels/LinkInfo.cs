namespace SecureTransformer.Transport;

/// <summary>Who is at the two ends of a link.</summary>
/// <param name="Session">The session.</param>
/// <param name="LocalName">This end: "party 0".</param>
/// <param name="PeerName">The other end: "party 1".</param>
/// <param name="PeerAddress">Its address, if it has one.</param>
/// <param name="IsPeerClient">Whether the other end is a client and this one a party.</param>
/// <param name="IsPeerDealer">Whether the other end is the dealer and this one a party.</param>
internal sealed record LinkInfo(SessionId Session, string LocalName, string PeerName, string? PeerAddress = null, bool IsPeerClient = false, bool IsPeerDealer = false)
{
    internal string Description { get; } = PeerAddress is null ? PeerName : $"{PeerName} ({PeerAddress})";
}
