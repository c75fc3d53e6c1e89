using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Estimates;
using SecureTransformer.Protocols.Randomness;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>
/// A run of the protocol of which only messages are counted: the building blocks of <see cref="ShamirSession"/> by its names, in its order. Bytes and rounds follow from what
/// they deal, open and exchange.
/// </summary>
/// <remarks>Clocks are kept by party, since kings take turns, and an opening reaches the next king sooner than others.</remarks>
internal sealed partial class CountedRun
{
    /// <summary>The words of an element of F_p.</summary>
    public const int Number = Mersenne127.WordCount;

    private const int Word = sizeof(ulong);

    private readonly Roles _roles;
    private readonly int[] _clocks;
    private readonly List<MessageStep> _steps = [];
    private readonly List<MessageStep> _offlineSteps = [];
    private readonly List<RandomnessRequest> _requests = [];
    private bool _isOffline;
    private long _bytes;
    private long _offlineBytes;

    /// <summary>Nothing sent as yet.</summary>
    /// <param name="parties">The number of parties; a client takes the place after them.</param>
    /// <param name="threshold">The threshold.</param>
    /// <param name="firstKing">Who opens first.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many parties, or not with this threshold.</exception>
    public CountedRun(int parties, int threshold, int firstKing = 0)
    {
        _roles = new Roles(parties, MpcProtocols.ThresholdOf(MpcProtocol.Shamir, parties, threshold));
        _clocks = new int[parties + 1];
        FirstKing = firstKing;
        Bit = BinaryField.ForParties(parties).Degree;
    }

    /// <summary>Who opens next.</summary>
    public int FirstKing { get; private set; }

    /// <summary>The words of 64 bits: the planes of GF(2^d).</summary>
    public int Bit { get; }

    /// <summary>What was counted so far.</summary>
    public OperationCost Cost => new(_clocks.Max(), _bytes, _offlineBytes);

    /// <summary>What was sent online.</summary>
    public IReadOnlyList<MessageStep> Steps => _steps;

    /// <summary>What was sent offline.</summary>
    public IReadOnlyList<MessageStep> OfflineSteps => _offlineSteps;

    /// <summary>The randomness that was used up, which may have been made ahead of time.</summary>
    public IReadOnlyList<RandomnessRequest> Requests => _requests;

    private int Parties => _roles.Parties;

    private int Threshold => _roles.Threshold;

    private IEnumerable<int> All => Enumerable.Range(0, _roles.Parties);

    /// <summary>The words that hold so many bits.</summary>
    public static int PlaneWords(int count) => Segments.WordsOf(count);

    /// <summary>Sharings of what each of some parties knows.</summary>
    public void Deal(IReadOnlyList<int> dealers, int words, long lanes)
    {
        Roles roles = _roles;
        Send([.. from dealer in dealers from party in All where party != dealer && !roles.IsSeeded(dealer, party) select new Message(dealer, party, lanes * words * Word)]);
    }

    /// <summary>The first member of each group tells the others the key of its order.</summary>
    public void AgreeOnOrders(IReadOnlyList<int[]> groups) => Send([.. from g in groups from member in g.Skip(1) select new Message(g[0], member, PairwiseRandomness.KeySize)]);

    /// <summary>The members of each group in turn deal elements again.</summary>
    public void Shuffle(IReadOnlyList<int[]> groups, int count)
    {
        foreach (int[] members in groups)
        {
            Deal(members, Number, count);
        }
    }

    /// <summary>Uniform sharings that no t parties know, or of zero: as many numbers, or words of bits.</summary>
    public void Extract(RandomnessKind kind, int lanes) => Need(new RandomnessRequest(kind, lanes));

    /// <summary>Opening at kings: what they make of the values is returned as a sharing, or so many words of each are told to all.</summary>
    public void ThroughKings(int words, long lanes, int degree, int told = 0)
    {
        KingSegment[] segments = KingSegment.Cut(checked((int)lanes), Parties, FirstKing);
        FirstKing = (FirstKing + 1) % Parties;
        int returned = told > 0 ? told : words;
        Send([
            .. from segment in segments
               from party in All
               where party != segment.King && _roles.Contributes(segment.King, degree, party)
               select new Message(party, segment.King, (long)segment.Length * words * Word),
        ]);
        Send([
            .. from segment in segments
               from party in All
               where party != segment.King && (told > 0 || _roles.IsReturned(segment.King, party))
               select new Message(segment.King, party, (long)segment.Length * returned * Word),
        ]);
    }

    /// <summary>Shares to all parties, or to one.</summary>
    public void Exchange(int words, long lanes, int? receiver = null) => Send([
        .. from sender in All from party in All where sender != party && (receiver ?? party) == party select new Message(sender, party, lanes * words * Word),
    ]);

    /// <summary>Numbers of degree 2t with degree t.</summary>
    public void ReduceDegree(long count)
    {
        Extract(RandomnessKind.Numbers, checked((int)count));
        ThroughKings(Number, count, 2 * Threshold);
    }

