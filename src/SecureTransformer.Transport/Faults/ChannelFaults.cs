namespace SecureTransformer.Transport;

/// <summary>
/// How one party misbehaves towards all others, for tests and examples of what the others then do: it is silent, late, dead, or sends wrong payloads, from or at the frames
/// that one chooses. Works on every protocol and transport, for it changes nothing but what leaves the party.
/// </summary>
/// <remarks>
/// <para>Attach it to one party's channels before its session is opened, or to its endpoint, and so to every session and client of it. The party's own program is an honest one
/// and goes on as if nothing were wrong, unless it dies.</para>
/// <para>A predicate is asked once about each frame, in the order in which the party sends over a link, perhaps for several links at once. Where several apply, dying comes
/// before silence, silence before wrong payloads, and those before being late.</para>
/// </remarks>
public sealed class ChannelFaults
{
    /// <summary>
    /// From the first frame on for which this is true, the party sends nothing more in that session, to nobody: no frames, no word that it gives up, no farewell. It goes on
    /// receiving, and its links stay open until the others end them.
    /// </summary>
    public Func<OutgoingFrame, bool>? Silent { get; init; }

    /// <summary>How long the links of a silent party stay open at most once its program has ended; a minute.</summary>
    public TimeSpan LongestSilence { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>
    /// At the first frame for which this is true, all links of the party break, in all its sessions, as when its process is killed: that frame and what is queued is lost, and its
    /// own program fails with a <see cref="PeerLostException"/>. It can open new sessions, as a party that was started again.
    /// </summary>
    public Func<OutgoingFrame, bool>? Dies { get; init; }

    /// <summary>The frames that are sent later by <see cref="Delay"/>. Those behind them on the same link wait for them.</summary>
    /// <remarks>The party's meter counts a late frame when it is sent.</remarks>
    public Func<OutgoingFrame, bool>? Late { get; init; }

    /// <summary>How late; a second.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The frames whose payload is wrong. Headers, and so operations and lengths, stay right.</summary>
    public Func<OutgoingFrame, bool>? Wrong { get; init; }

    /// <summary>What becomes of a wrong payload.</summary>
    public WrongPayload Payload { get; init; }

    /// <summary>
    /// Whether the party tells each peer something else. If not, the payloads of the frames of the same <see cref="OutgoingFrame.Number"/> of an operation are replaced by the
    /// same bytes, or have the same bit flipped, for all peers.
    /// </summary>
    public bool Equivocates { get; init; }

    /// <summary>Makes a payload wrong in a way of one's own, in place of <see cref="Payload"/>: a value that is off by one, for example.</summary>
    public PayloadChange? Change { get; init; }

    /// <summary>Determines the wrong payloads: the same seed makes the same. The default is 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>The clock of the delay.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Puts the faults on one party's channels of one session, session 0.</summary>
    /// <param name="channels">The channels; those that come back take their place and own them.</param>
    /// <exception cref="ArgumentException">A property is out of its range; the exception names it.</exception>
    public ChannelSet Attach(ChannelSet channels)
    {
        ArgumentNullException.ThrowIfNull(channels);
        Validate();
        return new FaultyParty(this).Attach(channels);
    }

    /// <summary>Puts the faults on all sessions and clients of a party.</summary>
    /// <param name="endpoint">The party's endpoint; what comes back takes its place and owns it.</param>
    /// <exception cref="ArgumentException">A property is out of its range; the exception names it.</exception>
    public IPartyEndpoint Attach(IPartyEndpoint endpoint)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        Validate();
        return new FaultyEndpoint(endpoint, new FaultyParty(this));
    }

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentException">A property is out of its range; the exception names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(Delay, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(LongestSilence, TimeSpan.Zero);
        ArgumentNullException.ThrowIfNull(TimeProvider);
        if (!Enum.IsDefined(Payload))
        {
            throw new ArgumentOutOfRangeException(nameof(Payload), Payload, "Not a wrong payload.");
        }
    }
}
