using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Stored;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>
/// What weights the masks of a store were used for: this party's shares of random linear combinations of each matrix that was opened, two for each attempt. A mask must hide one
/// matrix only, so when a model is loaded again the parties first compare those of one attempt, on shares.
/// </summary>
/// <remarks>
/// The coefficients are public and fixed with the store. Two words: a different matrix passes with a probability of 2^-128, times the square of the power of two that divides the
/// difference. An attempt that fails tells two combinations of the difference, and with the other matrix two of the one that the mask hides: whoever knows them makes a matrix that
/// agrees in them. So each attempt has coefficients of its own, and after the last no weights are opened any more.
/// </remarks>
internal sealed class WeightTags : IDisposable
{
    /// <summary>The words of a tag that one attempt compares.</summary>
    public const int Words = 2;

    /// <summary>How often other weights may be tried.</summary>
    public const int Attempts = 4;

    private const int Entry = sizeof(long) + (Attempts * Words * sizeof(ulong)) + CheckSize;
    private const int CheckSize = 16;

    private readonly FileStream _file;
    private readonly byte[] _context;
    private readonly string _coefficients;
    private readonly Dictionary<int, ulong[]> _tags = [];
    private readonly Lock _gate = new();

    private WeightTags(FileStream file, string context, string coefficients)
    {
        _file = file;
        _context = Encoding.ASCII.GetBytes(context);
        _coefficients = coefficients;
    }

    /// <summary>Writes the key of a party's shares of the masks of weights, with a check.</summary>
    public static void WriteKey(string path, MaterialStoreDescription store, ReadOnlySpan<byte> key)
    {
        using FileStream file = PrivateFile.Create(path);
        file.Write(key);
        file.Write(CheckOf(Encoding.ASCII.GetBytes($"weights {store.Identity} {store.Party}"), key));
        file.Flush(flushToDisk: true);
    }

    /// <exception cref="InvalidDataException">The file is missing, damaged, or of another store or party.</exception>
    public static byte[] ReadKey(string path, MaterialStoreDescription store)
    {
        byte[] bytes = File.Exists(path) && new FileInfo(path).Length == PairwiseRandomness.KeySize + CheckSize ? File.ReadAllBytes(path) : [];
        byte[] key = bytes.Length == 0 ? [] : bytes[..PairwiseRandomness.KeySize];
        bool isRight = key.Length > 0 && CheckOf(Encoding.ASCII.GetBytes($"weights {store.Identity} {store.Party}"), key).AsSpan().SequenceEqual(bytes.AsSpan(key.Length));
        CryptographicOperations.ZeroMemory(bytes);
        return isRight ? key : throw new InvalidDataException($"{path}: the file is missing or damaged, or is not that of party {store.Party} of the store {store.Identity}.");
    }

    /// <summary>Begins without a tag.</summary>
    public static void Create(string path) => PrivateFile.Create(path).Dispose();

