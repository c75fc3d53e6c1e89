using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>The dealer's side of one session: the seeds of all parties, and where the corrections for party 0 go.</summary>
internal sealed class DealerHand : IDisposable
{
    private const int Block = 1024;

    private readonly PairwiseRandomness[] _parties;
    private readonly ICorrectionSink _corrections;

    public DealerHand(PairwiseRandomness[] parties, MatrixMaskKeys[] matrices, ICorrectionSink corrections, int maxDegreeOfParallelism, DealerMemory memory)
    {
        _parties = parties;
        _corrections = corrections;
        MaxDegreeOfParallelism = maxDegreeOfParallelism;
        Matrices = new DealtMatrices(matrices, memory);
    }

    public SecretBufferPool Pool { get; } = new();

    public DealtMatrices Matrices { get; }

    public int MaxDegreeOfParallelism { get; }

    public int PartyCount => _parties.Length;

    /// <summary>The sum of all parties' shares.</summary>
    public void Sum(Purpose purpose, Span<ulong> sum)
    {
        _parties[0].Fill(purpose, sum);
        Add(purpose, sum, negative: false);
    }

    /// <summary>The XOR of all parties' shares.</summary>
    public void SumXor(Purpose purpose, Span<ulong> sum)
    {
        _parties[0].Fill(purpose, sum);
        CorrectXor(purpose, sum);
    }

    /// <summary>The next words of one party's stream.</summary>
    public void Fill(int party, Purpose purpose, Span<ulong> share) => _parties[party].Fill(purpose, share);

    /// <summary>Adds one party's share.</summary>
    public void AddShare(int party, Purpose purpose, Span<ulong> sum) => Add(party, purpose, sum, negative: false);

    /// <summary>From a value to party 0's share of it.</summary>
    public void Correct(Purpose purpose, Span<ulong> value) => Add(purpose, value, negative: true);

    /// <summary>From bits to party 0's XOR share of them.</summary>
    public void CorrectXor(Purpose purpose, Span<ulong> value)
    {
        Span<ulong> buffer = stackalloc ulong[Block];
        for (int party = 1; party < _parties.Length; party++)
        {
            for (int start = 0; start < value.Length; start += Block)
            {
                Span<ulong> part = value.Slice(start, Math.Min(Block, value.Length - start));
                Span<ulong> share = buffer[..part.Length];
                _parties[party].Fill(purpose, share);
                RingKernels.Xor<ulong>(part, share, part);
            }
        }

        buffer.Clear();
    }

    /// <summary>From values of which only the low bytes matter to party 0's shares of them.</summary>
    public void CorrectNarrow(Purpose purpose, int width, Span<ulong> value)
    {
        Span<byte> buffer = stackalloc byte[Block * sizeof(ulong)];
        Span<ulong> words = stackalloc ulong[Block];
        for (int party = 1; party < _parties.Length; party++)
        {
            for (int start = 0; start < value.Length; start += Block)
            {
                Span<ulong> part = value.Slice(start, Math.Min(Block, value.Length - start));
                Span<byte> bytes = buffer[..(part.Length * width)];
                _parties[party].Fill(purpose, bytes);
                NarrowWords.Read(bytes, width, words[..part.Length]);
                RingKernels.SubtractInto<ulong>(part, words[..part.Length]);
            }
        }

        buffer.Clear();
        words.Clear();
    }

    /// <summary>Memory for a correction.</summary>
    public ValueTask<FrameBuffer> RentAsync(int length, CancellationToken cancellationToken) => _corrections.RentAsync(length, cancellationToken);

    public void Send(FrameBuffer correction) => _corrections.Send(correction);

    public void Dispose()
    {
        Matrices.Dispose();
        Pool.Dispose();
    }

    private void Add(Purpose purpose, Span<ulong> value, bool negative)
    {
        for (int party = 1; party < _parties.Length; party++)
        {
            Add(party, purpose, value, negative);
        }
    }

    private void Add(int party, Purpose purpose, Span<ulong> value, bool negative)
    {
        // A fill is cut at an even number of words, so that the pieces equal one fill.
        Span<ulong> buffer = stackalloc ulong[Block];
        for (int start = 0; start < value.Length; start += Block)
        {
            Span<ulong> part = value.Slice(start, Math.Min(Block, value.Length - start));
            Span<ulong> share = buffer[..part.Length];
            _parties[party].Fill(purpose, share);
            if (negative)
            {
                RingKernels.SubtractInto<ulong>(part, share);
            }
            else
            {
                RingKernels.AddInto<ulong>(part, share);
            }
        }

        buffer.Clear();
    }
}
