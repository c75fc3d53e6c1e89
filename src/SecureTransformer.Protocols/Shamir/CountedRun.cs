using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>
/// A run of the protocol of which only messages are counted: the building blocks of <see cref="ShamirSession"/> by its names, in its order. Bytes and rounds follow from what
/// they deal, open and exchange.
/// </summary>
/// <remarks>Clocks are kept by party, since kings take turns, and an opening reaches the next king sooner than others.</remarks>
internal sealed class CountedRun
{
    /// <summary>The words of an element of F_p.</summary>
    public const int Number = Mersenne127.WordCount;

    private const int Word = sizeof(ulong);

    private readonly Roles _roles;
    private readonly int[] _clocks;
    private int _firstKing;
    private bool _isOffline;
    private long _bytes;
    private long _offlineBytes;

    /// <summary>Nothing sent as yet.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There are not so many parties, or not with this threshold.</exception>
    public CountedRun(int parties, int threshold)
    {
        _roles = new Roles(parties, MpcProtocols.ThresholdOf(MpcProtocol.Shamir, parties, threshold));
        _clocks = new int[parties];
        Bit = BinaryField.ForParties(parties).Degree;
    }

    /// <summary>The words of 64 bits: the planes of GF(2^d).</summary>
    public int Bit { get; }

    /// <summary>What was counted so far.</summary>
    public OperationCost Cost => new(_clocks.Max(), _bytes, _offlineBytes);

    private int Parties => _roles.Parties;

    private int Threshold => _roles.Threshold;

    private IEnumerable<int> All => Enumerable.Range(0, _roles.Parties);

    /// <summary>The words that hold so many bits.</summary>
    public static int PlaneWords(int count) => Segments.WordsOf(count);

    /// <summary>Sharings of what each of some parties knows.</summary>
    public void Deal(IReadOnlyList<int> dealers, int words, long lanes)
    {
        Roles roles = _roles;
        Exchange([.. from dealer in dealers from party in All where party != dealer && !roles.IsSeeded(dealer, party) select (dealer, party)], lanes * words * Word);
    }

    /// <summary>The first member of each group tells the others the key of its order.</summary>
    public void AgreeOnOrders(IReadOnlyList<int[]> groups, long bytes) => Exchange([.. from g in groups from member in g.Skip(1) select (g[0], member)], bytes);

    /// <summary>The members of each group in turn deal elements again.</summary>
    public void Shuffle(IReadOnlyList<int[]> groups, int count)
    {
        foreach (int[] members in groups)
        {
            Deal(members, Number, count);
        }
    }

    /// <summary>Uniform sharings that no t parties know, or of zero.</summary>
    public void Extract(int words, long lanes) => Offline(() => Deal([.. All], words, (lanes + _roles.Extracted - 1) / _roles.Extracted));

    /// <summary>Opening at kings: what they make of the values is returned as a sharing, or so many words of each are told to all.</summary>
    public void ThroughKings(int words, long lanes, int degree, int told = 0)
    {
        KingSegment[] segments = KingSegment.Cut(checked((int)lanes), Parties, _firstKing);
        _firstKing = (_firstKing + 1) % Parties;
        _ = Sent(lanes * Word * ((degree * words) + (told > 0 ? (Parties - 1L) * told : (Parties - 1L - Threshold) * words)));
        if (_isOffline)
        {
            return;
        }

        int[] before = [.. _clocks];
        foreach (KingSegment segment in segments)
        {
            int king = segment.King;
            _clocks[king] = All.Where(party => party != king && _roles.Contributes(king, degree, party)).Max(party => Math.Max(_clocks[king], before[party] + 1));
        }

        int[] opened = [.. _clocks];
        foreach (KingSegment segment in segments)
        {
            int king = segment.King;
            foreach (int party in All.Where(party => party != king && (told > 0 || _roles.IsReturned(king, party))))
            {
                _clocks[party] = Math.Max(_clocks[party], opened[king] + 1);
            }
        }
    }

    /// <summary>Shares to all parties or to one.</summary>
    public void Exchange(int words, long lanes, bool toAll) =>
        Exchange([.. from sender in All from receiver in All where sender != receiver && (toAll || receiver == 0) select (sender, receiver)], lanes * words * Word);

    /// <summary>Messages of the same length that are sent before any of them is received.</summary>
    public void Exchange((int From, int To)[] links, long bytes)
    {
        if (Sent(bytes * links.Length))
        {
            return;
        }

        int[] before = [.. _clocks];
        foreach ((int from, int to) in links)
        {
            _clocks[to] = Math.Max(_clocks[to], before[from] + 1);
        }
    }

    /// <summary>What a client sends, or is sent.</summary>
    public void WithClient(long bytes) => _ = Sent(bytes);

    /// <summary>Shares of degree 2t of the same values with degree t.</summary>
    public void ReduceDegree(int words, long lanes)
    {
        Extract(words, lanes);
        ThroughKings(words, lanes, 2 * Threshold);
    }

    /// <summary>Brings shares of a degree to degree t, truncated.</summary>
    public void Finish(int count, bool isProduct, int shift)
    {
        if (shift == 0)
        {
            ReduceDegree(Number, count);
            return;
        }

        TruncationMask(new Segments(count), shift);
        ThroughKings(Number, count, isProduct ? 2 * Threshold : Threshold);
    }

    /// <summary>The bitwise AND.</summary>
    public void And(long lanes) => ReduceDegree(Bit, lanes);

    /// <summary>Bits as numbers.</summary>
    public void ToNumbers(int count) => ToNumbers(new Segments(count));

    /// <summary>Randomness of one kind, made ahead of time for several operations.</summary>
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
                Extract(kind is RandomnessKind.Numbers or RandomnessKind.ZeroNumbers ? Number : Bit, segments.Elements);
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
        CompareMask(new Segments(count), width);
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

    private void ToNumbers(Segments segments)
    {
        BitMask(segments);
        ThroughKings(Bit, segments.Words, Threshold, told: 1);
    }

    private void TruncationMask(Segments segments, int shift) => Offline(() =>
    {
        DealByMask(Number, 2L * segments.Elements);
        DealByMask(Bit, (long)shift * segments.Words);
        Reduce(shift, segments.Words);
        And((long)shift * segments.Words);
        Carry(shift, segments.Words);
        ToNumbers(segments.Times(Threshold));
    });

    private void CompareMask(Segments segments, int bits) => Offline(() =>
    {
        DealByMask(Number, segments.Elements);
        DealByMask(Bit, (long)bits * segments.Words);
        Reduce(bits, segments.Words);
        And((long)bits * segments.Words);
    });

    private void BitMask(Segments segments) => Offline(() =>
    {
        DealByMask(Bit, segments.Words);
        DealByMask(Number, segments.Elements);
        for (int i = 0; i < Threshold; i++)
        {
            ReduceDegree(Number, segments.Elements);
        }
    });

    /// <summary>What the t + 1 parties that make a mask deal of it.</summary>
    private void DealByMask(int words, long lanes) => Deal([.. Enumerable.Range(0, Threshold + 1)], words, lanes);

    /// <summary>Charges bytes; whether that is offline, where nothing is waited for.</summary>
    private bool Sent(long bytes)
    {
        if (_isOffline)
        {
            _offlineBytes = checked(_offlineBytes + bytes);
        }
        else
        {
            _bytes = checked(_bytes + bytes);
        }

        return _isOffline;
    }
}
