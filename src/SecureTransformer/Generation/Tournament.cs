using SecureTransformer.Protocols;

namespace SecureTransformer.Generation;

/// <summary>
/// Finds the position of the largest candidate of each row. In each level the members of a group are compared pairwise, all at once; a member wins when it
/// beats all others, which is an AND of bits; and the winner's value goes on to the next level.
/// </summary>
/// <remarks>
/// A bit for each candidate tells whether it has won in every level so far. It is ANDed with the bit of the group it came from while the next level's
/// winners are found, so that all but the last of these ANDs cost no round. Bits are laid out [position, row].
/// </remarks>
internal sealed class Tournament
{
    private readonly MpcSession _session;
    private readonly TournamentPlan _plan;
    private readonly int _rows;
    private readonly int _width;
    private SecretTensor _candidates;
    private SecretBits? _standing;
    private SecretBits? _factor;

    private Tournament(MpcSession session, TournamentPlan plan, SecretTensor candidates, int width)
    {
        _session = session;
        _plan = plan;
        _candidates = candidates;
        _rows = candidates.Shape[1];
        _width = width;
    }

    /// <summary>Plays all levels.</summary>
    /// <param name="session">The session.</param>
    /// <param name="plan">A plan of at least one level.</param>
    /// <param name="candidates">The candidates, [position, row]; freed before the last level.</param>
    /// <param name="width">A width for which every difference of two candidates of a row is in range.</param>
    /// <param name="cancellationToken">Cancels; inside an operation that ends the session.</param>
    /// <returns>One bit for each candidate, set for one position of each row.</returns>
    public static async ValueTask<SecretBits> PlayAsync(
        MpcSession session, TournamentPlan plan, SecretTensor candidates, int width, CancellationToken cancellationToken)
    {
        var tournament = new Tournament(session, plan, candidates, width);
        for (int level = 0; level < plan.Levels.Count; level++)
        {
            await tournament.PlayAsync(level, cancellationToken).ConfigureAwait(false);
        }

        await tournament.SettleAsync(cancellationToken).ConfigureAwait(false);
        return tournament._standing!;
    }

    private async ValueTask PlayAsync(int number, CancellationToken cancellationToken)
    {
        using SessionScope scope = _session.BeginScope();
        TournamentLevel level = _plan.Levels[number];
        SecretTensor players = level.Positions == level.Count ? _candidates : _session.GatherRows(_candidates, Repeated(level));
        SecretBits winners = await WinnersAsync(scope, players, level, cancellationToken).ConfigureAwait(false);
        await SettleAsync(cancellationToken, scope).ConfigureAwait(false);
        if (number == 0)
        {
            _standing = scope.Keep(Head(winners, level.Count));
        }
        else
        {
            _factor = scope.Keep(OfFirstLevel(winners, number));
        }

        if (number + 1 < _plan.Levels.Count)
        {
            SecretTensor values = scope.Keep(await ValuesAsync(players, winners, level, cancellationToken).ConfigureAwait(false));
            _candidates.Dispose();
            _candidates = values;
        }
    }

    /// <summary>One bit for each position: whether it beats every other of its group.</summary>
    private async ValueTask<SecretBits> WinnersAsync(SessionScope scope, SecretTensor players, TournamentLevel level, CancellationToken cancellationToken)
    {
        int block = level.Groups * _rows;
        (int Low, int High)[] pairs = [.. Enumerable.Range(1, level.FanIn - 1).SelectMany(high => Enumerable.Range(0, high).Select(low => (low, high)))];
        SecretTensor low = _session.GatherRows(players, Members(pairs, static pair => pair.Low, level.Groups));
        SecretTensor high = _session.GatherRows(players, Members(pairs, static pair => pair.High, level.Groups));
        SecretBits highWins = await _session.LessThanZeroAsync(_session.Subtract(low, high), _width, cancellationToken).ConfigureAwait(false);
        SecretBits lowWins = _session.Not(highWins);

        // [opponent, member, group, row]: the ANDs over the opponents are ANDs of halves.
        var bits = new List<SecretBits>();
        for (int opponent = 0; opponent < level.FanIn - 1; opponent++)
        {
            for (int member = 0; member < level.FanIn; member++)
            {
                bits.Add(opponent < member
                    ? _session.Slice(highWins, PairOf(opponent, member) * block, block)
                    : _session.Slice(lowWins, PairOf(member, opponent + 1) * block, block));
            }
        }

        SecretBits all = _session.Concatenate(bits);
        int opponents = level.FanIn - 1;
        int run = level.FanIn * block;
        while (opponents > 1)
        {
            int half = opponents / 2;
            SecretBits both = await AndAsync(
                scope, _session.Slice(all, 0, half * run), _session.Slice(all, half * run, half * run), cancellationToken).ConfigureAwait(false);
            all = opponents % 2 == 0 ? both : _session.Concatenate([both, _session.Slice(all, 2 * half * run, run)]);
            opponents -= half;
        }

        return all;
    }

