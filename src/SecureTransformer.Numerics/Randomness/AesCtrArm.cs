using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ArmAes = System.Runtime.Intrinsics.Arm.Aes;

namespace SecureTransformer.Numerics;

/// <summary>The ARMv8 cryptographic extension. AESE adds the round key first, so the keys sit one step earlier than on x86.</summary>
internal sealed unsafe class AesCtrArm : AesCtrCore
{
    private readonly AesKeySchedule _schedule;

    public AesCtrArm(ReadOnlySpan<byte> key) => _schedule = new(key, &Substitute);

    public static new bool IsSupported => ArmAes.IsSupported && BitConverter.IsLittleEndian;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Generate(ulong high, ulong low, byte* destination, nuint blocks)
    {
        byte* k = _schedule.Pointer;
        ulong domain = BinaryPrimitives.ReverseEndianness(high);
        for (; blocks >= 4; blocks -= 4, destination += 64)
        {
            Vector128<byte> b0 = Counter(domain, low);
            Vector128<byte> b1 = Counter(domain, unchecked(low + 1));
            Vector128<byte> b2 = Counter(domain, unchecked(low + 2));
            Vector128<byte> b3 = Counter(domain, unchecked(low + 3));
            low = unchecked(low + 4);
            for (int round = 0; round < 9; round++)
            {
                Vector128<byte> key = Vector128.Load(k + 16 * round);
                b0 = ArmAes.MixColumns(ArmAes.Encrypt(b0, key));
                b1 = ArmAes.MixColumns(ArmAes.Encrypt(b1, key));
                b2 = ArmAes.MixColumns(ArmAes.Encrypt(b2, key));
                b3 = ArmAes.MixColumns(ArmAes.Encrypt(b3, key));
            }

            Vector128<byte> key9 = Vector128.Load(k + 144);
            Vector128<byte> key10 = Vector128.Load(k + 160);
            (ArmAes.Encrypt(b0, key9) ^ key10).Store(destination);
            (ArmAes.Encrypt(b1, key9) ^ key10).Store(destination + 16);
            (ArmAes.Encrypt(b2, key9) ^ key10).Store(destination + 32);
            (ArmAes.Encrypt(b3, key9) ^ key10).Store(destination + 48);
        }

        for (; blocks > 0; blocks--, destination += 16)
        {
            Vector128<byte> b = Counter(domain, low);
            low = unchecked(low + 1);
            for (int round = 0; round < 9; round++)
            {
                b = ArmAes.MixColumns(ArmAes.Encrypt(b, Vector128.Load(k + 16 * round)));
            }

            (ArmAes.Encrypt(b, Vector128.Load(k + 144)) ^ Vector128.Load(k + 160)).Store(destination);
        }
    }

    public override void Dispose() => _schedule.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<byte> Counter(ulong domain, ulong low) =>
        Vector128.Create(domain, BinaryPrimitives.ReverseEndianness(low)).AsByte();

    // All four columns are equal, so that the row shift of AESE changes nothing.
    private static uint Substitute(uint word) => ArmAes.Encrypt(Vector128.Create(word).AsByte(), Vector128<byte>.Zero).AsUInt32().ToScalar();
}