    /// <summary>Opens the tags.</summary>
    /// <exception cref="InvalidDataException">The file is missing or damaged.</exception>
    public static WeightTags Open(string path, MaterialStoreDescription store)
    {
        FileStream file = PrivateFile.OpenAlone(path, "the tags of weights are missing, so nobody knows what the masks were used for; the store cannot be used any more.");
        string context = $"tags {store.Identity} {store.Party}";
        var tags = new WeightTags(file, context, $"coefficients {store.Identity}");
        try
        {
            tags.Load();
            return tags;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>The attempts that failed: the number of the next, from 0.</summary>
    public int Failed
    {
        get
        {
            lock (_gate)
            {
                return _tags.Keys.Count(number => number < 0);
            }
        }
    }

    /// <summary>This party's share of the tag of a matrix for all attempts, from its share of the matrix.</summary>
    public ulong[] Of(int number, ReadOnlySpan<ulong> share, SecretBufferPool pool)
    {
        var tag = new ulong[Attempts * Words];
        for (int attempt = 0; attempt < Attempts; attempt++)
        {
            Of(number, share, attempt, tag.AsSpan(attempt * Words, Words), pool);
        }

        return tag;
    }

    /// <summary>That for one attempt.</summary>
    public void Of(int number, ReadOnlySpan<ulong> share, int attempt, Span<ulong> tag, SecretBufferPool pool)
    {
        byte[] key = SHA256.HashData(Encoding.ASCII.GetBytes($"{_coefficients} {attempt}"))[..PairwiseRandomness.KeySize];
        using SecretBuffer coefficients = pool.Rent(Chunks.Size);
        using AesCtrPrg prg = PairwiseRandomness.Open(key, Purpose.MatrixMask, number);
        tag.Clear();
        for (int w = 0; w < Words; w++)
        {
            foreach ((int start, int length) in new Chunks(share.Length))
            {
                Span<ulong> factors = coefficients.Span[..length];
                prg.Fill(factors);
                tag[w] = unchecked(tag[w] + RingKernels.Dot(share.Slice(start, length), factors));
            }
        }
    }

    /// <summary>Notes that an attempt failed. When this returns, the disk says so.</summary>
    public void Fail(int attempt)
    {
        // It stands among the tags, under a number that no matrix has.
        Add(-1 - attempt, new ulong[Attempts * Words]);
    }

    /// <summary>The tag of the matrix that a mask was used for; null where it has not been used.</summary>
    public ulong[]? Find(int number)
    {
        lock (_gate)
        {
            return _tags.GetValueOrDefault(number);
        }
    }

    /// <summary>Held by party 0 while it compares the tags of a matrix with the other parties, so that two sessions which load at once do not both find none.</summary>
    public SemaphoreSlim Comparison { get; } = new(1, 1);

    /// <summary>Remembers what a mask is used for. When this returns, the disk says so. To remember the same share again does nothing.</summary>
    /// <exception cref="ProtocolException">The mask was used for another share meanwhile.</exception>
    public void Add(int number, ulong[] tag)
    {
        lock (_gate)
        {
            if (_tags.TryGetValue(number, out ulong[]? known))
            {
                if (!CryptographicOperations.FixedTimeEquals(MemoryMarshal.AsBytes(known.AsSpan()), MemoryMarshal.AsBytes(tag.AsSpan())))
                {
                    throw new ProtocolException("Another session loads weights with the same stored material for the first time; load one after the other.");
                }

                return;
            }

            Span<byte> entry = stackalloc byte[Entry];
            MemoryMarshal.Write(entry, (long)number);
            MemoryMarshal.AsBytes(tag.AsSpan()).CopyTo(entry[sizeof(long)..]);
            CheckOf(_context, entry[..^CheckSize]).CopyTo(entry[^CheckSize..]);

            // Over what a write that failed may have left.
            _file.Position = (long)_tags.Count * Entry;
            _file.Write(entry);
            _file.Flush(flushToDisk: true);
            _tags.Add(number, tag);
        }
    }

    public void Dispose()
    {
        foreach (ulong[] tag in _tags.Values)
        {
            Array.Clear(tag);
        }

        Comparison.Dispose();
        _file.Dispose();
    }

    private void Load()
    {
        Span<byte> entry = stackalloc byte[Entry];
        long whole = _file.Length / Entry * Entry;
        while (_file.Position < whole)
        {
            long at = _file.Position;
            _file.ReadExactly(entry);
            ulong[] tag = MemoryMarshal.Cast<byte, ulong>(entry[sizeof(long)..^CheckSize]).ToArray();
            if (!CheckOf(_context, entry[..^CheckSize]).AsSpan().SequenceEqual(entry[^CheckSize..]) || !_tags.TryAdd((int)MemoryMarshal.Read<long>(entry), tag))
            {
                throw new InvalidDataException($"{_file.Name}: the file is damaged at byte {at}.");
            }
        }

        // What a write that broke off left was not relied upon.
        _file.SetLength(whole);
    }

    private static byte[] CheckOf(ReadOnlySpan<byte> context, ReadOnlySpan<byte> content)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(context);
        hash.AppendData(content);
        return hash.GetHashAndReset()[..CheckSize];
    }
}
