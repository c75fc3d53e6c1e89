using System.Runtime.ExceptionServices;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <summary>
/// Waits for the shares of an output from all parties at once. It is content as soon as those at hand determine the values, gives the others a short grace, and names whoever was
/// wrong, lost or silent. A party that never answers holds nobody up longer than that.
/// </summary>
internal sealed class ShareCollection
{
    private readonly string[] _names;
    private readonly Task<ulong[]>[] _receiving;
    private readonly int _needed;
    private readonly Func<IReadOnlyList<ulong[]?>, CombinedShares?> _combine;
    private readonly CollectionOptions _options;
    private readonly ulong[]?[] _shares;
    private readonly Exception?[] _failures;
    private readonly List<int> _failed = [];
    private readonly List<int> _pending;
    private CombinedShares? _combined;
    private int _combinedOf;
    private int _received;

    /// <param name="names">The parties as errors name them.</param>
    /// <param name="receiving">The receipt of each party's share.</param>
    /// <param name="needed">The fewest shares that may determine the values.</param>
    /// <param name="combine">Puts the shares at hand together; null where it takes more.</param>
    /// <param name="options">How long to wait for the last ones.</param>
    public ShareCollection(string[] names, Task<ulong[]>[] receiving, int needed, Func<IReadOnlyList<ulong[]?>, CombinedShares?> combine, CollectionOptions options)
    {
        _names = names;
        _receiving = receiving;
        _needed = needed;
        _combine = combine;
        _options = options;
        _shares = new ulong[names.Length][];
        _failures = new Exception?[names.Length];
        _pending = [.. Enumerable.Range(0, names.Length)];
    }

    /// <summary>The values, as soon as they are certain and the others have had their grace.</summary>
    /// <exception cref="ProtocolException">All shares are there that ever will be, and contradict each other; or a party that is needed ended the session.</exception>
    /// <exception cref="IOException">Too many parties are lost or sent nothing within the time-out; the error is that of one of them.</exception>
    /// <exception cref="OperationCanceledException">The wait was cancelled.</exception>
    public async ValueTask<ReceivedValues> RunAsync(CancellationToken cancellationToken)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task cancelled = Task.Delay(Timeout.InfiniteTimeSpan, ending.Token);
        Task? grace = null;
        try
        {
            while (_pending.Count > 0)
            {
                await Task.WhenAny([cancelled, grace ?? cancelled, .. _pending.Select(party => _receiving[party])]).ConfigureAwait(false);
                cancellationToken.ThrowIfCancellationRequested();
                bool news = Take();
                if (_combined is null && news && _received >= _needed)
                {
                    _combined = _combine(_shares);
                    _combinedOf = _received;
                }

                if (_combined is not null)
                {
                    grace ??= Task.Delay(_options.Grace, _options.TimeProvider, ending.Token);
                    if (grace.IsCompleted || _pending.TrueForAll(_options.GivenUp.Contains))
                    {
                        break;
                    }
                }
            }

            return Conclude();
        }
        finally
        {
            await ending.CancelAsync().ConfigureAwait(false);
            foreach (int party in _pending)
            {
                Forget(_receiving[party]);
            }

            foreach (ulong[]? share in _shares)
            {
                Array.Clear(share ?? []);
            }
        }
    }

    /// <summary>Takes what has come. True if a share is among it.</summary>
    private bool Take()
    {
        int before = _received;
        foreach (int party in _pending.ToArray())
        {
            Task<ulong[]> share = _receiving[party];
            if (!share.IsCompleted)
            {
                continue;
            }

            _pending.Remove(party);
            if (share.IsCompletedSuccessfully)
            {
                _shares[party] = share.Result;
                _received++;
                continue;
            }

            _failures[party] = share.Exception?.InnerException ?? new OperationCanceledException();
            _failed.Add(party);
            if (_names.Length - _failed.Count < _needed)
            {
                // A connection that broke comes before what parties say of one another, and the earlier before the later.
                int broken = _failed.FindIndex(p => _failures[p] is IOException and not PeerTimeoutException);
                ExceptionDispatchInfo.Throw(_failures[_failed[Math.Max(broken, 0)]]!);
            }
        }

        return _received > before;
    }

    private ReceivedValues Conclude()
    {
        // What came within the grace is judged too. Where it shows more wrong parties than there may be, the values were not certain.
        CombinedShares combined = (_combined is not null && _combinedOf == _received ? _combined : _combine(_shares)) ?? throw new ProtocolException(Contradiction());
        List<PartyFault> faults =
        [
            .. combined.Wrong.Select(party => new PartyFault(party, PartyFaultKind.Wrong, $"{_names[party]} sent a wrong share")),
            .. _pending.Select(party => new PartyFault(
                party, PartyFaultKind.Silent, $"{_names[party]} sent no share within {_options.Grace.TotalSeconds:0.###} s of those that were enough")),
            .. _failed.Select(party => new PartyFault(party, _failures[party] is PeerTimeoutException ? PartyFaultKind.Silent : PartyFaultKind.Lost, _failures[party]!.Message)),
        ];
        return new ReceivedValues(combined.Values, [.. faults.OrderBy(fault => fault.Party)], _receiving);
    }

    private string Contradiction() => _failed.Count == 0
        ? $"The shares of all {_names.Length} parties contradict each other, so that no value is certain; too many of them are wrong to say which."
        : $"The shares of {_received} parties contradict each other, so that no value is certain, and there are none of {string.Join(" and ", _failed.Select(party => _names[party]))}: {_failures[_failed[0]]!.Message}";

    /// <summary>What comes too late is put away.</summary>
    private static void Forget(Task<ulong[]> share) => _ = share.ContinueWith(
        static late =>
        {
            if (late.IsCompletedSuccessfully)
            {
                Array.Clear(late.Result);
            }
            else
            {
                _ = late.Exception;
            }
        },
        CancellationToken.None,
        TaskContinuationOptions.ExecuteSynchronously,
        TaskScheduler.Default);
}
