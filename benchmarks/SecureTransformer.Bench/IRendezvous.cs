using SecureTransformer.Protocols;

namespace SecureTransformer.Bench;

/// <summary>Lets all parties go on together, so that none starts the clock early.</summary>
internal interface IRendezvous
{
    /// <summary>Waits for all. Their logical clocks are the same afterwards, so that a chain of messages counts from its first, whoever sends it.</summary>
    Task BeginAsync(MpcSession session);

    /// <summary>Waits for the others' end where the parties share a process, whose processor time is then that of all.</summary>
    Task EndAsync();
}
