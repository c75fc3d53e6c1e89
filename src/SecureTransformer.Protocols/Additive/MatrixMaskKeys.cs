using System.Security.Cryptography;
using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;

namespace SecureTransformer.Protocols.Additive;

/// <summary>
/// The keys of this party's shares of the masks of packed matrices: that of a session, and those of the sessions it was opened under, whose matrices it multiplies with too.
/// The mask of a matrix is the same in all of them, so that it is opened once.
/// </summary>
internal sealed class MatrixMaskKeys : IDisposable
{
    /// <summary>A session and at most seven that it stands under.</summary>
    public const int MaxLevels = 8;

    private readonly MatrixMaskKeys? _parent;
    private readonly byte[] _key;
    private readonly WeightTags? _tags;
    private bool _disposed;

    /// <param name="parent">The keys of the session above.</param>
    /// <param name="key">The session's own key.</param>
    /// <param name="tags">Where it is noted what weights the own key's masks were used for, where the key outlives the session.</param>
    public MatrixMaskKeys(MatrixMaskKeys? parent, ReadOnlySpan<byte> key, WeightTags? tags = null)
    {
        _parent = parent;
        _key = key.ToArray();
        _tags = tags;
        Levels = 1 + (parent?.Levels ?? 0);
        if (Levels > MaxLevels)
        {
            throw new ArgumentException($"A session of additive sharing stands under at most {MaxLevels - 1} others.", nameof(parent));
        }
    }

    /// <summary>The number of sessions, this one included.</summary>
    public int Levels { get; }

    /// <summary>This party's share of the mask of a matrix of the session so many levels up.</summary>
    public AesCtrPrg Open(int level, int number)
    {
        if (level > 0)
        {
            return _parent!.Open(level - 1, number);
        }

        // The key is zeros by then, which everyone knows.
        ObjectDisposedException.ThrowIf(_disposed, this);
        return PairwiseRandomness.Open(_key, Purpose.MatrixMask, number);
    }

    /// <summary>The tags of the matrices of the session so many levels up; null where its key ends with it.</summary>
    public WeightTags? TagsOf(int level) => level == 0 ? _tags : _parent!.TagsOf(level - 1);

    /// <summary>Writes all keys, this session's first.</summary>
    public void CopyTo(Span<byte> keys)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        _key.CopyTo(keys);
        _parent?.CopyTo(keys[PairwiseRandomness.KeySize..]);
    }

    /// <summary>The dealer: forgets the keys of all levels, which here are copies of its own.</summary>
    public void DisposeAll()
    {
        Dispose();
        _parent?.DisposeAll();
    }

    public void Dispose()
    {
        _disposed = true;
        CryptographicOperations.ZeroMemory(_key);
    }
}
