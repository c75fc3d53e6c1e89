using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Shamir;

namespace SecureTransformer.Protocols;

/// <content>Circuits on shared bits: products over GF(2^d), adders, and bits as numbers.</content>
public sealed partial class ShamirSession
{
    /// <inheritdoc/>
    protected override void XorCore(SecretBits x, SecretBits y, SecretBits result)
    {
        for (int c = 0; c < BitComponents; c++)
        {
            RingKernels.Xor<ulong>(Shares(x, c), Shares(y, c), Shares(result, c));
        }
    }

    /// <inheritdoc/>
    protected override void NotCore(SecretBits x, SecretBits result)
    {
        // The constant polynomial 1: at every party, in plane 0.
        RingKernels.Not<ulong>(Shares(x, 0), Shares(result, 0));
        for (int c = 1; c < BitComponents; c++)
        {
            Shares(x, c).CopyTo(Shares(result, c));
        }
    }

    /// <inheritdoc/>
    protected override async ValueTask AndCoreAsync(SecretBits x, SecretBits y, SecretBits result, CancellationToken cancellationToken)
    {
        using var scratch = new Scratch(Pool);
        SecretBuffer left = Gathered(scratch, x);
        SecretBuffer right = Gathered(scratch, y);
        SecretBuffer both = await AndAsync(scratch, left, right, cancellationToken).ConfigureAwait(false);
        Store(_bits.Over(both.Span), result);
    }

    /// <inheritdoc/>
    protected override async ValueTask ToArithmeticCoreAsync(SecretBits x, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(x);
        using var scratch = new Scratch(Pool);
        SecretBuffer bits = Gathered(scratch, x);
        SecretBuffer numbers = await ToNumbersAsync(scratch, bits, new Segments(x.Shape.Count), cancellationToken).ConfigureAwait(false);
        numbers.Span.CopyTo(Shares(result, 0));
    }

    /// <summary>The bits in one buffer.</summary>
    private SecretBuffer Gathered(Scratch scratch, SecretBits x)
    {
        SecretBuffer buffer = scratch.Rent(_bits, Shares(x, 0).Length);
        for (int c = 0; c < BitComponents; c++)
        {
            Shares(x, c).CopyTo(_bits.Over(buffer.Span).Plane(c));
        }

        return buffer;
    }

    private void Store(Lanes lanes, SecretBits result)
    {
        for (int c = 0; c < BitComponents; c++)
        {
            lanes.Plane(c).CopyTo(Shares(result, c));
        }
    }

    /// <summary>The bitwise AND.</summary>
    private async ValueTask<SecretBuffer> AndAsync(Scratch scratch, SecretBuffer x, SecretBuffer y, CancellationToken cancellationToken)
    {
        SecretBuffer product = scratch.Rent(x.Length);
        _bits.Multiply(_bits.Over(x.Span), _bits.Over(y.Span), _bits.Over(product.Span));
        await ReduceDegreeAsync(scratch, _bitCommittee, product, cancellationToken).ConfigureAwait(false);
        return product;
    }

    /// <summary>Bits as numbers: opened under uniform bits that are shared both ways.</summary>
    /// <param name="scratch">Owns what is returned.</param>
    /// <param name="bits">The bits of each segment, from a word on.</param>
    /// <param name="segments">The segments.</param>
    /// <param name="cancellationToken">Cancels.</param>
    private async ValueTask<SecretBuffer> ToNumbersAsync(Scratch scratch, SecretBuffer bits, Segments segments, CancellationToken cancellationToken)
    {
        BitMask mask = await BitMaskAsync(scratch, segments, cancellationToken).ConfigureAwait(false);
        _bits.Add(_bits.Over(bits.Span), _bits.Over(mask.Bits.Span));
        await OpenMaskedAsync(scratch, _bitCommittee, mask.Bits, words: 1, cancellationToken).ConfigureAwait(false);
        SecretBuffer result = scratch.Rent(mask.Numbers.Length);
        Unmask(_bits.Over(mask.Bits.Span).Plane(0), Mersenne127.AsElements(mask.Numbers.Span), Mersenne127.AsElements(result.Span), segments);
        return result;
    }

