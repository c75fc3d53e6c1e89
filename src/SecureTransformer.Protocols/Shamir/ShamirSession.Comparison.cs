using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Shamir;

namespace SecureTransformer.Protocols;

/// <content>
/// Comparisons: c = x + 2^(k-1) + r is opened, and x + 2^(k-1) = c - a - b modulo 2^k computed on bits, where a + b = r modulo 2^k. With one's complements
/// that is c + (not a) + (not b) + 2: a carry-save adder with public c is local, since the AND of a and b was made before, and a carry remains to be found.
/// </content>
public sealed partial class ShamirSession
{
    /// <inheritdoc/>
    protected override async ValueTask LessThanZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        using var scratch = new Scratch(Pool);
        int words = PlaneWords(x.Shape.Count);
        (SecretBuffer sum, SecretBuffer carry) = await OpenComparedAsync(scratch, x, width, 0, cancellationToken).ConfigureAwait(false);

        // x + 2^(k-1) = sum + 2 carry + 1 (carry 1 into bit 1). Its top bit is 0 where x is below zero.
        SecretBuffer top = scratch.Rent(_bits, words);
        PutSum(At(sum, width - 1, words), At(carry, width - 2, words), At(top, 0, words));
        if (width == 2)
        {
            Invert(At(top, 0, words));
        }
        else
        {
            // Position j has the addends sum_j and carry_(j-1); the carry 1 into the lowest makes it generate what it would pass on.
            int positions = width - 2;
            SecretBuffer s = scratch.Rent(_bits, positions * words);
            SecretBuffer t = scratch.Rent(_bits, positions * words);
            _bits.Over(sum.Span).Slice(words, positions * words).CopyTo(_bits.Over(s.Span));
            _bits.Over(carry.Span).Slice(0, positions * words).CopyTo(_bits.Over(t.Span));
            SecretBuffer generate = await AndAsync(scratch, s, t, cancellationToken).ConfigureAwait(false);
            _bits.Add(_bits.Over(t.Span), _bits.Over(s.Span));
            _bits.Add(At(s, 0, words), At(generate, 0, words));
            SecretBuffer into = await CarryAsync(scratch, generate, s, positions, words, cancellationToken).ConfigureAwait(false);
            _bits.Add(_bits.Over(into.Span), At(top, 0, words));
        }

        Invert(At(top, 0, words));
        Store(_bits.Over(top.Span), result);
    }

    /// <inheritdoc/>
    protected override async ValueTask EqualsZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        using var scratch = new Scratch(Pool);
        int words = PlaneWords(x.Shape.Count);
        (SecretBuffer sum, SecretBuffer carry) = await OpenComparedAsync(scratch, x, width, 1UL << (width - 1), cancellationToken).ConfigureAwait(false);

        // x = sum + (2 carry + 1) + 1 is zero modulo 2^k where the two addends are complements of each other.
        Lanes complements = _bits.Over(sum.Span);
        Lanes upper = complements.Slice(words, (width - 1) * words);
        _bits.Add(_bits.Over(carry.Span).Slice(0, upper.Length), upper);
        Invert(At(sum, 0, words));
        SecretBuffer all = await AllAsync(scratch, sum, width, words, cancellationToken).ConfigureAwait(false);
        Store(_bits.Over(all.Span), result);
    }

    /// <summary>
    /// Opens c = x + 2^(k-1) + r, and adds c - less, not a and not b bit by bit: the sum bits and the carries, of which carry j counts twice bit j.
    /// The whole is less by 2 than x + 2^(k-1) - less.
    /// </summary>
    private async ValueTask<(SecretBuffer Sum, SecretBuffer Carry)> OpenComparedAsync(
        Scratch scratch, SecretTensor x, int width, ulong less, CancellationToken cancellationToken)
    {
        int count = x.Shape.Count;
        CompareMask mask = await CompareMaskAsync(scratch, count, width, cancellationToken).ConfigureAwait(false);
        SecretBuffer opened = scratch.Rent(_numbers, count);
        FieldKernels.AddScalar(Shares(x, 0), Mersenne127.FromUInt64(1UL << (width - 1)), opened.Span);
        FieldKernels.AddInto(opened.Span, mask.Mask.Span);
        await OpenMaskedAsync(scratch, _numberCommittee, opened, words: 1, cancellationToken).ConfigureAwait(false);
        AddPublicBits(scratch, opened, width, less, mask);
        return (mask.First, mask.Both);
    }

    private void AddPublicBits(Scratch scratch, SecretBuffer opened, int width, ulong less, CompareMask mask)
    {
        int count = opened.Length / WordsPerElement;
        int words = PlaneWords(count);
        SecretBuffer low = scratch.Rent(count);
        for (int i = 0; i < count; i++)
        {
            low.Span[i] = unchecked(opened.Span[i * WordsPerElement] - less);
        }

        SecretBuffer planes = scratch.Rent(width * words);
        Span<ulong> c = planes.Span;
        BitPlanes.Split(low.Span, width, c, words);

        // sum = c + a + b (the complements cancel). The majority of c, not a, not b is 1 + a b, less a + b where c is 0.
        Lanes sum = _bits.Over(mask.First.Span);
        Lanes carry = _bits.Over(mask.Both.Span);
        _bits.Add(_bits.Over(mask.Second.Span), sum);
        for (int p = 0; p < _bits.Words; p++)
        {
            Span<ulong> either = sum.Plane(p);
            Span<ulong> target = carry.Plane(p);
            for (int i = 0; i < c.Length; i++)
            {
                target[i] ^= either[i] & ~c[i];
            }
        }

        RingKernels.Xor<ulong>(sum.Plane(0), c, sum.Plane(0));
        Invert(carry);
    }

    /// <summary>Adds the constant 1.</summary>
    private static void Invert(Lanes bits) => RingKernels.Not<ulong>(bits.Plane(0), bits.Plane(0));
}
