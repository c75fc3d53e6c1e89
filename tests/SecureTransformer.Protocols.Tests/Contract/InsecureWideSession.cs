using System.Runtime.InteropServices;
using SecureTransformer.Numerics;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>
/// A protocol of somebody else's with a layout that no other has, and nothing but what a protocol must have: two parties, shares modulo 2^128 in two words, and a second component
/// that is three times the first, by which each share is checked when it is opened. Interactive operations open everything to both, so it protects nothing.
/// </summary>
/// <remarks>
/// Whatever assumes one word an element, one component, a ring of 64 bits or a convenience that a protocol may leave alone fails here. A value that leaves [-2^63, 2^63)
/// is refused at the operation that reads it.
/// </remarks>
internal sealed class InsecureWideSession : MpcSession
{
    private const ushort Open = 0x7001;
    private const int ChunkElements = 1 << 15;

    private readonly ChannelSet _channels;
    private readonly AesCtrPrg _common;

    public InsecureWideSession(ChannelSet channels, SessionOptions options, MpcSession? parent = null)
        : base(channels.PartyId, channels.PartyCount, options, parent)
    {
        _channels = channels;
        _common = new AesCtrPrg(new byte[AesCtrPrg.KeyByteCount], 1);
        channels.Meter.Phase = TrafficPhase.Online;
    }

    public override string Protocol => "insecure wide";

    public override TrafficMeter Meter => _channels.Meter;

    protected override int Components => 2;

    protected override int WordsPerElement => 2;

    private IChannel Other => _channels[1 - PartyId];

    /// <summary>Both parties, for a program.</summary>
    public static LocalParties CreateParties(SessionOptions? options = null) =>
        LocalParties.Create(2, (channels, given, _) => Task.FromResult<MpcSession>(new InsecureWideSession(channels, given)), options);

    protected override void AddCore(SecretTensor x, SecretTensor y, SecretTensor result) => Fill(result, i => Of(x)[i] + Of(y)[i]);

    protected override void SubtractCore(SecretTensor x, SecretTensor y, SecretTensor result) => Fill(result, i => Of(x)[i] - Of(y)[i]);

    protected override void AddPublicCore(SecretTensor x, ReadOnlySpan<double> constants, SecretTensor result)
    {
        Int128[] encoded = Encode(constants, result.FractionalBits);
        Fill(result, i => Of(x)[i] + (PartyId == 1 ? encoded[i % encoded.Length] : 0));
    }

    protected override void MultiplyIntegerCore(SecretTensor x, ReadOnlySpan<long> factors, SecretTensor result)
    {
        long[] kept = factors.ToArray();
        Fill(result, i => Of(x)[i] * kept[i % kept.Length]);
    }

    protected override void MultiplyPublicCore(SecretTensor x, ReadOnlySpan<double> factors, int factorBits, SecretTensor result)
    {
        Int128[] encoded = Encode(factors, factorBits);
        Fill(result, i => Of(x)[i] * encoded[i % encoded.Length]);
    }

    protected override void SumCore(SecretTensor x, SecretTensor result)
    {
        int columns = x.Shape[-1];
        Fill(result, r =>
        {
            Int128 sum = 0;
            foreach (Int128 element in Of(x).Slice(r * columns, columns))
            {
                sum = unchecked(sum + element);
            }

            return sum;
        });
    }

    protected override void XorCore(SecretBits x, SecretBits y, SecretBits result)
    {
        for (int c = 0; c < Components; c++)
        {
            RingKernels.Xor<ulong>(Shares(x, c), Shares(y, c), Shares(result, c));
        }
    }

    protected override void NotCore(SecretBits x, SecretBits result)
    {
        for (int c = 0; c < Components; c++)
        {
            Shares(x, c).CopyTo(Shares(result, c));
            if (PartyId == 1)
            {
                RingKernels.Not<ulong>(Shares(result, c), Shares(result, c));
            }
        }
    }

    protected override async ValueTask ProductCoreAsync(
        IReadOnlyList<SecretProduct> terms, SecretTensor? addend, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        var factors = new List<(long[] Left, long[] Right)>();
        foreach ((SecretTensor left, SecretTensor right) in terms)
        {
            factors.Add((await OpenAsync(left, cancellationToken), await OpenAsync(right, cancellationToken)));
        }

        long[]? added = addend is null ? null : await OpenAsync(addend, cancellationToken);
        Share(result, i => Truncate(factors.Aggregate((Int128)(added?[i] ?? 0), (sum, f) => sum + ((Int128)f.Left[i] * f.Right[i])), shift));
    }

