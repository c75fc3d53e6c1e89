using SecureTransformer.Numerics;
using SecureTransformer.Sharing;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>
/// Splits values for n parties with the threshold t: a fresh seed for each tensor to the last t parties, 16 bytes an element to the others; the polynomial has the value at 0 and at the
/// points of the last parties what the seeds expand to, which is uniform.
/// An answer takes 2 t + 1 shares that agree; who sent others, or none, is named.
/// </summary>
internal sealed class ShamirCodec(int parties, int threshold) : CheckedCodec
{
    private const int ChunkElements = Chunks.Size / Mersenne127.WordCount;

    private readonly PrimeLanes _field = new();

    public override int PartyCount => parties;

    public override int SharesNeeded => RobustOutput.SharesNeeded(threshold);

    /// <summary>Whether a party's share comes as a seed.</summary>
    public static bool IsSeeded(int party, int parties, int threshold) => party >= parties - threshold;

    /// <summary>Writes a run of the share that a seed stands for.</summary>
    public static void Expand(ReadOnlySpan<byte> seed, int start, Span<ulong> share)
    {
        using AesCtrPrg generator = ShareSeeds.Open(seed);
        FieldKernels.FillUniformAt(generator, (ulong)start, share);
    }

    public override async ValueTask SendAsync(
        IReadOnlyList<IChannel> parties, int count, int fractionalBits, string name, ValueReader read, CancellationToken cancellationToken = default)
    {
        RequireParties(parties);
        ArgumentNullException.ThrowIfNull(read);
        int sent = PartyCount - threshold;
        AesCtrPrg[] shares = [.. parties.Skip(sent).Select(SendSeed)];
        UInt128[] points = [0, .. Enumerable.Range(sent, threshold).Select(Committee.Point)];
        UInt128[][] factors = [.. Enumerable.Range(0, sent).Select(party => _field.Interpolation(points, Committee.Point(party)))];
        var values = new double[Math.Min(count, ChunkElements)];
        using var pool = new SecretBufferPool();
        using SecretBuffer words = pool.Rent(values.Length);
        using SecretBuffer secret = pool.Rent(values.Length * Mersenne127.WordCount);
        using SecretBuffer seeded = pool.Rent(values.Length * Mersenne127.WordCount * threshold);
        try
        {
            for (int start = 0; start < count; start += ChunkElements)
            {
                for (int party = 0; party < sent; party++)
                {
                    await parties[party].WaitForRoomAsync(cancellationToken).ConfigureAwait(false);
                }

                int length = Math.Min(ChunkElements, count - start);
                read(start, values.AsSpan(0, length));
                FixedPointFormat.Encode(values.AsSpan(0, length), words.Span[..length], fractionalBits, name);
                FieldKernels.EncodeSigned(words.Span[..length], secret.Span[..(length * Mersenne127.WordCount)]);
                Array.ForEach(shares, Draw);
                for (int party = 0; party < sent; party++)
                {
                    SendShare(parties[party], length, factors[party], secret, seeded);
                }

                void Draw(AesCtrPrg share) => FieldKernels.FillUniform(share, SeededRun(seeded.Span, Array.IndexOf(shares, share), length));
            }
        }
        finally
        {
            Array.ForEach(shares, share => share.Dispose());
            Array.Clear(values);
        }
    }

    protected override int ShareWords(int count) => checked(count * Mersenne127.WordCount);

    protected override CombinedShares? TryCombine(IReadOnlyList<ulong[]?> shares, int count, int fractionalBits) =>
        RobustOutput.TryCombine(shares, threshold, count, fractionalBits);

    private protected override long ShareBytesCore(int party, int count) =>
        IsSeeded(party, parties, threshold) ? ShareSeeds.ByteCount : (long)count * Mersenne127.ByteCount;

    private static AesCtrPrg SendSeed(IChannel party)
    {
        FrameBuffer frame = party.Rent(ShareSeeds.ByteCount);
        ShareSeeds.Generate(frame.Span);
        AesCtrPrg share = ShareSeeds.Open(frame.Span);
        party.Send(frame, Operations.Import);
        return share;
    }

    private static Span<ulong> SeededRun(Span<ulong> seeded, int index, int length) =>
        seeded.Slice(index * length * Mersenne127.WordCount, length * Mersenne127.WordCount);

    private void SendShare(IChannel party, int length, UInt128[] factors, SecretBuffer secret, SecretBuffer seeded)
    {
        FrameBuffer frame = party.Rent(length * Mersenne127.ByteCount);
        Lanes share = _field.Over(frame.Words);
        _field.Scale(factors[0], _field.Over(secret.Span[..(length * Mersenne127.WordCount)]), share);
        for (int s = 0; s < threshold; s++)
        {
            _field.AddScaled(factors[s + 1], _field.Over(SeededRun(seeded.Span, s, length)), share);
        }

        party.Send(frame, Operations.Import);
    }
}