    /// <summary>The winners' values: the first member's, plus the difference to the winner's where that is another.</summary>
    private async ValueTask<SecretTensor> ValuesAsync(SecretTensor players, SecretBits winners, TournamentLevel level, CancellationToken cancellationToken)
    {
        int block = level.Groups * _rows;
        SecretTensor members = _session.Reshape(players, new TensorShape(level.FanIn, block));
        SecretTensor first = _session.Slice(members, 0, 0, 1);
        SecretTensor differences = _session.Subtract(_session.Slice(members, 0, 1, level.FanIn - 1), first);
        SecretBits others = _session.Slice(winners, block, (level.FanIn - 1) * block);
        SecretTensor gains = await _session.MultiplyBitAsync(others, differences, cancellationToken).ConfigureAwait(false);
        SecretTensor gain = _session.Reshape(_session.Sum(_session.Permute(gains, 1, 0)), first.Shape);
        return _session.Reshape(_session.Add(first, gain), new TensorShape(level.Groups, _rows));
    }

    /// <summary>The bits of a level's candidates, for each candidate of the first level that of the one it may have become.</summary>
    private SecretBits OfFirstLevel(SecretBits winners, int number)
    {
        SecretBits bits = Head(winners, _plan.Levels[number].Count);
        for (int below = number - 1; below >= 0; below--)
        {
            TournamentLevel level = _plan.Levels[below];
            bits = Head(_session.Concatenate([.. Enumerable.Repeat(bits, level.FanIn)]), level.Count);
        }

        return bits;
    }

    /// <summary>x AND y, and in the same round what is still to be settled.</summary>
    private async ValueTask<SecretBits> AndAsync(SessionScope scope, SecretBits x, SecretBits y, CancellationToken cancellationToken)
    {
        if (_factor is null)
        {
            return await _session.AndAsync(x, y, cancellationToken).ConfigureAwait(false);
        }

        SecretBits both = await _session.AndAsync(
            _session.Concatenate([_standing!, x]), _session.Concatenate([_factor, y]), cancellationToken).ConfigureAwait(false);
        int settled = _standing!.Shape.Count;
        Settle(scope.Keep(_session.Slice(both, 0, settled)));
        return _session.Slice(both, settled, x.Shape.Count);
    }

    /// <summary>Settles what no AND of the level took along: nothing, but at the end and in groups of two.</summary>
    private async ValueTask SettleAsync(CancellationToken cancellationToken, SessionScope? scope = null)
    {
        if (_factor is not null)
        {
            SecretBits both = await _session.AndAsync(_standing!, _factor, cancellationToken).ConfigureAwait(false);
            Settle(scope is null ? both : scope.Keep(both));
        }
    }

    private void Settle(SecretBits standing)
    {
        _factor!.Dispose();
        _standing!.Dispose();
        (_standing, _factor) = (standing, null);
    }

    private SecretBits Head(SecretBits bits, int positions) =>
        bits.Shape.Count == positions * _rows ? bits : _session.Slice(bits, 0, positions * _rows);

    private static int PairOf(int low, int high) => (high * (high - 1) / 2) + low;

    private static int[] Members((int Low, int High)[] pairs, Func<(int Low, int High), int> member, int groups) =>
        [.. pairs.SelectMany(pair => Enumerable.Range(member(pair) * groups, groups))];

    private static int[] Repeated(TournamentLevel level) =>
        [.. Enumerable.Range(0, level.Positions).Select(i => i < level.Count ? i : i % level.Groups)];
}