    protected override async ValueTask DotCoreAsync(SecretTensor x, SecretTensor y, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        long[] left = await OpenAsync(x, cancellationToken);
        long[] right = await OpenAsync(y, cancellationToken);
        int columns = x.Shape[-1];
        Share(result, r => Truncate(Dot(left.AsSpan(r * columns, columns), right.AsSpan(r * columns, columns)), shift));
    }

    protected override async ValueTask MatMulCoreAsync(
        SecretTensor x, SecretTensor y, bool transposeRight, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        long[] left = await OpenAsync(x, cancellationToken);
        long[] right = await OpenAsync(y, cancellationToken);
        int inner = x.Shape[-1];
        int columns = y.Shape[transposeRight ? -2 : -1];
        int matrix = inner * columns;
        int rows = left.Length / inner / (right.Length / matrix);
        if (!transposeRight)
        {
            right = [.. Enumerable.Range(0, right.Length).Select(i => right[(i / matrix * matrix) + (i % inner * columns) + (i % matrix / inner)])];
        }

        Share(result, at =>
        {
            (int row, int column) = Math.DivRem(at, columns);
            return Truncate(Dot(left.AsSpan(row * inner, inner), right.AsSpan((row / rows * matrix) + (column * inner), inner)), shift);
        });
    }

    protected override async ValueTask TruncateCoreAsync(SecretTensor x, int shift, SecretTensor result, CancellationToken cancellationToken)
    {
        long[] values = await OpenAsync(x, cancellationToken);
        Share(result, i => Truncate(values[i], shift));
    }