    /// <summary>The mask where the opened bit is 0, one minus the mask where it is 1.</summary>
    private static void Unmask(ReadOnlySpan<ulong> opened, ReadOnlySpan<Mersenne127> mask, Span<Mersenne127> result, Segments segments)
    {
        foreach ((int element, int word, int count) in segments.Runs())
        {
            for (int i = 0; i < count; i++)
            {
                bool isOne = ((opened[word + (i >> 6)] >> (i & 63)) & 1) == 1;
                Mersenne127 one = mask[element + i];
                result[element + i] = isOne ? Mersenne127.One - one : one;
            }
        }
    }

    /// <summary>
    /// Two numbers with the sum of all modulo 2^bits, by carry-save adders, each one AND a bit.
    /// </summary>
    /// <param name="scratch">Owns what is returned.</param>
    /// <param name="numbers">The numbers, bit after bit.</param>
    /// <param name="bits">Their bits.</param>
    /// <param name="words">The words of one bit of all elements.</param>
    /// <param name="overflow">Takes the carries out of the top bit; null where they do not matter.</param>
    /// <param name="cancellationToken">Cancels.</param>
    private async ValueTask<(SecretBuffer First, SecretBuffer Second)> ReduceAsync(
        Scratch scratch, IEnumerable<SecretBuffer> numbers, int bits, int words, List<SecretBuffer>? overflow, CancellationToken cancellationToken)
    {
        var left = new Queue<SecretBuffer>(numbers);
        while (left.Count > 2)
        {
            int lanes = bits * words;
            int triples = left.Count / 3;
            SecretBuffer[][] taken = [.. Enumerable.Range(0, triples).Select(_ => (SecretBuffer[])[left.Dequeue(), left.Dequeue(), left.Dequeue()])];
            SecretBuffer x = scratch.Rent(_bits, triples * lanes);
            SecretBuffer y = scratch.Rent(_bits, triples * lanes);
            for (int i = 0; i < triples; i++)
            {
                // The majority of a, b and c is (a + c)(b + c) + c.
                Lanes c = _bits.Over(taken[i][2].Span);
                PutSum(_bits.Over(taken[i][0].Span), c, _bits.Over(x.Span).Slice(i * lanes, lanes));
                PutSum(_bits.Over(taken[i][1].Span), c, _bits.Over(y.Span).Slice(i * lanes, lanes));
            }

            SecretBuffer both = await AndAsync(scratch, x, y, cancellationToken).ConfigureAwait(false);
            for (int i = 0; i < triples; i++)
            {
                Lanes carry = _bits.Over(both.Span).Slice(i * lanes, lanes);
                _bits.Add(_bits.Over(taken[i][2].Span), carry);
                if (overflow is not null)
                {
                    SecretBuffer top = scratch.Rent(_bits, words);
                    carry.Slice(lanes - words, words).CopyTo(_bits.Over(top.Span));
                    overflow.Add(top);
                }

                _bits.Add(_bits.Over(taken[i][1].Span), _bits.Over(taken[i][0].Span));
                _bits.Add(_bits.Over(taken[i][2].Span), _bits.Over(taken[i][0].Span));
                Lanes shifted = _bits.Over(taken[i][1].Span);
                shifted.Slice(0, words).Clear();
                carry.Slice(0, lanes - words).CopyTo(shifted.Slice(words, lanes - words));
                left.Enqueue(taken[i][0]);
                left.Enqueue(taken[i][1]);
            }
        }

        return (left.Dequeue(), left.Dequeue());
    }

    /// <summary>The carries out of the top bit of a sum of numbers: one less than there are numbers, all of the weight 2^bits.</summary>
    private async ValueTask<SecretBuffer> CarriesAsync(Scratch scratch, SecretBuffer[] numbers, int bits, int words, CancellationToken cancellationToken)
    {
        var overflow = new List<SecretBuffer>();
        (SecretBuffer first, SecretBuffer second) = await ReduceAsync(scratch, numbers, bits, words, overflow, cancellationToken).ConfigureAwait(false);
        SecretBuffer generate = await AndAsync(scratch, first, second, cancellationToken).ConfigureAwait(false);
        _bits.Add(_bits.Over(second.Span), _bits.Over(first.Span));
        overflow.Add(await CarryAsync(scratch, generate, first, bits, words, cancellationToken).ConfigureAwait(false));

        SecretBuffer all = scratch.Rent(_bits, overflow.Count * words);
        for (int i = 0; i < overflow.Count; i++)
        {
            _bits.Over(overflow[i].Span).CopyTo(_bits.Over(all.Span).Slice(i * words, words));
        }

        return all;
    }

