using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Stored;

/// <summary>
/// The material of one run at one party, in a file: a public head (which store, party and run, and the plan), the <see cref="RunSecret"/>, and what the secret does not expand to,
/// sealed with AES-GCM: of additive sharing at party 0 the corrections in their order, of Shamir's sharing all shares by kind. Once the secret is overwritten, which comes before its
/// first use, the rest is noise.
/// </summary>
internal sealed class RunFile : IDisposable
{
    private const long Magic = 0x314c5254414d5453; // "STMATRL1"
    private const int FixedHead = 48;
    private const int MaxPlanBytes = 64 << 20;

    private readonly FileStream _stream;
    private readonly FramePool _frames = new();
    private readonly long _start;
    private AesGcm? _cipher;
    private long _record;

    private RunFile(FileStream stream, MaterialPlan plan, RunSecret secret)
    {
        _stream = stream;
        _start = stream.Position;
        Plan = plan;
        Secret = secret;
    }

    /// <summary>What the run is for.</summary>
    public MaterialPlan Plan { get; }

    public RunSecret Secret { get; }

    public static string NameOf(int run) => string.Create(CultureInfo.InvariantCulture, $"run-{run:D6}.material");

    /// <summary>Begins a file, readable by its owner alone.</summary>
    public static (FileStream Stream, RunSecret Secret) Create(string path, MaterialStoreDescription store, int run, MaterialPlan plan)
    {
        FileStream stream = PrivateFile.Create(path);
        try
        {
            byte[] planned = plan.ToBytes();
            byte[] head = Head(store, run, planned);
            var secret = RunSecret.Draw(head);

            // Past the stream's buffer, which nobody would zero.
            RandomAccess.Write(stream.SafeFileHandle, head.AsSpan(0, FixedHead), 0);
            RandomAccess.Write(stream.SafeFileHandle, secret.Bytes, FixedHead);
            stream.Position = FixedHead + RunSecret.Size;
            stream.Write(planned);
            return (stream, secret);
        }
        catch
        {
            stream.Dispose();
            throw;
        }
    }

    /// <summary>Reads head and secret, and overwrites the secret before it returns: a run is opened once.</summary>
    /// <exception cref="InvalidDataException">The file is missing, damaged, or of another store, party or run.</exception>
    public static RunFile OpenOnce(string path, MaterialStoreDescription store, int run)
    {
        FileStream? stream = null;
        try
        {
            stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, 1 << 20, FileOptions.SequentialScan);
            Span<byte> start = stackalloc byte[FixedHead + RunSecret.Size];
            ReadUnbuffered(stream, start);
            stream.Position = start.Length;
            int length = MemoryMarshal.Read<int>(start[40..]);
            if (length is < 0 or > MaxPlanBytes || length > stream.Length - start.Length)
            {
                throw new InvalidDataException($"{path}: the file is damaged: its plan cannot have {length} bytes.");
            }

            var planned = new byte[length];
            stream.ReadExactly(planned);
            byte[] head = Head(store, run, planned);
            if (!start[..FixedHead].SequenceEqual(head.AsSpan(0, FixedHead)))
            {
                throw new InvalidDataException($"{path}: the file is damaged, or is not run {run} of party {store.Party} of the store {store.Identity}.");
            }

            RunSecret secret = RunSecret.Take(start[FixedHead..], head) ?? throw new InvalidDataException(
                start[FixedHead..].ContainsAnyExcept((byte)0) ? $"{path}: the file is damaged." : $"{path}: the run was used already.");
            start.Clear();
            Overwrite(stream);
            return new RunFile(stream, MaterialPlan.Parse(planned, path), secret);
        }
        catch (EndOfStreamException error)
        {
            stream?.Dispose();
            throw new InvalidDataException($"{path}: the file is damaged: it ends too soon.", error);
        }
        catch (FileNotFoundException error)
        {
            throw new InvalidDataException($"{path}: the file is missing.", error);
        }
        catch
        {
            stream?.Dispose();
            throw;
        }
    }

    /// <summary>Overwrites the secret of a run that is not to be used any more, and removes the file. Does nothing where there is none.</summary>
    public static void Destroy(string path)
    {
        if (!File.Exists(path))
        {
            return;
        }

        using (var stream = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None))
        {
            if (stream.Length >= FixedHead + RunSecret.Size)
            {
                Overwrite(stream);
            }
        }

        File.Delete(path);
    }

    /// <summary>The next correction, at party 0.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public FrameBuffer Read(int length)
    {
        Span<byte> nonce = stackalloc byte[AesGcm.NonceByteSizes.MaxSize];
        Span<byte> tag = stackalloc byte[AesGcm.TagByteSizes.MaxSize];
        RunSecret.WriteNonce(nonce, _record++);
        FrameBuffer frame = _frames.Rent(length);
        try
        {
            _stream.ReadExactly(tag);
            _stream.ReadExactly(frame.Span);
            _cipher ??= Secret.Cipher();
            _cipher.Decrypt(nonce, frame.Span, tag, frame.Span);
            return frame;
        }
        catch (Exception error) when (error is EndOfStreamException or AuthenticationTagMismatchException)
        {
            frame.Dispose();
            throw new InvalidDataException($"{_stream.Name}: the file is damaged at byte {_stream.Position}.", error);
        }
        catch
        {
            frame.Dispose();
            throw;
        }
    }

    /// <summary>A record of words at a place behind the head.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public void Read(long record, long offset, Span<ulong> words) => SealedRecords.Read(_stream, _cipher ??= Secret.Cipher(), record, _start + offset, words);

    /// <summary>Forgets the secret and removes the file.</summary>
    public void Dispose()
    {
        Secret.Dispose();
        _cipher?.Dispose();
        _stream.Dispose();
        File.Delete(_stream.Name);
    }

    /// <summary>Reads the beginning past the stream's buffer, which nobody would zero.</summary>
    private static void ReadUnbuffered(FileStream stream, Span<byte> start)
    {
        for (int read = 0, more; read < start.Length; read += more)
        {
            more = RandomAccess.Read(stream.SafeFileHandle, start[read..], read);
            if (more == 0)
            {
                throw new EndOfStreamException();
            }
        }
    }

    private static void Overwrite(FileStream stream)
    {
        long at = stream.Position;
        stream.Position = FixedHead;
        stream.Write(new byte[RunSecret.Size]);
        stream.Flush(flushToDisk: true);
        stream.Position = at;
    }

    /// <summary>Magic, store, party, run, length of the plan; and the plan.</summary>
    private static byte[] Head(MaterialStoreDescription store, int run, ReadOnlySpan<byte> plan)
    {
        var head = new byte[FixedHead + plan.Length];
        Span<byte> at = head;
        MemoryMarshal.Write(at, Magic);
        Convert.FromHexString(store.Identity).CopyTo(at[8..]);
        MemoryMarshal.Write(at[24..], store.Party);
        MemoryMarshal.Write(at[28..], store.PartyCount);
        MemoryMarshal.Write(at[32..], run);
        MemoryMarshal.Write(at[40..], plan.Length);
        plan.CopyTo(at[FixedHead..]);
        return head;
    }
}