    protected override ValueTask LessThanZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) =>
        CompareAsync(x, width, result, value => value < 0, cancellationToken);

    protected override ValueTask EqualsZeroCoreAsync(SecretTensor x, int width, SecretBits result, CancellationToken cancellationToken) =>
        CompareAsync(x, width, result, value => value == 0, cancellationToken);

    protected override async ValueTask AndCoreAsync(SecretBits x, SecretBits y, SecretBits result, CancellationToken cancellationToken)
    {
        bool[] left = await RevealCoreAsync(x, cancellationToken);
        bool[] right = await RevealCoreAsync(y, cancellationToken);
        Share(result, i => left[i] && right[i]);
    }

    protected override async ValueTask ToArithmeticCoreAsync(SecretBits x, SecretTensor result, CancellationToken cancellationToken)
    {
        bool[] bits = await RevealCoreAsync(x, cancellationToken);
        Share(result, i => bits[i] ? 1 : 0);
    }

    protected override ValueTask InputCoreAsync(int owner, ReadOnlyMemory<double> values, SecretTensor result, CancellationToken cancellationToken)
    {
        // The other's share is common randomness, so nothing is sent.
        Int128[] encoded = owner == PartyId ? Encode(values.Span, result.FractionalBits) : new Int128[result.Shape.Count];
        Mask(result, encoded, negative: owner == PartyId);
        return ValueTask.CompletedTask;
    }

    protected override async ValueTask<double[]?> RevealCoreAsync(SecretTensor x, int? party, CancellationToken cancellationToken)
    {
        long[] values = await OpenAsync(x, cancellationToken);
        return party is null || party == PartyId ? [.. values.Select(value => Math.ScaleB((double)value, -x.FractionalBits))] : null;
    }

    protected override async ValueTask<bool[]> RevealCoreAsync(SecretBits x, CancellationToken cancellationToken)
    {
        ulong[] words = Shares(x, 0).ToArray();
        ulong past = x.Shape.Count % 64 == 0 ? ulong.MaxValue : (1UL << (x.Shape.Count % 64)) - 1;
        Require(words.AsSpan(0, words.Length - 1).SequenceEqual(Shares(x, 1)[..(words.Length - 1)]) && ((words[^1] ^ Shares(x, 1)[^1]) & past) == 0);
        ulong[] theirs = await ExchangeAsync(words, cancellationToken);
        return [.. Enumerable.Range(0, x.Shape.Count).Select(i => (((words[i / 64] ^ theirs[i / 64]) >> (i % 64)) & 1) == 1)];
    }

    protected override async ValueTask AgreeCoreAsync(string what, ReadOnlyMemory<byte> digest, CancellationToken cancellationToken)
    {
        ulong[] mine = MemoryMarshal.Cast<byte, ulong>(digest.Span).ToArray();
        Require((await ExchangeAsync(mine, cancellationToken)).SequenceEqual(mine));
    }

    protected override ValueTask ImportCoreAsync(IChannel source, SecretTensor result, CancellationToken cancellationToken) => throw new NotSupportedException();

    protected override ValueTask ExportCoreAsync(IChannel destination, SecretTensor x, CancellationToken cancellationToken) => throw new NotSupportedException();

    protected override ValueTask KeepCoreAsync(IChannel source, int count, IShareWriter destination, CancellationToken cancellationToken) => throw new NotSupportedException();

    protected override void RestoreCore(IShareReader source, int start, SecretTensor result) => throw new NotSupportedException();

    protected override void AbortCore(string reason) => _channels.Abort(reason);

    protected override async ValueTask DisposeCoreAsync()
    {
        _common.Dispose();
        await _channels.DisposeAsync();
        await base.DisposeCoreAsync();
    }

    private static Int128[] Encode(ReadOnlySpan<double> values, int fractionalBits)
    {
        ulong[] words = new ulong[values.Length];
        FixedPointFormat.Encode(values, words, fractionalBits, "input");
        return [.. words.Select(word => (Int128)(long)word)];
    }

    private static Int128 Dot(ReadOnlySpan<long> x, ReadOnlySpan<long> y)
    {
        Int128 sum = 0;
        for (int i = 0; i < x.Length; i++)
        {
            sum += (Int128)x[i] * y[i];
        }

        return sum;
    }

    private static Int128 Truncate(Int128 value, int shift) => shift == 0 ? value : (value + (Int128.One << (shift - 1))) >> shift;

    private static void Require(bool isRight)
    {
        if (!isRight)
        {
            throw new InvalidOperationException("A share and its check do not belong together.");
        }
    }

    private Span<Int128> Of(SecretTensor x) => MemoryMarshal.Cast<ulong, Int128>(Shares(x, 0));

    /// <summary>Sets a share and its check.</summary>
    private void Fill(SecretTensor result, Func<int, Int128> share)
    {
        Span<Int128> check = MemoryMarshal.Cast<ulong, Int128>(Shares(result, 1));
        for (int i = 0; i < check.Length; i++)
        {
            Int128 own = unchecked(share(i));
            Of(result)[i] = own;
            check[i] = unchecked(3 * own);
        }
    }

    /// <summary>Shares values that both parties know.</summary>
    private void Share(SecretTensor result, Func<int, Int128> value) =>
        Mask(result, PartyId == 1 ? [.. Enumerable.Range(0, result.Shape.Count).Select(value)] : new Int128[result.Shape.Count], negative: PartyId == 1);

    private void Share(SecretBits result, Func<int, bool> value)
    {
        Span<ulong> words = Shares(result, 0);
        _common.Fill(words);
        for (int i = 0; PartyId == 1 && i < result.Shape.Count; i++)
        {
            words[i / 64] ^= value(i) ? 1UL << (i % 64) : 0;
        }

        words.CopyTo(Shares(result, 1));
    }

    private void Mask(SecretTensor result, Int128[] values, bool negative)
    {
        var mask = new Int128[values.Length];
        _common.Fill(MemoryMarshal.Cast<Int128, ulong>(mask.AsSpan()));
        Fill(result, i => unchecked(negative ? values[i] - mask[i] : mask[i]));
    }

    private async ValueTask CompareAsync(SecretTensor x, int width, SecretBits result, Func<long, bool> test, CancellationToken cancellationToken)
    {
        long[] values = await OpenAsync(x, cancellationToken);
        if (values.Any(value => value >> (width - 1) is not (0 or -1)))
        {
            throw new OverflowException($"{ScopeName}: a value needs more than the {width} bits it is compared on.");
        }

        Share(result, i => test(values[i]));
    }

    private async ValueTask<long[]> OpenAsync(SecretTensor x, CancellationToken cancellationToken)
    {
        Int128[] share = Of(x).ToArray();
        Require(share.Select(own => unchecked(3 * own)).SequenceEqual(MemoryMarshal.Cast<ulong, Int128>(Shares(x, 1)).ToArray()));
        Int128[] theirs = MemoryMarshal.Cast<ulong, Int128>(await ExchangeAsync(MemoryMarshal.Cast<Int128, ulong>(share.AsSpan()).ToArray(), cancellationToken)).ToArray();
        return [.. share.Zip(theirs, (own, other) => checked((long)unchecked(own + other)))];
    }

    private async ValueTask<ulong[]> ExchangeAsync(ulong[] words, CancellationToken cancellationToken)
    {
        foreach (ulong[] chunk in words.Chunk(2 * ChunkElements))
        {
            FrameBuffer frame = Other.Rent(chunk.Length * sizeof(ulong));
            chunk.CopyTo(frame.Words);
            Other.Send(frame, Open);
        }

        ulong[] theirs = new ulong[words.Length];
        for (int start = 0; start < words.Length; start += 2 * ChunkElements)
        {
            int length = Math.Min(2 * ChunkElements, words.Length - start);
            using FrameBuffer frame = await Other.ReceiveAsync(Open, length * sizeof(ulong), cancellationToken);
            frame.Words.CopyTo(theirs.AsSpan(start));
        }

        return theirs;
    }
}
