using SecureTransformer.Protocols;

namespace SecureTransformer.Generation;

/// <summary>Chooses the next token on shares: nobody learns the logits, and the token only whom it is exported to.</summary>
/// <remarks>Nothing is opened. Every size and the order of all messages depend on the shape of the logits and the width alone.</remarks>
public static class PrivateChoice
{
    /// <summary>The token with the largest logit of each row; of several equal ones that with the lowest id.</summary>
    /// <param name="session">The session.</param>
    /// <param name="logits">The logits, [R, V].</param>
    /// <param name="width">A number of bits for which every difference of two logits of a row is in range; see <see cref="MpcSession.LessThanZeroAsync"/>.</param>
    /// <param name="cancellationToken">Cancels; inside an operation that ends the session.</param>
    /// <returns>The tokens; they belong to the scope open at the caller.</returns>
    /// <remarks>
    /// A tournament in groups of four, larger ones towards the end. For one row of 50,257 logits on 44 bits, with the replicated protocol:
    /// 5 levels, 48 rounds and 6.36 MB over all parties.
    /// </remarks>
    /// <exception cref="ArgumentException">The logits are no matrix.</exception>
    public static async ValueTask<SecretToken> GreedyAsync(
        MpcSession session, SecretTensor logits, int width = MpcSession.DefaultWidth, CancellationToken cancellationToken = default)
    {
        RequireLogits(session, logits);
        using SessionScope scope = session.BeginScope();
        int rows = logits.Shape[0];
        int vocabulary = logits.Shape[1];
        SecretTensor oneHot = vocabulary == 1
            ? session.Constant(logits.Shape, 1, 0)
            : await LargestAsync(session, logits, width, cancellationToken).ConfigureAwait(false);
        long[] ids = [.. Enumerable.Range(0, vocabulary).Select(static id => (long)id)];
        SecretTensor id = session.Reshape(session.Sum(session.MultiplyInteger(oneHot, ids)), new TensorShape(rows));
        return new SecretToken(scope.Keep(oneHot), scope.Keep(id));
    }

    private static async ValueTask<SecretTensor> LargestAsync(MpcSession session, SecretTensor logits, int width, CancellationToken cancellationToken)
    {
        int rows = logits.Shape[0];
        int vocabulary = logits.Shape[1];
        var plan = new TournamentPlan(vocabulary, rows);
        var to = new int[logits.Shape.Count];
        var back = new int[logits.Shape.Count];
        for (int i = 0; i < to.Length; i++)
        {
            (int position, int row) = Math.DivRem(i, rows);
            to[i] = (row * vocabulary) + plan.Ids[position];
            back[to[i]] = i;
        }

        var shape = new TensorShape(vocabulary, rows);
        SecretBits largest = await Tournament.PlayAsync(session, plan, session.Gather(logits, to, shape), width, cancellationToken).ConfigureAwait(false);
        SecretTensor numbers = await session.ToArithmeticAsync(largest, cancellationToken).ConfigureAwait(false);
        return session.Gather(numbers, back, logits.Shape);
    }

    private static void RequireLogits(MpcSession session, SecretTensor logits)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(logits);
        if (logits.Shape.Rank != 2)
        {
            throw new ArgumentException($"Logits have the shape [rows, vocabulary]; these have {logits.Shape}.", nameof(logits));
        }
    }
}