    /// <summary>
    /// The carry out of a run of positions, of which each generates a carry or passes one on: a tree of generate = generate_high + propagate_high generate_low and
    /// propagate = propagate_high propagate_low.
    /// </summary>
    /// <param name="scratch">Owns what is returned.</param>
    /// <param name="generate">Position after position; what the lowest passes on does not matter.</param>
    /// <param name="propagate">Position after position; excluded by generate.</param>
    /// <param name="positions">The number of positions.</param>
    /// <param name="words">The words of one position of all elements.</param>
    /// <param name="cancellationToken">Cancels.</param>
    private async ValueTask<SecretBuffer> CarryAsync(Scratch scratch, SecretBuffer generate, SecretBuffer propagate, int positions, int words, CancellationToken cancellationToken)
    {
        SecretBuffer g = Copy(scratch, generate);
        SecretBuffer p = Copy(scratch, propagate);
        while (positions > 1)
        {
            int pairs = positions / 2;
            SecretBuffer x = scratch.Rent(_bits, ((2 * pairs) - 1) * words);
            SecretBuffer y = scratch.Rent(_bits, ((2 * pairs) - 1) * words);
            for (int i = 0; i < pairs; i++)
            {
                Put(p, (2 * i) + 1, x, i, words);
                Put(g, 2 * i, y, i, words);
                if (i > 0)
                {
                    Put(p, (2 * i) + 1, x, pairs + i - 1, words);
                    Put(p, 2 * i, y, pairs + i - 1, words);
                }
            }

            SecretBuffer products = await AndAsync(scratch, x, y, cancellationToken).ConfigureAwait(false);
            int next = positions - pairs;
            SecretBuffer nextG = scratch.Rent(_bits, next * words);
            SecretBuffer nextP = scratch.Rent(_bits, next * words);
            for (int i = 0; i < pairs; i++)
            {
                PutSum(At(g, (2 * i) + 1, words), At(products, i, words), At(nextG, i, words));
                if (i > 0)
                {
                    Put(products, pairs + i - 1, nextP, i, words);
                }
            }

            if (next > pairs)
            {
                Put(g, positions - 1, nextG, pairs, words);
                Put(p, positions - 1, nextP, pairs, words);
            }

            (g, p, positions) = (nextG, nextP, next);
        }

        return g;
    }

    /// <summary>The AND of all positions.</summary>
    private async ValueTask<SecretBuffer> AllAsync(Scratch scratch, SecretBuffer bits, int positions, int words, CancellationToken cancellationToken)
    {
        SecretBuffer left = Copy(scratch, bits);
        while (positions > 1)
        {
            int pairs = positions / 2;
            SecretBuffer x = scratch.Rent(_bits, pairs * words);
            SecretBuffer y = scratch.Rent(_bits, pairs * words);
            _bits.Over(left.Span).Slice(0, pairs * words).CopyTo(_bits.Over(x.Span));
            _bits.Over(left.Span).Slice(pairs * words, pairs * words).CopyTo(_bits.Over(y.Span));
            SecretBuffer products = await AndAsync(scratch, x, y, cancellationToken).ConfigureAwait(false);
            SecretBuffer next = scratch.Rent(_bits, (positions - pairs) * words);
            _bits.Over(products.Span).CopyTo(_bits.Over(next.Span).Slice(0, pairs * words));
            if (positions % 2 == 1)
            {
                Put(left, positions - 1, next, pairs, words);
            }

            (left, positions) = (next, positions - pairs);
        }

        return left;
    }

    private static SecretBuffer Copy(Scratch scratch, SecretBuffer source)
    {
        SecretBuffer copy = scratch.Rent(source.Length);
        source.Span.CopyTo(copy.Span);
        return copy;
    }

    private Lanes At(SecretBuffer buffer, int position, int words) => _bits.Over(buffer.Span).Slice(position * words, words);

    private void Put(SecretBuffer source, int from, SecretBuffer target, int to, int words) => At(source, from, words).CopyTo(At(target, to, words));

    private void PutSum(Lanes x, Lanes y, Lanes target)
    {
        x.CopyTo(target);
        _bits.Add(y, target);
    }
}
