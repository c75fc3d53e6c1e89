using System.Buffers.Binary;
using System.Security.Cryptography;
using SecureTransformer.Protocols.Randomness;

namespace SecureTransformer.Protocols.Stored;

/// <summary>
/// What one party draws the material of one run from: the seed of its streams and the key of the masks of the matrices that the run packs itself; at party 0 the seed also
/// gives the key under which the corrections are sealed, so that without this nothing of them can be read.
/// </summary>
internal sealed class RunSecret : IDisposable
{
    /// <summary>Seed, key and check.</summary>
    public const int Size = (2 * PairwiseRandomness.KeySize) + CheckSize;

    private const int CheckSize = 16;

    private readonly byte[] _bytes;

    private RunSecret(byte[] bytes) => _bytes = bytes;

    public ReadOnlySpan<byte> Seed => _bytes.AsSpan(0, PairwiseRandomness.KeySize);

    public ReadOnlySpan<byte> MatrixKey => _bytes.AsSpan(PairwiseRandomness.KeySize, PairwiseRandomness.KeySize);

    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>A fresh secret bound to the public head of its file.</summary>
    public static RunSecret Draw(ReadOnlySpan<byte> head)
    {
        byte[] bytes = GC.AllocateUninitializedArray<byte>(Size, pinned: true);
        RandomNumberGenerator.Fill(bytes.AsSpan(0, Size - CheckSize));
        Check(bytes, head, bytes.AsSpan(Size - CheckSize));
        return new RunSecret(bytes);
    }

    /// <summary>Takes a secret that was read; null when it is not the one that belongs to the head.</summary>
    public static RunSecret? Take(ReadOnlySpan<byte> read, ReadOnlySpan<byte> head)
    {
        Span<byte> check = stackalloc byte[CheckSize];
        Check(read, head, check);
        if (!CryptographicOperations.FixedTimeEquals(check, read[(Size - CheckSize)..]))
        {
            return null;
        }

        byte[] bytes = GC.AllocateUninitializedArray<byte>(Size, pinned: true);
        read.CopyTo(bytes);
        return new RunSecret(bytes);
    }

    /// <summary>The cipher of the corrections of this run.</summary>
    public AesGcm Cipher()
    {
        Span<byte> key = stackalloc byte[PairwiseRandomness.KeySize];
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Seed, key, "corrections"u8, default);
        try
        {
            return new AesGcm(key, AesGcm.TagByteSizes.MaxSize);
        }
        finally
        {
            key.Clear();
        }
    }

    public static void WriteNonce(Span<byte> nonce, long record)
    {
        nonce.Clear();
        BinaryPrimitives.WriteInt64LittleEndian(nonce, record);
    }

    public void Dispose() => CryptographicOperations.ZeroMemory(_bytes);

    private static void Check(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> head, Span<byte> check)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret[..(Size - CheckSize)]);
        hash.AppendData(head);
        Span<byte> full = stackalloc byte[SHA256.HashSizeInBytes];
        hash.GetHashAndReset(full);
        full[..CheckSize].CopyTo(check);
    }
}
