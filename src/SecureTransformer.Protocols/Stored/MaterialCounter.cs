using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Stored;

/// <summary>
/// How many runs of a store this party has given away, on the disk. It only grows, and stands there before a run is used: two slots are written in turn, each with a check,
/// so that a write that breaks off leaves the one before. While it is open no other process can open it.
/// </summary>
internal sealed class MaterialCounter : IDisposable
{
    private const int Slot = sizeof(long) + SHA256.HashSizeInBytes;

    /// <summary>The slots stand in sectors of their own.</summary>
    private const int Stride = 4096;

    private readonly FileStream _stream;
    private readonly byte[] _context;
    private int _slot;

    private MaterialCounter(FileStream stream, string context)
    {
        _stream = stream;
        _context = Encoding.ASCII.GetBytes(context);
    }

    /// <summary>The first run that has not been given away.</summary>
    public int Next { get; private set; }

    /// <summary>Begins a counter at zero.</summary>
    public static void Create(string path, MaterialStoreDescription store)
    {
        using var counter = new MaterialCounter(PrivateFile.Create(path), ContextOf(store));
        counter.Write(0);
        counter.Write(0);
    }

    /// <exception cref="IOException">Another process has the store open, or the file cannot be read.</exception>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static MaterialCounter Open(string path, MaterialStoreDescription store)
    {
        FileStream stream = PrivateFile.OpenAlone(path, "the counter is missing, so nobody knows which runs were used; the store cannot be used any more.");
        var counter = new MaterialCounter(stream, ContextOf(store));
        if (!counter.TryRead(store.Count))
        {
            stream.Dispose();
            throw new InvalidDataException($"{path}: the counter is damaged, so nobody knows which runs were used; the store cannot be used any more.");
        }

        return counter;
    }

    /// <summary>Gives a run away. When this returns, the disk says so.</summary>
    /// <exception cref="ProtocolException">It was given away before.</exception>
    public void Advance(int run)
    {
        if (run < Next)
        {
            throw new ProtocolException($"Run {run} of the stored material was asked for, but runs up to {Next - 1} were used already: material is used once.");
        }

        Write(run + 1);
    }

    public void Dispose() => _stream.Dispose();

    private bool TryRead(int most)
    {
        int best = -1;
        Span<byte> slot = stackalloc byte[Slot];
        Span<byte> expected = stackalloc byte[Slot];
        for (int i = 0; i < 2; i++)
        {
            if (RandomAccess.Read(_stream.SafeFileHandle, slot, i * Stride) != Slot)
            {
                continue;
            }

            long next = MemoryMarshal.Read<long>(slot);
            if (next < 0 || next > most)
            {
                continue;
            }

            Fill(expected, (int)next);
            if (slot.SequenceEqual(expected) && next > best)
            {
                best = (int)next;
                _slot = 1 - i;
            }
        }

        Next = Math.Max(best, 0);
        return best >= 0;
    }

    private void Write(int next)
    {
        Span<byte> slot = stackalloc byte[Slot];
        Fill(slot, next);
        RandomAccess.Write(_stream.SafeFileHandle, slot, _slot * Stride);
        RandomAccess.FlushToDisk(_stream.SafeFileHandle);
        _slot = 1 - _slot;
        Next = next;
    }

    private void Fill(Span<byte> slot, int next)
    {
        MemoryMarshal.Write(slot, (long)next);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(_context);
        hash.AppendData(slot[..sizeof(long)]);
        hash.GetHashAndReset(slot[sizeof(long)..]);
    }

    private static string ContextOf(MaterialStoreDescription store) => $"counter {store.Identity} {store.Party}";
}
