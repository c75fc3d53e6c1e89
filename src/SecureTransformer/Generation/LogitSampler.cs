using System.Buffers.Binary;
using System.Security.Cryptography;
using SecureTransformer.Numerics;

namespace SecureTransformer.Generation;

/// <summary>Chooses tokens from logits in the clear, at the client: the largest, or drawn by temperature, top-k and top-p, in this order.</summary>
public sealed class LogitSampler : IDisposable
{
    private readonly GenerationOptions _options;
    private readonly AesCtrPrg _random;

    /// <summary>Makes a sampler; with the same seed it draws the same tokens from the same logits.</summary>
    /// <exception cref="ArgumentException">The options are not valid.</exception>
    public LogitSampler(GenerationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        _options = options;
        Span<byte> key = stackalloc byte[AesCtrPrg.KeyByteCount];
        if (options.Seed is { } seed)
        {
            Span<byte> bytes = stackalloc byte[sizeof(long)];
            BinaryPrimitives.WriteInt64LittleEndian(bytes, seed);
            SHA256.HashData(bytes).AsSpan(0, key.Length).CopyTo(key);
        }
        else
        {
            RandomNumberGenerator.Fill(key);
        }

        _random = new AesCtrPrg(key, 0);
        CryptographicOperations.ZeroMemory(key);
    }

    /// <summary>The next token.</summary>
    /// <param name="logits">A logit for each token of the vocabulary.</param>
    public int Choose(ReadOnlySpan<double> logits)
    {
        if (logits.IsEmpty)
        {
            throw new ArgumentException("There are no logits.", nameof(logits));
        }

        if (_options.Temperature == 0)
        {
            return IndexOfLargest(logits);
        }

        // Likeliest first; of equal ones the lower id.
        int[] ids = [.. Enumerable.Range(0, logits.Length)];
        double[] keys = new double[ids.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = -logits[i];
        }

        Array.Sort(keys, ids, Comparer<double>.Default);
        int count = Math.Min(_options.TopK ?? ids.Length, ids.Length);
        double[] weights = [.. keys.Take(count).Select(k => Math.Exp((keys[0] - k) / _options.Temperature))];
        double total = weights.Sum();
        if (_options.TopP is { } wanted)
        {
            double sum = 0;
            count = weights.TakeWhile(w =>
            {
                bool before = sum < wanted * total;
                sum += w;
                return before;
            }).Count();
            total = weights.Take(count).Sum();
        }

        double at = Uniform() * total;
        for (int i = 0; i < count; i++)
        {
            at -= weights[i];
            if (at < 0)
            {
                return ids[i];
            }
        }

        return ids[count - 1];
    }

    /// <summary>Zeroes the key.</summary>
    public void Dispose() => _random.Dispose();

    private static int IndexOfLargest(ReadOnlySpan<double> logits)
    {
        int best = 0;
        for (int i = 1; i < logits.Length; i++)
        {
            if (logits[i] > logits[best])
            {
                best = i;
            }
        }

        return best;
    }

    private double Uniform()
    {
        ulong word = 0;
        _random.Fill(new Span<ulong>(ref word));
        return (word >> 11) * Math.ScaleB(1, -53);
    }
}
