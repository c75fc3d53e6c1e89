using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using SecureTransformer.Protocols;

namespace SecureTransformer.ShareFiles;

/// <summary>
/// One party's shares of a model on a disk, read chunk by chunk straight to where they are wanted; each chunk is authenticated each time it is read.
/// The key stands in this process alone: when it ends, however that happens, what is left on the disk is noise. Disposing removes the file.
/// </summary>
/// <remarks>Reading is safe from several threads at once.</remarks>
internal sealed class ShareFile : IDisposable
{
    private readonly ShareFileLayout _layout;
    private readonly FileStream _stream;
    private readonly ConcurrentBag<byte[]> _chunks = [];
    private readonly byte[] _key;

    /// <param name="path">Where the file stands.</param>
    /// <param name="layout">What it holds.</param>
    /// <param name="stream">The open file, disposed with this.</param>
    /// <param name="key">The key of its chunks, zeroed with this.</param>
    internal ShareFile(string path, ShareFileLayout layout, FileStream stream, byte[] key)
    {
        Path = path;
        _layout = layout;
        _stream = stream;
        _key = key;
    }

    public string Path { get; }

    public long Length => _layout.FileBytes;

    /// <summary>The file of a party in a folder.</summary>
    public static string PathOf(string directory, int party) =>
        System.IO.Path.Combine(directory, string.Create(CultureInfo.InvariantCulture, $"party-{party}.shares"));

    /// <summary>The share of one weight.</summary>
    /// <exception cref="ArgumentException">The file has no such weight.</exception>
    public IShareReader Tensor(string name) => new Reader(this, _layout.NumberOf(name));

    /// <summary>Forgets the key and removes the file.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_key);
        _stream.Dispose();
        File.Delete(Path);
    }

    internal static void WriteNonce(Span<byte> nonce, int tensor, long chunk)
    {
        BinaryPrimitives.WriteInt32LittleEndian(nonce, tensor);
        BinaryPrimitives.WriteInt64LittleEndian(nonce[sizeof(int)..], chunk);
    }

    /// <summary>Reads until the destination is full or the file ends; how much was read.</summary>
    private static int Fill(SafeFileHandle handle, Span<byte> destination, long position)
    {
        int filled = 0;
        while (filled < destination.Length)
        {
            int read = RandomAccess.Read(handle, destination[filled..], position + filled);
            if (read == 0)
            {
                break;
            }

            filled += read;
        }

        return filled;
    }

    private void Read(int tensor, long offset, Span<byte> destination)
    {
        ShareFileTensor described = _layout[tensor];
        if (offset < 0 || offset > described.Bytes - destination.Length)
        {
            throw new InvalidDataException($"{Path}: tensor '{described.Name}' has {described.Bytes} bytes; {destination.Length} from {offset} on were asked for.");
        }

        using var cipher = new AesGcm(_key, ShareFileFormat.TagBytes);
        byte[]? partial = null;
        try
        {
            while (!destination.IsEmpty)
            {
                (long number, long within) = Math.DivRem(offset, ShareFileFormat.ChunkBytes);
                int length = (int)Math.Min(ShareFileFormat.ChunkBytes, described.Bytes - (number * ShareFileFormat.ChunkBytes));
                int wanted = (int)Math.Min(length - within, destination.Length);
                if (wanted == length)
                {
                    ReadChunk(cipher, tensor, number, destination[..length]);
                }
                else
                {
                    partial ??= _chunks.TryTake(out byte[]? idle) ? idle : GC.AllocateUninitializedArray<byte>(ShareFileFormat.ChunkBytes, pinned: true);
                    ReadChunk(cipher, tensor, number, partial.AsSpan(0, length));
                    partial.AsSpan((int)within, wanted).CopyTo(destination);
                }

                destination = destination[wanted..];
                offset += wanted;
            }
        }
        finally
        {
            if (partial is not null)
            {
                CryptographicOperations.ZeroMemory(partial);
                _chunks.Add(partial);
            }
        }
    }

    private void ReadChunk(AesGcm cipher, int tensor, long number, Span<byte> chunk)
    {
        Span<byte> nonce = stackalloc byte[ShareFileFormat.NonceBytes];
        Span<byte> tag = stackalloc byte[ShareFileFormat.TagBytes];
        WriteNonce(nonce, tensor, number);
        long position = _layout.PositionOf(tensor, number);
        bool whole;
        try
        {
            whole = Fill(_stream.SafeFileHandle, chunk, position) == chunk.Length && Fill(_stream.SafeFileHandle, tag, position + chunk.Length) == tag.Length;
        }
        catch (IOException error)
        {
            throw new InvalidDataException($"{Path}: tensor '{_layout[tensor].Name}' at offset {position} cannot be read: {error.Message}", error);
        }

        if (!whole)
        {
            throw new InvalidDataException($"{Path}: the file ends within tensor '{_layout[tensor].Name}' at offset {position}; it has become shorter since it was opened.");
        }

        try
        {
            cipher.Decrypt(nonce, chunk, tag, chunk);
        }
        catch (AuthenticationTagMismatchException error)
        {
            throw new InvalidDataException($"{Path}: tensor '{_layout[tensor].Name}' at offset {position} is not what this party wrote.", error);
        }
    }

    private sealed class Reader(ShareFile file, int tensor) : IShareReader
    {
        public void Read(long offset, Span<byte> destination) => file.Read(tensor, offset, destination);
    }
}
