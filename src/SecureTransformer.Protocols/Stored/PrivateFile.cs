namespace SecureTransformer.Protocols.Stored;

/// <summary>Files and folders that on Unix only their owner can read.</summary>
internal static class PrivateFile
{
    /// <summary>Makes a file that was not there.</summary>
    public static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = 1 << 20 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    /// <summary>Opens a file that no other process may have open, for reads and writes that are not buffered.</summary>
    /// <exception cref="InvalidDataException">It is missing; the message says what that means.</exception>
    /// <exception cref="IOException">Another process has it open, or it cannot be read.</exception>
    public static FileStream OpenAlone(string path, string meaningOfMissing)
    {
        try
        {
            return new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
        }
        catch (FileNotFoundException error)
        {
            throw new InvalidDataException($"{path}: {meaningOfMissing}", error);
        }
    }

    /// <summary>Makes a folder.</summary>
    public static void CreateDirectory(string path)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(path);
        }
        else
        {
            Directory.CreateDirectory(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }
}
