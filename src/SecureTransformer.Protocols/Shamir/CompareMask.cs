using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>
/// Shares of masks r, and of the bits of two numbers that add up to r modulo a power of two, and of their bitwise AND: bit j of 64 elements is lane j * words + word.
/// </summary>
internal readonly record struct CompareMask(SecretBuffer Mask, SecretBuffer First, SecretBuffer Second, SecretBuffer Both);
