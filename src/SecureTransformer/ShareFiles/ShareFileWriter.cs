using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using SecureTransformer.Protocols;

namespace SecureTransformer.ShareFiles;

/// <summary>
/// Writes one party's shares of a model as they come from the model's owner, under a name of its own until <see cref="Complete"/>. Not completed, the file is removed.
/// </summary>
internal sealed class ShareFileWriter : IShareWriter, IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly ShareFileLayout _layout;
    private readonly string _path;
    private readonly string _unfinished;
    private readonly FileStream _stream;
    private readonly byte[] _key = GC.AllocateUninitializedArray<byte>(ShareFileFormat.KeyBytes, pinned: true);
    private readonly AesGcm _cipher;
    private readonly byte[] _chunk = GC.AllocateUninitializedArray<byte>(ShareFileFormat.ChunkBytes + ShareFileFormat.TagBytes, pinned: true);
    private int _tensor = -1;
    private long _written;
    private int _filled;
    private bool _over;

    /// <summary>Begins a file in a folder that was prepared.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="layout">What the file will hold; the room for it is taken at once.</param>
    /// <exception cref="IOException">The volume has too little room, or the file cannot be written.</exception>
    public ShareFileWriter(string directory, ShareFileLayout layout)
    {
        _layout = layout;
        _path = ShareFile.PathOf(directory, layout.Party);
        _unfinished = UnfinishedOf(_path);
        RandomNumberGenerator.Fill(_key);
        _cipher = new AesGcm(_key, ShareFileFormat.TagBytes);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.Read | FileShare.Delete, BufferSize = 0, PreallocationSize = layout.FileBytes };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        try
        {
            _stream = new FileStream(_unfinished, options);
            RandomAccess.Write(Handle, layout.Header, 0);
        }
        catch
        {
            _stream?.Dispose();
            File.Delete(_unfinished);
            CryptographicOperations.ZeroMemory(_key);
            EndCipher();
            throw;
        }
    }

    private SafeFileHandle Handle => _stream.SafeFileHandle;

    /// <summary>Makes the folder, with access for its owner only, where there is none, and removes what the party left in it before.</summary>
    public static void Prepare(string directory, int party)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(directory);
        }
        else
        {
            Directory.CreateDirectory(directory, OwnerOnly | UnixFileMode.UserExecute);
        }

        string path = ShareFile.PathOf(directory, party);
        File.Delete(path);
        File.Delete(UnfinishedOf(path));
    }

    /// <summary>The room left on a folder's volume.</summary>
    public static long FreeBytes(string directory) => new DriveInfo(Path.GetFullPath(directory)).AvailableFreeSpace;

    /// <summary>Begins the next tensor, which must be this one.</summary>
    public IShareWriter Begin(string name)
    {
        RequireComplete();
        _tensor++;
        if (_tensor >= _layout.Count || _layout[_tensor].Name != name)
        {
            throw new InvalidOperationException($"The tensor '{name}' is not the next of the share file '{_path}'.");
        }

        _written = 0;
        return this;
    }

    /// <inheritdoc/>
    public void Write(ReadOnlySpan<byte> share)
    {
        if (_tensor < 0 || share.Length > _layout[_tensor].Bytes - _written - _filled)
        {
            throw new InvalidOperationException($"More was written of a tensor than the share file '{_path}' has room for.");
        }

        while (!share.IsEmpty)
        {
            int length = Math.Min(share.Length, ShareFileFormat.ChunkBytes - _filled);
            share[..length].CopyTo(_chunk.AsSpan(_filled));
            share = share[length..];
            _filled += length;
            if (_filled == ShareFileFormat.ChunkBytes || _written + _filled == _layout[_tensor].Bytes)
            {
                Flush();
            }
        }
    }

    /// <summary>Gives the file its name, to be read from now on.</summary>
    public ShareFile Complete()
    {
        RequireComplete();
        if (_tensor != _layout.Count - 1)
        {
            throw new InvalidOperationException($"{_tensor + 1} of {_layout.Count} tensors were written to the share file '{_path}'.");
        }

        File.Move(_unfinished, _path);
        _over = true;
        EndCipher();
        return new ShareFile(_path, _layout, _stream, _key);
    }

    public void Dispose()
    {
        if (!_over)
        {
            _over = true;
            _stream.Dispose();
            File.Delete(_unfinished);
            CryptographicOperations.ZeroMemory(_key);
            EndCipher();
        }
    }

    private static string UnfinishedOf(string path) => path + ".part";

    private void Flush()
    {
        Span<byte> nonce = stackalloc byte[ShareFileFormat.NonceBytes];
        long number = _written / ShareFileFormat.ChunkBytes;
        ShareFile.WriteNonce(nonce, _tensor, number);
        Span<byte> text = _chunk.AsSpan(0, _filled);
        _cipher.Encrypt(nonce, text, text, _chunk.AsSpan(_filled, ShareFileFormat.TagBytes));
        try
        {
            RandomAccess.Write(Handle, _chunk.AsSpan(0, _filled + ShareFileFormat.TagBytes), _layout.PositionOf(_tensor, number));
        }
        catch (IOException error)
        {
            // Not a failure of the network, and no matter of the owner's: it is for the party's log.
            throw new InvalidOperationException($"The share file '{_unfinished}' could not be written: {error.Message}", error);
        }

        _written += _filled;
        _filled = 0;
    }

    private void RequireComplete()
    {
        ObjectDisposedException.ThrowIf(_over, this);
        if (_tensor >= 0 && _written != _layout[_tensor].Bytes)
        {
            throw new InvalidOperationException($"The tensor '{_layout[_tensor].Name}' of the share file '{_path}' is not complete.");
        }
    }

    private void EndCipher()
    {
        CryptographicOperations.ZeroMemory(_chunk);
        _cipher.Dispose();
    }
}
