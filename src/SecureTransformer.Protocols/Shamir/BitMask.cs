using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>Shares of uniform bits as numbers and as bits (daBits: Rotaru, Wood 2019, eprint 2019/207).</summary>
internal readonly record struct BitMask(SecretBuffer Numbers, SecretBuffer Bits);
