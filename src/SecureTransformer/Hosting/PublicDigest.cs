using System.Security.Cryptography;
using SecureTransformer.Models;

namespace SecureTransformer.Hosting;

/// <summary>How parties, owners and clients know public texts that must be the same: SHA-256 in hexadecimal digits.</summary>
internal static class PublicDigest
{
    public static string Of(ReadOnlySpan<byte> text) => Convert.ToHexStringLower(SHA256.HashData(text));

    public static string OfText(string text) => Of(System.Text.Encoding.UTF8.GetBytes(text));

    public static string Of(ModelConfig config) => Of(config.ToJson());
}
