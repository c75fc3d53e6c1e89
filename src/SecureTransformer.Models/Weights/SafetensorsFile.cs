using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace SecureTransformer.Models;

/// <summary>
/// One <c>.safetensors</c> file, opened for reading. The header is checked in full when the file is opened; tensors are read in blocks at
/// their offsets, never memory-mapped, so that a file that changes underneath is an exception and not the end of the process.
/// Reading is safe from several threads at once.
/// </summary>
public sealed class SafetensorsFile : IDisposable
{
    private readonly SafeFileHandle _handle;
    private readonly Dictionary<string, TensorInfo> _byName;

    private SafetensorsFile(string path, SafeFileHandle handle, List<TensorInfo> tensors)
    {
        Path = path;
        _handle = handle;
        Tensors = tensors.AsReadOnly();
        _byName = tensors.ToDictionary(t => t.Name, StringComparer.Ordinal);
    }

    /// <summary>The path the file was opened with.</summary>
    public string Path { get; }

    /// <summary>All tensors, in the order of their data.</summary>
    public IReadOnlyList<TensorInfo> Tensors { get; }

    /// <summary>The names of all tensors, in the order of their data.</summary>
    public IEnumerable<string> Names => Tensors.Select(t => t.Name);

    /// <summary>Opens a file and checks its header.</summary>
    /// <param name="path">Path of the file.</param>
    /// <exception cref="InvalidDataException">The header is damaged, or does not fit the file; names the file and, where there is one, the tensor and the offset.</exception>
    /// <exception cref="IOException">The file is missing or cannot be read.</exception>
    public static SafetensorsFile Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        SafeFileHandle handle = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.Read, FileOptions.RandomAccess);
        try
        {
            long fileLength = RandomAccess.GetLength(handle);
            Span<byte> prefix = stackalloc byte[8];
            if (fileLength < 8)
            {
                throw new InvalidDataException($"{path}: the file has {fileLength} bytes; a safetensors file starts with an 8-byte header length (offset 0).");
            }

            TensorReader.Fill(handle, prefix, 0, path, "the header length");
            ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
            if (length > SafetensorsHeader.MaxLength || length > (ulong)(fileLength - 8))
            {
                throw new InvalidDataException(
                    $"{path}: the header length is {length} (offset 0); the file has {fileLength} bytes and the limit is {SafetensorsHeader.MaxLength}.");
            }

            byte[] json = new byte[(int)length];
            TensorReader.Fill(handle, json, 8, path, "the header");
            return new SafetensorsFile(path, handle, SafetensorsHeader.Parse(json, path, fileLength - 8 - json.Length));
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Whether the file holds a tensor of this name.</summary>
    /// <param name="name">The tensor's name.</param>
    public bool Contains(string name) => _byName.ContainsKey(name);

    /// <summary>Finds a tensor.</summary>
    /// <param name="name">The tensor's name.</param>
    /// <exception cref="InvalidDataException">There is no such tensor; the message lists names close to it.</exception>
    public TensorInfo Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        return _byName.TryGetValue(name, out TensorInfo? tensor) ? tensor : throw ModelWeights.Missing(name, Path, _byName.Keys);
    }

    /// <summary>Reads consecutive elements of a tensor in row-major order, converted to double (exact for every readable type).</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="start">Index of the first element.</param>
    /// <param name="destination">Receives the elements; its length says how many.</param>
    /// <exception cref="InvalidDataException">The tensor is missing, its element type cannot be read, or the file has become shorter.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The block does not lie within the tensor.</exception>
    /// <exception cref="IOException">Reading failed.</exception>
    public void Read(string name, long start, Span<double> destination) => TensorReader.Read(_handle, Find(name), start, destination);

    /// <inheritdoc cref="Read(string, long, Span{double})" path="/exception"/>
    /// <summary>Reads consecutive elements of a tensor in row-major order, converted to float (exact for every readable type).</summary>
    /// <param name="name">The tensor's name.</param>
    /// <param name="start">Index of the first element.</param>
    /// <param name="destination">Receives the elements; its length says how many.</param>
    public void Read(string name, long start, Span<float> destination) => TensorReader.Read(_handle, Find(name), start, destination);

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();
}
