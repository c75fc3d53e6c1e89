namespace SecureTransformer.Protocols.Estimates;

/// <summary>What one place sends another within an operation; clients take the place after the last party.</summary>
internal readonly record struct Message(int From, int To, long Bytes);

/// <summary>Messages that are sent before any of them is received.</summary>
/// <param name="Messages">The messages.</param>
/// <param name="Follows">Whether a part is sent as soon as the same part of the step before has come, and not only when all of that has.</param>
internal sealed record MessageStep(Message[] Messages, bool Follows = false)
{
    private int[][]? _from;
    private int[][]? _to;

    /// <summary>The messages that a place sends, in order.</summary>
    public ReadOnlySpan<int> From(int place) => Of(_from ??= ByPlace(message => message.From), place);

    /// <summary>The messages that a place receives, in order.</summary>
    public ReadOnlySpan<int> To(int place) => Of(_to ??= ByPlace(message => message.To), place);

    private static ReadOnlySpan<int> Of(int[][] byPlace, int place) => place < byPlace.Length ? byPlace[place] : [];

    private int[][] ByPlace(Func<Message, int> placeOf)
    {
        var places = new List<int>[Messages.Length == 0 ? 0 : 1 + Messages.Max(placeOf)];
        for (int i = 0; i < Messages.Length; i++)
        {
            (places[placeOf(Messages[i])] ??= []).Add(i);
        }

        return [.. places.Select(place => place?.ToArray() ?? [])];
    }
}

/// <summary>
/// Who sends what to whom in an operation, step by step, as its program does it: a place receives what the step before sent it, and then sends. From these follow the bytes,
/// the rounds of a sequence of operations, and how long each link is busy.
/// </summary>
/// <param name="parts">The number of frames that each message is cut into.</param>
/// <param name="steps">The steps.</param>
internal sealed class OperationMessages(int parts, params MessageStep[] steps)
{
    public static OperationMessages None { get; } = new(1);

    public int Parts { get; } = parts;

    /// <summary>Whether the messages do not depend on any input and have a clock of their own, which is not followed here: the parties wait for them, but they are no rounds.</summary>
    public bool IsOffline { get; init; }

    public IReadOnlyList<MessageStep> Steps { get; } = steps;

    public long Bytes => Steps.Sum(step => step.Messages.Sum(message => message.Bytes));

    /// <summary>The frames of a run of elements.</summary>
    public static int PartsOf(long count, int size = Chunks.Size) => (int)Math.Max(1, (count + size - 1) / size);

    /// <summary>Everyone to everyone, once or several times, an equal part of the bytes each; the first message has what does not divide.</summary>
    public static OperationMessages AllToAll(int parties, int rounds, long bytes)
    {
        long links = parties * (parties - 1L) * Math.Max(1, rounds);
        long each = bytes / links;
        var steps = new MessageStep[rounds];
        for (int i = 0; i < rounds; i++)
        {
            steps[i] = new MessageStep([
                .. from sender in Enumerable.Range(0, parties)
                   from receiver in Enumerable.Range(0, parties)
                   where sender != receiver
                   select new Message(sender, receiver, each + ((i, sender, receiver) == (0, 0, 1) ? bytes - (each * links) : 0)),
            ]);
        }

        return new OperationMessages(PartsOf(each / sizeof(ulong)), steps);
    }

    /// <summary>A place to the first places after or before it and so on: the same bytes from each of some places to another.</summary>
    public static MessageStep Each(long bytes, params (int From, int To)[] links) => new([.. links.Select(link => new Message(link.From, link.To, bytes))]);
}
