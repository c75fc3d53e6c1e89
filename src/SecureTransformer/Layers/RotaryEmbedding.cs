using SecureTransformer.Protocols;

namespace SecureTransformer.Layers;

/// <summary>
/// Rotary position embedding (Su et al., 2021, section 3.2) in the rotate-half convention: the pair (i, i + d/2) is turned by the angle position * frequency_i.
/// Positions and frequencies are public.
/// </summary>
public sealed class RotaryEmbedding
{
    private const int FactorBits = 20;

    private readonly double[] _frequencies;

    /// <summary>Takes the frequencies.</summary>
    /// <param name="inverseFrequencies">The angle of one position for each of the d/2 pairs, in radians.</param>
    public RotaryEmbedding(params ReadOnlySpan<double> inverseFrequencies)
    {
        if (inverseFrequencies.IsEmpty)
        {
            throw new ArgumentException("There is at least one frequency.", nameof(inverseFrequencies));
        }

        _frequencies = inverseFrequencies.ToArray();
    }

    /// <summary>The angle of one position for each of the d/2 pairs, in radians.</summary>
    public IReadOnlyList<double> InverseFrequencies => _frequencies;

    /// <summary>[heads, T, d] to [heads, T, d].</summary>
    /// <param name="session">The session.</param>
    /// <param name="x">Queries or keys, below 2^(41 - f) in magnitude with f fractional bits.</param>
    /// <param name="positions">The position of each of the T rows.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>x cos + rotated(x) sin, truncated once: one truncation for each element. The sines and cosines are rounded to 2^-20.</remarks>
    /// <exception cref="ArgumentException">The last extent is not d, or the number of positions not T.</exception>
    public async ValueTask<SecretTensor> ForwardAsync(
        MpcSession session, SecretTensor x, IReadOnlyList<int> positions, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(positions);
        int half = _frequencies.Length;
        if (x.Shape.Rank != 3 || x.Shape[-1] != 2 * half || x.Shape[1] != positions.Count)
        {
            throw new ArgumentException($"{positions.Count} positions of {2 * half} entries are turned in a tensor of the shape {x.Shape}.", nameof(x));
        }

        var cosines = new double[positions.Count * 2 * half];
        var sines = new double[cosines.Length];
        for (int t = 0; t < positions.Count; t++)
        {
            for (int i = 0; i < half; i++)
            {
                int first = (t * 2 * half) + i;
                (double sine, double cosine) = Math.SinCos(positions[t] * _frequencies[i]);
                cosines[first] = cosines[first + half] = cosine;
                (sines[first], sines[first + half]) = (-sine, sine);
            }
        }

        using SessionScope scope = session.BeginOperation("rotary embedding");
        SecretTensor swapped = session.Concatenate([session.Slice(x, -1, half, half), session.Slice(x, -1, 0, half)], -1);
        SecretTensor sum = session.Add(session.MultiplyPublic(x, cosines, FactorBits), session.MultiplyPublic(swapped, sines, FactorBits));
        return scope.Keep(await session.TruncateAsync(sum, x.FractionalBits, cancellationToken).ConfigureAwait(false));
    }
}
