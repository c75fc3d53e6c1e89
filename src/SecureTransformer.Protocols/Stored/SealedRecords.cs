using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace SecureTransformer.Protocols.Stored;

/// <summary>Words in a file as records of AES-GCM, numbered through: each is the tag and then the words, encrypted.</summary>
internal static class SealedRecords
{
    /// <summary>The bytes that a record is longer than its words.</summary>
    public const int Overhead = 16;

    /// <summary>Seals words in place and writes them at the end of a file.</summary>
    public static void Append(FileStream file, AesGcm cipher, long record, Span<ulong> words)
    {
        Span<byte> nonce = stackalloc byte[AesGcm.NonceByteSizes.MaxSize];
        Span<byte> tag = stackalloc byte[Overhead];
        Span<byte> bytes = MemoryMarshal.AsBytes(words);
        RunSecret.WriteNonce(nonce, record);
        cipher.Encrypt(nonce, bytes, bytes, tag);
        file.Write(tag);
        file.Write(bytes);
    }

    /// <summary>Reads a record from a place.</summary>
    /// <exception cref="InvalidDataException">The file is damaged there.</exception>
    public static void Read(FileStream file, AesGcm cipher, long record, long offset, Span<ulong> words)
    {
        Span<byte> nonce = stackalloc byte[AesGcm.NonceByteSizes.MaxSize];
        Span<byte> tag = stackalloc byte[Overhead];
        Span<byte> bytes = MemoryMarshal.AsBytes(words);
        RunSecret.WriteNonce(nonce, record);
        try
        {
            ReadExactly(file, offset, tag);
            ReadExactly(file, offset + Overhead, bytes);
            cipher.Decrypt(nonce, bytes, tag, bytes);
        }
        catch (Exception error) when (error is EndOfStreamException or AuthenticationTagMismatchException)
        {
            bytes.Clear();
            throw new InvalidDataException($"{file.Name}: the file is damaged at byte {offset}.", error);
        }
    }

    private static void ReadExactly(FileStream file, long offset, Span<byte> target)
    {
        while (!target.IsEmpty)
        {
            int read = RandomAccess.Read(file.SafeFileHandle, target, offset);
            if (read == 0)
            {
                throw new EndOfStreamException();
            }

            target = target[read..];
            offset += read;
        }
    }
}