    /// <summary>Brings shares of a degree to degree t, truncated.</summary>
    public void Finish(int count, bool isProduct, int shift)
    {
        if (shift == 0)
        {
            ReduceDegree(count);
            return;
        }

        Need(new RandomnessRequest(RandomnessKind.TruncationMask, count, shift));
        ThroughKings(Number, count, isProduct ? 2 * Threshold : Threshold);
    }

    /// <summary>The bitwise AND.</summary>
    public void And(long lanes)
    {
        Extract(RandomnessKind.Bits, checked((int)lanes));
        ThroughKings(Bit, lanes, 2 * Threshold);
    }

    /// <summary>Bits as numbers.</summary>
    public void ToNumbers(int count)
    {
        Need(new RandomnessRequest(RandomnessKind.BitMask, count));
        TellBits(PlaneWords(count));
    }

    /// <summary>Randomness of one kind, for an operation or several.</summary>
    public void Make(RandomnessKind kind, int parameter, Segments segments)
    {
        switch (kind)
        {
            case RandomnessKind.TruncationMask:
                TruncationMask(segments, parameter);
                break;
            case RandomnessKind.CompareMask:
                CompareMask(segments, parameter);
                break;
            case RandomnessKind.BitMask:
                BitMask(segments);
                break;
            default:
                Deal(
                    [.. All],
                    kind is RandomnessKind.Numbers or RandomnessKind.ZeroNumbers ? Number : Bit,
                    (segments.Elements + _roles.Extracted - 1L) / _roles.Extracted);
                break;
        }
    }

    /// <summary>What a phase of its own sends, where nothing is waited for.</summary>
    public void Offline(Action part)
    {
        bool before = _isOffline;
        _isOffline = true;
        part();
        _isOffline = before;
    }

    /// <summary>The sign of values of so many bits.</summary>
    public void LessThanZero(int count, int width)
    {
        OpenCompared(count, width);
        if (width > 2)
        {
            int words = PlaneWords(count);
            And((width - 2L) * words);
            Carry(width - 2, words);
        }
    }

    /// <summary>Whether values of so many bits are zero.</summary>
    public void EqualsZero(int count, int width)
    {
        OpenCompared(count, width);
        for (int positions = width; positions > 1; positions -= positions / 2)
        {
            And((long)(positions / 2) * PlaneWords(count));
        }
    }

    private void OpenCompared(int count, int width)
    {
        Need(new RandomnessRequest(RandomnessKind.CompareMask, count, width));
        ThroughKings(Number, count, Threshold, told: 1);
    }

    /// <summary>The carry out of a run of positions.</summary>
    private void Carry(int positions, int words)
    {
        for (; positions > 1; positions -= positions / 2)
        {
            And(((2L * (positions / 2)) - 1) * words);
        }
    }

    /// <summary>Two numbers with the sum of one from each dealer.</summary>
    private void Reduce(int bits, int words)
    {
        for (int left = Threshold + 1; left > 2; left -= left / 3)
        {
            And((long)(left / 3) * bits * words);
        }
    }

    private void TellBits(long words) => ThroughKings(Bit, words, Threshold, told: 1);

    /// <summary>What an operation uses up, made when it needs it.</summary>
    private void Need(RandomnessRequest request)
    {
        if (!_isOffline)
        {
            _requests.Add(request);
        }

        Offline(() => Make(request.Kind, request.Parameter, new Segments(request.Count)));
    }

    private void TruncationMask(Segments segments, int shift)
    {
        DealByMask(Number, 2L * segments.Elements);
        DealByMask(Bit, (long)shift * segments.Words);
        Reduce(shift, segments.Words);
        And((long)shift * segments.Words);
        Carry(shift, segments.Words);
        Segments carries = segments.Times(Threshold);
        BitMask(carries);
        TellBits(carries.Words);
    }

    private void CompareMask(Segments segments, int bits)
    {
        DealByMask(Number, segments.Elements);
        DealByMask(Bit, (long)bits * segments.Words);
        Reduce(bits, segments.Words);
        And((long)bits * segments.Words);
    }

    private void BitMask(Segments segments)
    {
        DealByMask(Bit, segments.Words);
        DealByMask(Number, segments.Elements);
        for (int i = 0; i < Threshold; i++)
        {
            ReduceDegree(segments.Elements);
        }
    }

    /// <summary>What the t + 1 parties that make a mask deal of it.</summary>
    private void DealByMask(int words, long lanes) => Deal([.. Enumerable.Range(0, Threshold + 1)], words, lanes);

    /// <summary>Messages that are sent before any of them is received.</summary>
    private void Send(Message[] messages)
    {
        long bytes = messages.Sum(message => message.Bytes);
        if (_isOffline)
        {
            _offlineBytes = checked(_offlineBytes + bytes);
            _offlineSteps.Add(new MessageStep(messages));
            return;
        }

        _bytes = checked(_bytes + bytes);
        _steps.Add(new MessageStep(messages));
        int[] before = [.. _clocks];
        foreach (Message message in messages)
        {
            _clocks[message.To] = Math.Max(_clocks[message.To], before[message.From] + 1);
        }
    }
}
