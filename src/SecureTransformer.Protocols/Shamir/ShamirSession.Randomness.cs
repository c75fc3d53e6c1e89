using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Shamir;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols;

/// <content>
/// What the parties make together before they need it, and use once: uniform sharings, masks whose high parts or low bits are shared too, and bits shared over both fields. It is made
/// when an operation needs it, or comes from a store.
/// </content>
/// <remarks>
/// Masks are sums of integers that t + 1 parties deal, of which one at least is unknown to any t: c = x + r, opened, is then statistically independent of x. With x below 2^63
/// and summands uniform below 2^122 the distance from uniform is at most 2^-59 a value; a comparison on 64 bits has 2^-58.
/// </remarks>
public sealed partial class ShamirSession
{
    /// <summary>The bits of a summand of a mask: eight of them and a value stay below p.</summary>
    private const int MaskBits = 122;

    private readonly StoredRandomness? _stored;
    private int _firstDealer;
    private bool _isMaking;

    /// <summary>Uniform sharings of degree t.</summary>
    private ValueTask<SecretBuffer> RandomAsync(Scratch scratch, Committee committee, int lanes, CancellationToken cancellationToken) =>
        ExtractedAsync(scratch, committee, lanes, zero: false, cancellationToken);

    /// <summary>Sharings of zero of degree t, which hide the polynomial of what they are added to.</summary>
    private ValueTask<SecretBuffer> ZeroAsync(Scratch scratch, Committee committee, int lanes, CancellationToken cancellationToken) =>
        ExtractedAsync(scratch, committee, lanes, zero: true, cancellationToken);

