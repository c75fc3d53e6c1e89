namespace SecureTransformer.Numerics;

internal enum AesPath
{
    Software,
    X86,
    Arm,
}

/// <summary>The block function of <see cref="AesCtrPrg"/>: one implementation for each kind of machine, all with the same output.</summary>
internal abstract class AesCtrCore : IDisposable
{
    public static AesPath BestPath =>
        AesCtrX86.IsSupported ? AesPath.X86 :
        AesCtrArm.IsSupported ? AesPath.Arm :
        AesPath.Software;

    public static bool IsSupported(AesPath path) => path switch
    {
        AesPath.X86 => AesCtrX86.IsSupported,
        AesPath.Arm => AesCtrArm.IsSupported,
        _ => true,
    };

    public static AesCtrCore Create(ReadOnlySpan<byte> key, AesPath path) => path switch
    {
        AesPath.X86 => new AesCtrX86(key),
        AesPath.Arm => new AesCtrArm(key),
        _ => new AesCtrSoftware(key),
    };

    /// <summary>Writes the encryptions of the counter blocks (high, low), (high, low + 1), ...; the low word does not wrap.</summary>
    public abstract unsafe void Generate(ulong high, ulong low, byte* destination, nuint blocks);

    public abstract void Dispose();
}
