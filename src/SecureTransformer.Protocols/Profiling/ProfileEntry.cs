namespace SecureTransformer.Protocols;

/// <summary>What one operation of one layer used, or a sum of such. Entries of a <see cref="ProfileReport"/> sum to the whole.</summary>
/// <param name="Layer">The path of the named scopes around it, such as "encoder.layer.0/attention"; "" outside all.</param>
/// <param name="Operation">
/// The path of the operations it is part of and its own name, such as "softmax/exp/multiply"; "local", or "softmax/local", for what is computed without messages between
/// operations.
/// </param>
/// <param name="Calls">How many interactive primitives ran; 0 for what is local.</param>
/// <param name="Elements">The elements they worked on.</param>
/// <param name="Products">The products of ring elements that the operation asks for, those that are summed included: M K N of a matrix product.</param>
/// <param name="Seconds">Wall time, on average over the parties.</param>
/// <param name="WaitingSeconds">How many of the seconds a receive waited, on average over the parties.</param>
/// <param name="BytesSent">Payload bytes that all parties sent, without setup.</param>
/// <param name="Rounds">How far the longest chain of messages that depend on one another grew, at whichever party, without a dealer.</param>
public sealed record ProfileEntry(
    string Layer, string Operation, long Calls, long Elements, long Products, double Seconds, double WaitingSeconds, long BytesSent, int Rounds);