    private async ValueTask<SecretBuffer> ExtractedAsync(Scratch scratch, Committee committee, int lanes, bool zero, CancellationToken cancellationToken)
    {
        bool isNumbers = ReferenceEquals(committee, _numberCommittee);
        RandomnessKind kind = isNumbers ? (zero ? RandomnessKind.ZeroNumbers : RandomnessKind.Numbers) : zero ? RandomnessKind.ZeroBits : RandomnessKind.Bits;
        return await StoredAsync(new RandomnessRequest(kind, lanes), cancellationToken).ConfigureAwait(false) is { } stored
            ? Read(stored, scratch.Rent(committee.Field, lanes))
            : await OfflineAsync(() => ExtractAsync(scratch, committee, lanes, zero, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Masks r and their quotients, r / 2^shift rounded down.</summary>
    private async ValueTask<TruncationMask> TruncationMaskAsync(Scratch scratch, int count, int shift, CancellationToken cancellationToken) =>
        await StoredAsync(new RandomnessRequest(RandomnessKind.TruncationMask, count, shift), cancellationToken).ConfigureAwait(false) is { } stored
            ? new TruncationMask(Read(stored, scratch.Rent(_numbers, 2 * count)), count)
            : await OfflineAsync(() => MakeTruncationMaskAsync(scratch, new Segments(count), shift, cancellationToken)).ConfigureAwait(false);

    /// <summary>Masks r, and two numbers of so many bits that add up to r modulo 2^bits, with their bitwise product.</summary>
    private async ValueTask<CompareMask> CompareMaskAsync(Scratch scratch, int count, int bits, CancellationToken cancellationToken)
    {
        if (await StoredAsync(new RandomnessRequest(RandomnessKind.CompareMask, count, bits), cancellationToken).ConfigureAwait(false) is not { } stored)
        {
            return await OfflineAsync(() => MakeCompareMaskAsync(scratch, new Segments(count), bits, cancellationToken)).ConfigureAwait(false);
        }

        int lanes = bits * PlaneWords(count);
        return new CompareMask(
            Read(stored, scratch.Rent(_numbers, count)),
            Read(stored, scratch.Rent(_bits, lanes)),
            Read(stored, scratch.Rent(_bits, lanes)),
            Read(stored, scratch.Rent(_bits, lanes)));
    }

    /// <summary>Uniform bits, shared as numbers and as bits.</summary>
    private async ValueTask<BitMask> BitMaskAsync(Scratch scratch, Segments segments, CancellationToken cancellationToken)
    {
        // Of several segments only what is made ahead of time asks.
        return !_isMaking && await StoredAsync(new RandomnessRequest(RandomnessKind.BitMask, segments.Elements), cancellationToken).ConfigureAwait(false) is { } stored
            ? new BitMask(Read(stored, scratch.Rent(_numbers, segments.Elements)), Read(stored, scratch.Rent(_bits, segments.Words)))
            : await OfflineAsync(() => MakeBitMaskAsync(scratch, segments, cancellationToken)).ConfigureAwait(false);
    }

    /// <summary>Where an operation's randomness is stored; null where it is to be made. What is needed while other randomness is made is made too.</summary>
    private async ValueTask<RegionReader?> StoredAsync(RandomnessRequest request, CancellationToken cancellationToken)
    {
        if (_isMaking)
        {
            return null;
        }

        Options.Plan?.Add(request.Describe());
        return _stored is null ? null : await _stored.AdvanceAsync(request, cancellationToken).ConfigureAwait(false);
    }

    private static SecretBuffer Read(RegionReader stored, SecretBuffer target)
    {
        stored.Read(target.Span);
        return target;
    }

    private async ValueTask<TruncationMask> MakeTruncationMaskAsync(Scratch scratch, Segments segments, int shift, CancellationToken cancellationToken)
    {
        int[] dealers = NextDealers();
        int count = segments.Elements;
        int words = segments.Words;
        SecretBuffer? low = dealers.Contains(PartyId) ? scratch.Rent(64 * words) : null;
        SecretBuffer? drawn = low is null ? null : scratch.Rent(_numbers, 2 * count);
        if (drawn is not null)
        {
            Span<ulong> summands = drawn.Span[..(count * _numbers.Words)];
            DrawSummands(summands, low!.Span, segments);
            ShiftRight(summands, shift, drawn.Span[summands.Length..]);
        }

        SecretBuffer sum = SumOf(_numbers, await DealAsync(scratch, _numberCommittee, dealers, 2 * count, drawn, cancellationToken).ConfigureAwait(false));
        SecretBuffer carries = await CarriesAsync(
            scratch, await DealBitsAsync(scratch, dealers, low, words, shift, cancellationToken).ConfigureAwait(false), shift, words, cancellationToken).ConfigureAwait(false);
        SecretBuffer carried = await ToNumbersAsync(scratch, carries, segments.Times(Threshold), cancellationToken).ConfigureAwait(false);
        for (int group = 0; group < Threshold; group++)
        {
            _numbers.Add(_numbers.Over(carried.Span).Slice(group * count, count), _numbers.Over(sum.Span).Slice(count, count));
        }

        return new TruncationMask(sum, count);
    }

    private async ValueTask<CompareMask> MakeCompareMaskAsync(Scratch scratch, Segments segments, int bits, CancellationToken cancellationToken)
    {
        int[] dealers = NextDealers();
        int count = segments.Elements;
        int words = segments.Words;
        SecretBuffer? low = dealers.Contains(PartyId) ? scratch.Rent(64 * words) : null;
        SecretBuffer? drawn = low is null ? null : scratch.Rent(_numbers, count);
        if (drawn is not null)
        {
            DrawSummands(drawn.Span, low!.Span, segments);
        }

        SecretBuffer mask = SumOf(_numbers, await DealAsync(scratch, _numberCommittee, dealers, count, drawn, cancellationToken).ConfigureAwait(false));
        SecretBuffer[] dealt = await DealBitsAsync(scratch, dealers, low, words, bits, cancellationToken).ConfigureAwait(false);
        (SecretBuffer a, SecretBuffer b) = await ReduceAsync(scratch, dealt, bits, words, null, cancellationToken).ConfigureAwait(false);
        SecretBuffer both = await AndAsync(scratch, a, b, cancellationToken).ConfigureAwait(false);
        return new CompareMask(mask, a, b, both);
    }

    private async ValueTask<BitMask> MakeBitMaskAsync(Scratch scratch, Segments segments, CancellationToken cancellationToken)
    {
        int[] dealers = NextDealers();
        bool deals = dealers.Contains(PartyId);
        SecretBuffer? planes = deals ? scratch.Rent(_bits, segments.Words) : null;
        SecretBuffer? numbers = deals ? scratch.Rent(_numbers, segments.Elements) : null;
        if (deals)
        {
            DrawBits(_bits.Over(planes!.Span).Plane(0), numbers!.Span, segments);
        }

        SecretBuffer sum = SumOf(_bits, await DealAsync(scratch, _bitCommittee, dealers, segments.Words, planes, cancellationToken).ConfigureAwait(false));
        SecretBuffer[] dealt = await DealAsync(scratch, _numberCommittee, dealers, segments.Elements, numbers, cancellationToken).ConfigureAwait(false);
        SecretBuffer number = await ExclusiveOrAsync(scratch, dealt, cancellationToken).ConfigureAwait(false);
        return new BitMask(number, sum);
    }

    /// <summary>The XOR of numbers 0 and 1, one after another: a + b - 2 a b.</summary>
    private async ValueTask<SecretBuffer> ExclusiveOrAsync(Scratch scratch, SecretBuffer[] numbers, CancellationToken cancellationToken)
    {
        SecretBuffer result = numbers[0];
        foreach (SecretBuffer next in numbers.Skip(1))
        {
            SecretBuffer product = scratch.Rent(result.Length);
            FieldKernels.Multiply(result.Span, next.Span, product.Span);
            await ReduceDegreeAsync(scratch, _numberCommittee, product, cancellationToken).ConfigureAwait(false);
            FieldKernels.AddInto(result.Span, next.Span);
            FieldKernels.MultiplyScalarInto(result.Span, product.Span, Mersenne127.FromInt64(-2));
        }

        return result;
    }

    /// <summary>Replaces shares of degree 2t by shares of the same values of degree t, uniform otherwise.</summary>
    private async ValueTask ReduceDegreeAsync(Scratch scratch, Committee committee, SecretBuffer product, CancellationToken cancellationToken)
    {
        LaneField field = committee.Field;
        SecretBuffer mask = await RandomAsync(scratch, committee, field.Over(product.Span).Length, cancellationToken).ConfigureAwait(false);
        field.Add(field.Over(mask.Span), field.Over(product.Span));
        await ThroughKingsAsync(scratch, committee, product, 2 * Threshold, null, cancellationToken).ConfigureAwait(false);
        field.Subtract(field.Over(mask.Span), field.Over(product.Span));
    }

    /// <summary>The next t + 1 parties.</summary>
    private int[] NextDealers()
    {
        int first = _firstDealer;
        _firstDealer = (_firstDealer + 1) % PartyCount;
        return [.. Enumerable.Range(0, Threshold + 1).Select(i => (first + i) % PartyCount)];
    }

    /// <summary>Draws summands of masks, and puts their low words where their bits stand.</summary>
    private void DrawSummands(Span<ulong> summands, Span<ulong> low, Segments segments)
    {
        _own.Fill(Purpose.Own, summands);
        foreach ((int element, int word, int count) in segments.Runs())
        {
            for (int i = 0; i < count; i++)
            {
                low[(64 * word) + i] = summands[2 * (element + i)];
                summands[(2 * (element + i)) + 1] &= (1UL << (MaskBits - 64)) - 1;
            }
        }
    }

    /// <summary>Draws bits, and the same as numbers.</summary>
    private void DrawBits(Span<ulong> bits, Span<ulong> numbers, Segments segments)
    {
        _own.Fill(Purpose.Own, bits);
        foreach ((int element, int word, int count) in segments.Runs())
        {
            for (int i = 0; i < count; i++)
            {
                numbers[(element + i) * _numbers.Words] = (bits[word + (i >> 6)] >> (i & 63)) & 1;
            }
        }
    }

    private static void ShiftRight(ReadOnlySpan<ulong> x, int shift, Span<ulong> result)
    {
        for (int i = 0; i < x.Length; i += 2)
        {
            UInt128 shifted = new UInt128(x[i + 1], x[i]) >> shift;
            result[i] = (ulong)shifted;
            result[i + 1] = (ulong)(shifted >> 64);
        }
    }

    /// <summary>Shares of the low bits of what each dealer drew, 64 of them a word: lane bit * words + word.</summary>
    private async ValueTask<SecretBuffer[]> DealBitsAsync(
        Scratch scratch, int[] dealers, SecretBuffer? low, int words, int bits, CancellationToken cancellationToken)
    {
        SecretBuffer? planes = low is null ? null : scratch.Rent(_bits, bits * words);
        if (planes is not null)
        {
            BitCircuits.BitPlanes.Split(low!.Span, bits, _bits.Over(planes.Span).Plane(0), words);
        }

        return await DealAsync(scratch, _bitCommittee, dealers, bits * words, planes, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The sum of buffers, in the first of them.</summary>
    private static SecretBuffer SumOf(LaneField field, SecretBuffer[] parts)
    {
        for (int i = 1; i < parts.Length; i++)
        {
            field.Add(field.Over(parts[i].Span), field.Over(parts[0].Span));
        }

        return parts[0];
    }

    /// <summary>The words that hold so many bits.</summary>
    private static int PlaneWords(int count) => Segments.WordsOf(count);

    private async ValueTask<T> OfflineAsync<T>(Func<ValueTask<T>> make)
    {
        TrafficPhase before = Meter.Phase;
        bool wasMaking = _isMaking;
        Meter.Phase = before == TrafficPhase.Setup ? before : TrafficPhase.Offline;
        _isMaking = true;
        try
        {
            return await make().ConfigureAwait(false);
        }
        finally
        {
            Meter.Phase = before;
            _isMaking = wasMaking;
        }
    }
}
