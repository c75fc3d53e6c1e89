using System.Security.Cryptography;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols;

namespace SecureTransformer.Generation;

/// <summary>Chooses the next token on shares: nobody learns the logits, and the token only whom it is exported to.</summary>
/// <remarks>Nothing is opened. Every size and the order of all messages depend on the shape of the logits and the width alone.</remarks>
public static class PrivateChoice
{
    /// <summary>The largest temperature of <see cref="SampleAsync(MpcSession, SecretTensor, double, int, CancellationToken)"/>.</summary>
    public const double MaxTemperature = 100;

    private const int NoiseParty = 0;

    /// <summary>The token with the largest logit of each row; of several equal ones that with the lowest id.</summary>
    /// <param name="session">The session.</param>
    /// <param name="logits">The logits, [R, V].</param>
    /// <param name="width">A number of bits for which every difference of two logits of a row is in range; see <see cref="MpcSession.LessThanZeroAsync"/>.</param>
    /// <param name="cancellationToken">Cancels; inside an operation that ends the session.</param>
    /// <returns>The tokens; they belong to the scope open at the caller.</returns>
    /// <remarks>
    /// A tournament in groups of four, larger ones towards the end. For one row of 50,257 logits on 44 bits, with the replicated protocol:
    /// 5 levels, 43 rounds and 5.74 MB over all parties.
    /// </remarks>
    /// <exception cref="ArgumentException">The logits are no matrix.</exception>
    public static async ValueTask<SecretToken> GreedyAsync(
        MpcSession session, SecretTensor logits, int width = MpcSession.DefaultWidth, CancellationToken cancellationToken = default)
    {
        RequireLogits(session, logits);
        using SessionScope scope = session.BeginOperation("largest");
        int rows = logits.Shape[0];
        int vocabulary = logits.Shape[1];
        SecretTensor oneHot = vocabulary == 1
            ? session.Constant(logits.Shape, 1, 0)
            : await LargestAsync(session, logits, width, cancellationToken).ConfigureAwait(false);
        long[] ids = [.. Enumerable.Range(0, vocabulary).Select(static id => (long)id)];
        SecretTensor id = session.Reshape(session.Sum(session.MultiplyInteger(oneHot, ids)), new TensorShape(rows));
        return new SecretToken(scope.Keep(oneHot), scope.Keep(id));
    }

    /// <summary>A token of each row, drawn from softmax(logits / temperature), independently of all other rows and calls.</summary>
    /// <param name="session">The session.</param>
    /// <param name="logits">The logits, [R, V].</param>
    /// <param name="temperature">The temperature, above 0 and at most <see cref="MaxTemperature"/>; public.</param>
    /// <param name="width">
    /// A number of bits for which every difference of two logits of a row is in range with one bit to spare; the noise takes the other half of the range.
    /// </param>
    /// <param name="cancellationToken">Cancels; inside an operation that ends the session.</param>
    /// <returns>The tokens; they belong to the scope open at the caller.</returns>
    /// <remarks>
    /// The largest of logits + temperature times Gumbel noise (Gumbel 1954, Statistical theory of extreme values and some practical applications). Party 0 draws the
    /// noise, and the others put it in an order that party 0 does not know, so that nobody knows the noise of any token. The cost is that of <see cref="GreedyAsync"/> and
    /// of <see cref="MpcSession.InputShuffledAsync"/> with R x V values.
    /// </remarks>
    /// <exception cref="ArgumentException">The logits are no matrix.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The temperature is out of range, or the width has no room for noise of that size.</exception>
    /// <exception cref="NotSupportedException">The protocol has no shuffled input.</exception>
    public static async ValueTask<SecretToken> SampleAsync(
        MpcSession session, SecretTensor logits, double temperature, int width = MpcSession.DefaultWidth, CancellationToken cancellationToken = default)
    {
        using AesCtrPrg random = FreshGenerator();
        return await SampleAsync(session, logits, temperature, random, width, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>As above, with party 0's noise from a generator of the caller's, for tests.</summary>
    internal static async ValueTask<SecretToken> SampleAsync(
        MpcSession session, SecretTensor logits, double temperature, AesCtrPrg random, int width, CancellationToken cancellationToken)
    {
        RequireLogits(session, logits);
        RequireTemperature(logits, temperature, width);
        using SessionScope scope = session.BeginOperation("sample");

        // Pinned, so that the collector leaves no copy behind.
        double[] noise = session.PartyId == NoiseParty ? GC.AllocateUninitializedArray<double>(logits.Shape.Count, pinned: true) : [];
        SecretTensor noisy;
        try
        {
            GumbelNoise.Fill(random, temperature, noise);
            using SecretTensor shuffled = await session.InputShuffledAsync(NoiseParty, logits.Shape, noise, logits.FractionalBits, cancellationToken).ConfigureAwait(false);
            noisy = session.Add(logits, shuffled);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes(noise.AsSpan()));
        }

        SecretToken token = await GreedyAsync(session, noisy, width, cancellationToken).ConfigureAwait(false);
        scope.Keep(token.OneHot);
        scope.Keep(token.Id);
        return token;
    }

    private static AesCtrPrg FreshGenerator()
    {
        Span<byte> key = stackalloc byte[AesCtrPrg.KeyByteCount];
        RandomNumberGenerator.Fill(key);
        try
        {
            return new AesCtrPrg(key, 0);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(key);
        }
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

    private static void RequireTemperature(SecretTensor logits, double temperature, int width)
    {
        if (!(temperature > 0 && temperature <= MaxTemperature))
        {
            throw new ArgumentOutOfRangeException(nameof(temperature), temperature, $"A temperature is above 0 and at most {MaxTemperature}; without noise, choose greedily.");
        }

        double largest = GumbelNoise.Spread * temperature;
        if (Math.ScaleB(largest, logits.FractionalBits) > Math.ScaleB(1, width - 2))
        {
            throw new ArgumentOutOfRangeException(
                nameof(width), width, $"Noise at temperature {temperature} may differ by {largest}, which at {logits.FractionalBits} fractional bits needs more than half of {width} bits.");
        }
    }
}
