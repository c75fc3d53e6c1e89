namespace SecureTransformer.Bench;

/// <summary>What the machine does in a second, measured by itself: on one core, and on all at once.</summary>
/// <param name="Tile">Multiply-adds of the register tile on data in the first-level cache, one core.</param>
/// <param name="Kernel">Multiply-adds of a product of 1024x1024 matrices.</param>
/// <param name="BertKernel">Multiply-adds of a product 128x768 . 768x3072.</param>
/// <param name="Products">64-bit products of two vectors in cache, element by element.</param>
/// <param name="Aes">Bytes of AES-128 in counter mode.</param>
/// <param name="Copy">Bytes copied between arrays that no cache holds.</param>
/// <param name="Memory">Channels in memory.</param>
/// <param name="Tls">Channels between processes over TLS on loopback.</param>
internal sealed record MeasuredRates(
    double Tile, CoreRate Kernel, CoreRate BertKernel, CoreRate Products, CoreRate Aes, CoreRate Copy, ChannelRate Memory, ChannelRate Tls);

/// <summary>A rate on one core, and of all cores together.</summary>
internal sealed record CoreRate(double OneCore, double AllCores);

/// <summary>What three parties' channels do.</summary>
/// <param name="BytesPerSecond">All three parties' bytes, each sending to the next and receiving from the one before at once, copied in and out.</param>
/// <param name="RoundSeconds">From one such exchange of 8 bytes to the next.</param>
internal sealed record ChannelRate(double BytesPerSecond, double RoundSeconds);
