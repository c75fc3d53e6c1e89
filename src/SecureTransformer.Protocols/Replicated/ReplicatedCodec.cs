using System.Security.Cryptography;
using SecureTransformer.Numerics;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Replicated;

/// <summary>
/// Splits values for the three parties: x0 and x1 from seeds, x2 the rest. Party 0 gets two seeds, party 1 the seed of x1 and the words of x2, party 2 the words of x2
/// and the seed of x0: 16 bytes an element and 64 bytes a tensor in all. Seeds are fresh for each tensor.
/// </summary>
internal sealed class ReplicatedCodec : ShareCodec
{
    public const ulong Domain = 0x696D706F7274; // "import"

    public override int PartyCount => ReplicatedSession.Parties;

    public override ValueTask SendAsync(
        IReadOnlyList<IChannel> parties, int count, int fractionalBits, string name, ValueReader read, CancellationToken cancellationToken = default)
    {
        RequireParties(parties);
        ArgumentNullException.ThrowIfNull(read);
        Span<byte> seeds = stackalloc byte[2 * PairwiseRandomness.KeySize];
        RandomNumberGenerator.Fill(seeds);
        Span<byte> seed0 = seeds[..PairwiseRandomness.KeySize];
        Span<byte> seed1 = seeds[PairwiseRandomness.KeySize..];
        SendSeed(parties[0], seed0);
        SendSeed(parties[0], seed1);
        SendSeed(parties[1], seed1);
        SendSeed(parties[2], seed0);
        using var prg0 = new AesCtrPrg(seed0, Domain);
        using var prg1 = new AesCtrPrg(seed1, Domain);
        CryptographicOperations.ZeroMemory(seeds);
        int most = Math.Min(count, Chunks.Size);
        var values = new double[most];
        var mask = new ulong[most];
        foreach ((int start, int length) in new Chunks(count))
        {
            cancellationToken.ThrowIfCancellationRequested();
            read(start, values.AsSpan(0, length));
            FrameBuffer frame = parties[1].Rent(length * sizeof(ulong));
            FixedPointFormat.Encode(values.AsSpan(0, length), frame.Words, fractionalBits, name);
            Span<ulong> part = mask.AsSpan(0, length);
            prg0.Fill(part);
            RingKernels.SubtractInto<ulong>(frame.Words, part);
            prg1.Fill(part);
            RingKernels.SubtractInto<ulong>(frame.Words, part);
            FrameBuffer copy = parties[2].Rent(length * sizeof(ulong));
            frame.Words.CopyTo(copy.Words);
            parties[1].Send(frame, Operations.Import);
            parties[2].Send(copy, Operations.Import);
        }

        Array.Clear(values);
        Array.Clear(mask);
        return ValueTask.CompletedTask;
    }

    public override async ValueTask<double[]> ReceiveAsync(
        IReadOnlyList<IChannel> parties, int count, int fractionalBits, CancellationToken cancellationToken = default)
    {
        RequireParties(parties);
        var sum = new ulong[count];
        foreach (IChannel party in parties)
        {
            for (int start = 0; start < count; start += Chunks.Size)
            {
                int length = Math.Min(Chunks.Size, count - start);
                using FrameBuffer frame = await party.ReceiveAsync(Operations.Export, length * sizeof(ulong), cancellationToken).ConfigureAwait(false);
                RingKernels.AddInto<ulong>(sum.AsSpan(start, length), frame.Words);
            }
        }

        var values = new double[count];
        FixedPointFormat.Decode(sum, values, fractionalBits);
        Array.Clear(sum);
        return values;
    }

    private static void SendSeed(IChannel party, ReadOnlySpan<byte> seed)
    {
        FrameBuffer frame = party.Rent(seed.Length);
        seed.CopyTo(frame.Span);
        party.Send(frame, Operations.Import);
    }
}
