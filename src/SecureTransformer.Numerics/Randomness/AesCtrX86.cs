using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using X86Aes = System.Runtime.Intrinsics.X86.Aes;
using Ssse3 = System.Runtime.Intrinsics.X86.Ssse3;

namespace SecureTransformer.Numerics;

/// <summary>AES-NI, eight blocks in flight: a round has a latency of four cycles and two start in each.</summary>
internal sealed unsafe class AesCtrX86 : AesCtrCore
{
    private readonly AesKeySchedule _schedule;

    public AesCtrX86(ReadOnlySpan<byte> key) => _schedule = new(key, &Substitute);

    public static new bool IsSupported => X86Aes.IsSupported && Ssse3.IsSupported && BitConverter.IsLittleEndian;

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public override void Generate(ulong high, ulong low, byte* destination, nuint blocks)
    {
        byte* k = _schedule.Pointer;
        Vector128<byte> swap = Vector128.Create((byte)7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
        Vector128<ulong> counter = Vector128.Create(high, low);
        Vector128<ulong> one = Vector128.Create(0UL, 1UL);
        Vector128<byte> k0 = Vector128.Load(k);
        Vector128<byte> k1 = Vector128.Load(k + 16);
        Vector128<byte> k2 = Vector128.Load(k + 32);
        Vector128<byte> k3 = Vector128.Load(k + 48);
        Vector128<byte> k4 = Vector128.Load(k + 64);
        Vector128<byte> k5 = Vector128.Load(k + 80);
        Vector128<byte> k6 = Vector128.Load(k + 96);
        Vector128<byte> k7 = Vector128.Load(k + 112);
        Vector128<byte> k8 = Vector128.Load(k + 128);
        Vector128<byte> k9 = Vector128.Load(k + 144);
        Vector128<byte> k10 = Vector128.Load(k + 160);

        for (; blocks >= 8; blocks -= 8, destination += 128)
        {
            Vector128<ulong> c1 = counter + one;
            Vector128<ulong> c2 = c1 + one;
            Vector128<ulong> c3 = c2 + one;
            Vector128<ulong> c4 = c3 + one;
            Vector128<ulong> c5 = c4 + one;
            Vector128<ulong> c6 = c5 + one;
            Vector128<ulong> c7 = c6 + one;
            Vector128<byte> b0 = Ssse3.Shuffle(counter.AsByte(), swap) ^ k0;
            Vector128<byte> b1 = Ssse3.Shuffle(c1.AsByte(), swap) ^ k0;
            Vector128<byte> b2 = Ssse3.Shuffle(c2.AsByte(), swap) ^ k0;
            Vector128<byte> b3 = Ssse3.Shuffle(c3.AsByte(), swap) ^ k0;
            Vector128<byte> b4 = Ssse3.Shuffle(c4.AsByte(), swap) ^ k0;
            Vector128<byte> b5 = Ssse3.Shuffle(c5.AsByte(), swap) ^ k0;
            Vector128<byte> b6 = Ssse3.Shuffle(c6.AsByte(), swap) ^ k0;
            Vector128<byte> b7 = Ssse3.Shuffle(c7.AsByte(), swap) ^ k0;
            counter = c7 + one;
            Round(ref b0, ref b1, ref b2, ref b3, ref b4, ref b5, ref b6, ref b7, k1);
            Round(ref b0, ref b1, ref b2, ref b3, ref b4, ref b5, ref b6, ref b7, k2);
            Round(ref b0, ref b1, ref b2, ref b3, ref b4, ref b5, ref b6, ref b7, k3);
            Round(ref b0, ref b1, ref b2, ref b3, ref b4, ref b5, ref b6, ref b7, k4);
            Round(ref b0, ref b1, ref b2, ref b3, ref b4, ref b5, ref b6, ref b7, k5);
            Round(ref b0, ref b1, ref b2, ref b3, ref b4, ref b5, ref b6, ref b7, k6);
            Round(ref b0, ref b1, ref b2, ref b3, ref b4, ref b5, ref b6, ref b7, k7);
            Round(ref b0, ref b1, ref b2, ref b3, ref b4, ref b5, ref b6, ref b7, k8);
            Round(ref b0, ref b1, ref b2, ref b3, ref b4, ref b5, ref b6, ref b7, k9);
            X86Aes.EncryptLast(b0, k10).Store(destination);
            X86Aes.EncryptLast(b1, k10).Store(destination + 16);
            X86Aes.EncryptLast(b2, k10).Store(destination + 32);
            X86Aes.EncryptLast(b3, k10).Store(destination + 48);
            X86Aes.EncryptLast(b4, k10).Store(destination + 64);
            X86Aes.EncryptLast(b5, k10).Store(destination + 80);
            X86Aes.EncryptLast(b6, k10).Store(destination + 96);
            X86Aes.EncryptLast(b7, k10).Store(destination + 112);
        }

        for (; blocks > 0; blocks--, destination += 16)
        {
            Vector128<byte> b = Ssse3.Shuffle(counter.AsByte(), swap) ^ k0;
            counter += one;
            b = X86Aes.Encrypt(b, k1);
            b = X86Aes.Encrypt(b, k2);
            b = X86Aes.Encrypt(b, k3);
            b = X86Aes.Encrypt(b, k4);
            b = X86Aes.Encrypt(b, k5);
            b = X86Aes.Encrypt(b, k6);
            b = X86Aes.Encrypt(b, k7);
            b = X86Aes.Encrypt(b, k8);
            b = X86Aes.Encrypt(b, k9);
            X86Aes.EncryptLast(b, k10).Store(destination);
        }
    }

    public override void Dispose() => _schedule.Dispose();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Round(
        ref Vector128<byte> b0, ref Vector128<byte> b1, ref Vector128<byte> b2, ref Vector128<byte> b3,
        ref Vector128<byte> b4, ref Vector128<byte> b5, ref Vector128<byte> b6, ref Vector128<byte> b7, Vector128<byte> key)
    {
        b0 = X86Aes.Encrypt(b0, key);
        b1 = X86Aes.Encrypt(b1, key);
        b2 = X86Aes.Encrypt(b2, key);
        b3 = X86Aes.Encrypt(b3, key);
        b4 = X86Aes.Encrypt(b4, key);
        b5 = X86Aes.Encrypt(b5, key);
        b6 = X86Aes.Encrypt(b6, key);
        b7 = X86Aes.Encrypt(b7, key);
    }

    private static uint Substitute(uint word) => X86Aes.KeygenAssist(Vector128.Create(0u, word, 0, 0).AsByte(), 0).AsUInt32().ToScalar();
}
