using System.Text.Json.Serialization;

namespace SecureTransformer.ShareFiles;

/// <summary>
/// The form of a share file, little-endian: magic (8 bytes), version (4), length of the description (4), the description as JSON, zeros up to a multiple of 4,096;
/// then the tensors one after another, each cut into chunks of 1 MiB, the last one shorter. A chunk is stored as its AES-256-GCM encryption and a tag of 16 bytes.
/// The nonce is the tensor's number (4 bytes) and the chunk's (8 bytes); the key serves one file and is never stored.
/// </summary>
internal static class ShareFileFormat
{
    public const int Version = 1;

    public const int PrefixBytes = 16;

    public const int Alignment = 4096;

    public const int ChunkBytes = 1 << 20;

    public const int KeyBytes = 32;

    public const int NonceBytes = 12;

    public const int TagBytes = 16;

    public static ReadOnlySpan<byte> Magic => "STSHARES"u8;

    /// <summary>The bytes that a share takes with its tags.</summary>
    public static long StoredBytes(long bytes) => bytes + (ChunksOf(bytes) * TagBytes);

    public static long ChunksOf(long bytes) => (bytes + (ChunkBytes - 1)) / ChunkBytes;
}

/// <summary>What a share file says of itself, in the clear: whose it is and what stands where. Nothing of it is secret.</summary>
internal sealed class ShareFileDescription
{
    public required string Model { get; init; }

    public required string Protocol { get; init; }

    public required int Party { get; init; }

    /// <summary>The epoch of the shares; null for such as the model's owner handed out.</summary>
    public string? Epoch { get; init; }

    public required int FractionalBits { get; init; }

    public required ShareFileTensor[] Tensors { get; init; }
}

/// <summary>One tensor of a description.</summary>
internal sealed class ShareFileTensor
{
    public required string Name { get; init; }

    public required long[] Shape { get; init; }

    /// <summary>Where its first chunk begins, from the end of the description.</summary>
    public required long Offset { get; init; }

    /// <summary>The bytes of the share, without tags.</summary>
    public required long Bytes { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, MaxDepth = 8, RespectNullableAnnotations = true)]
[JsonSerializable(typeof(ShareFileDescription))]
internal sealed partial class ShareFileJson : JsonSerializerContext;
