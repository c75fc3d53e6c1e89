using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Estimates;

namespace SecureTransformer.Protocols.Replicated;

/// <summary>
/// Who sends what to whom in each operation of <see cref="ReplicatedSession"/>; what it adds up to is what <see cref="ReplicatedCosts"/> declares. A test compares both, and
/// each party's bytes and clock with the meter.
/// </summary>
internal static class ReplicatedMessages
{
    private const int Word = sizeof(ulong);
    private const int Client = ReplicatedSession.Parties;

    public static OperationMessages Input(int owner, int count) => new(Parts(count), new MessageStep([new(owner, After(owner), Words(count))]));

    public static OperationMessages InputShuffled(int owner, int count) => new(
        Parts(count),
        new MessageStep([new(owner, After(owner, 2), Words(count))]),
        OperationMessages.Each(Words(count), (After(owner), After(owner, 2)), (After(owner, 2), After(owner))));

    public static OperationMessages Reveal(int count, int? party) => new(
        Parts(count), party is { } one ? new MessageStep([new(After(one, 2), one, Words(count))]) : Ahead(Words(count)));

    public static OperationMessages RevealBits(int count) => new(1, Ahead(Plane(count)));

    public static OperationMessages Import(int count) => new(
        Parts(count),
        new MessageStep([new(Client, 0, 32), new(Client, 1, 16 + Words(count)), new(Client, 2, 16 + Words(count))]),
        Ahead(32));

    public static OperationMessages Export(int count) => new(Parts(count), OperationMessages.Each(Words(count), (0, Client), (1, Client), (2, Client)));

    public static OperationMessages Agree() => new(1, OperationMessages.Each(32, (0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1)));

    public static OperationMessages Product(int count, int shift) => shift == 0 ? new(Parts(count), Back(Words(count))) : Truncate(count, shift);

    public static OperationMessages Truncate(int count, int shift, int ringBits = 64)
    {
        var layout = new TruncationLayout(shift, ringBits);
        return layout.Shift == 0
            ? OperationMessages.None
            : new OperationMessages(
                Parts(count),
                new MessageStep([new(0, 1, count * (long)layout.OpenedBytes), new(1, 0, count * (long)layout.OpenedBytes), new(2, 1, count * (long)layout.CorrectionBytes)]),
                OperationMessages.Each(count * (long)layout.BitBytes, (0, 1), (1, 0)) with { Follows = true });
    }

    public static OperationMessages And(int count) => new(1, Back(Plane(count)));

    public static OperationMessages ToArithmetic(int count) => Dealt(Parts(count), Words(count), Words(count));

    public static OperationMessages SumOfSelected(int count, int terms) => Dealt(OperationMessages.PartsOf(count, Chunks.Size / terms), 2 * terms * Words(count), Words(count));

    /// <summary>What comes before the truncation.</summary>
    public static OperationMessages HarmonicSum(int count, HarmonicSum sum, int fractionalBits)
    {
        long bytes = 2L * sum.Harmonics * count * (sum.Layout(fractionalBits).RingBits / 8);
        return new OperationMessages(OperationMessages.PartsOf(count, Chunks.Size / sum.Harmonics), new MessageStep([new(0, 2, bytes)]));
    }

    /// <summary>What comes before the truncation.</summary>
    public static OperationMessages Exponential(int count) => Dealt(Parts(count), 2 * Words(count), Words(count));

    public static OperationMessages Compare(int count, CompareCircuit circuit)
    {
        long plane = Planes(count);
        return new OperationMessages(
            Groups(count),
            [
                new MessageStep([new(0, 1, circuit.DealtPlanes * plane)]),
                .. from level in circuit.Gates.Levels
                   where level.Opened.Length > 0
                   select OperationMessages.Each(level.Opened.Length * plane, (1, 2), (2, 1)) with { Follows = true },
            ]);
    }

    /// <summary>The digits of the leading zeros, and their tables.</summary>
    public static OperationMessages[] Normalize(int count, LeadingZeroCircuit circuit, int tables, int powers)
    {
        long plane = Planes(count);
        return
        [
            new OperationMessages(
                Groups(count),
                [
                    new MessageStep([new(0, 1, circuit.Layout.DealtPlanes * plane)]),
                    OperationMessages.Each(circuit.Reshared * plane, (1, 2), (2, 1)) with { Follows = true },
                    .. circuit.Levels.Select(gates => Back(gates.Length * plane)),
                ]),
            Dealt(OperationMessages.PartsOf(count, Chunks.Size / circuit.Bits.Count & ~63), circuit.Bits.Count * Words(count), tables * Words(count)),
            Product(checked(count * powers), 0),
        ];
    }

    /// <summary>Party 0 deals to party 2, who then reshares with party 1.</summary>
    private static OperationMessages Dealt(int parts, long dealt, long reshared) =>
        new(parts, new MessageStep([new(0, 2, dealt)]), OperationMessages.Each(reshared, (1, 2), (2, 1)) with { Follows = true });

    /// <summary>Everyone to the next.</summary>
    private static MessageStep Ahead(long bytes) => OperationMessages.Each(bytes, (0, 1), (1, 2), (2, 0));

    /// <summary>Everyone to the one before.</summary>
    private static MessageStep Back(long bytes) => OperationMessages.Each(bytes, (0, 2), (1, 0), (2, 1));

    private static int After(int party, int places = 1) => (party + places) % ReplicatedSession.Parties;

    private static int Parts(int count) => OperationMessages.PartsOf(count);

    private static int Groups(int count) => OperationMessages.PartsOf(count, ReplicatedSession.GroupSize);

    private static long Words(int count) => (long)count * Word;

    private static long Plane(int count) => (count + 63L) / 64 * Word;

    private static long Planes(int count)
    {
        int whole = Math.DivRem(count, ReplicatedSession.GroupSize, out int rest);
        return (whole * Plane(ReplicatedSession.GroupSize)) + (rest == 0 ? 0 : Plane(rest));
    }
}
