using SecureTransformer.Numerics;
using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>
/// Frames of one length for, or from, each other party, with words that are worked on block by block, while a block is in the first-level cache. Frames that were not sent go
/// back when it is disposed.
/// </summary>
internal sealed class PeerFrames : IDisposable
{
    private readonly int _peers;
    private readonly FrameBuffer?[] _frames;
    private int _count;

    private PeerFrames(int peers, int each)
    {
        _peers = peers;
        _frames = new FrameBuffer?[peers * each];
    }

    /// <summary>A frame to be written and sent to each.</summary>
    public static PeerFrames Rent(IChannel[] peers, int bytes)
    {
        var frames = new PeerFrames(peers.Length, 1);
        try
        {
            foreach (IChannel peer in peers)
            {
                frames.Add(peer.Rent(bytes));
            }

            return frames;
        }
        catch
        {
            frames.Dispose();
            throw;
        }
    }

    /// <summary>The next frames of all others, so many of each.</summary>
    public static async ValueTask<PeerFrames> ReceiveAsync(IChannel[] peers, ushort operation, int bytes, CancellationToken cancellationToken, int each = 1)
    {
        var frames = new PeerFrames(peers.Length, each);
        try
        {
            for (int i = 0; i < each; i++)
            {
                foreach (IChannel peer in peers)
                {
                    frames.Add(await peer.ReceiveAsync(operation, bytes, cancellationToken).ConfigureAwait(false));
                }
            }

            return frames;
        }
        catch
        {
            frames.Dispose();
            throw;
        }
    }

    /// <summary>Writes words into each frame from a position on.</summary>
    public void Write(int start, ReadOnlySpan<ulong> words)
    {
        for (int i = 0; i < _count; i++)
        {
            words.CopyTo(_frames[i]!.Words[start..]);
        }
    }

    /// <summary>Writes the low bytes of words into each frame, from a position in words on.</summary>
    public void WriteNarrow(int start, int width, ReadOnlySpan<ulong> words)
    {
        for (int i = 0; i < _count; i++)
        {
            NarrowWords.Write(words, width, _frames[i]!.Span.Slice(start * width, words.Length * width));
        }
    }

    /// <summary>target += the words of the frame from each party, the first or another of them, from a position on.</summary>
    public void AddTo(Span<ulong> target, int start, int which = 0)
    {
        for (int i = which * _peers; i < (which + 1) * _peers; i++)
        {
            RingKernels.AddInto<ulong>(target, _frames[i]!.Words.Slice(start, target.Length));
        }
    }

    /// <summary>target ^= the words of the frame from each party, from a position on.</summary>
    public void XorTo(Span<ulong> target, int start)
    {
        for (int i = 0; i < _peers; i++)
        {
            RingKernels.Xor<ulong>(target, _frames[i]!.Words.Slice(start, target.Length), target);
        }
    }

    /// <summary>Sends each its frame.</summary>
    public void Send(IChannel[] peers, ushort operation)
    {
        for (int i = 0; i < _count; i++)
        {
            FrameBuffer frame = _frames[i]!;
            _frames[i] = null;
            peers[i].Send(frame, operation);
        }
    }

    public void Dispose()
    {
        foreach (FrameBuffer? frame in _frames)
        {
            frame?.Dispose();
        }
    }

    private void Add(FrameBuffer frame) => _frames[_count++] = frame;
}
