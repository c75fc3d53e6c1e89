using SecureTransformer.Protocols.BitCircuits;
using SecureTransformer.Protocols.Replicated;
using static SecureTransformer.Protocols.Tests.Arithmetic;
using Kernels = SecureTransformer.Protocols.Replicated.TruncationKernels;

namespace SecureTransformer.Protocols.Tests;

/// <summary>The local passes of truncations and selections, with the messages between parties cut to the bytes that are sent.</summary>
public class TruncationKernelTests
{
    public static TheoryData<int, int> Truncations
    {
        get
        {
            var data = new TheoryData<int, int>();
            for (int ringBits = 24; ringBits <= 64; ringBits += 8)
            {
                foreach (int shift in new[] { 0, 1, 6, 7, 13, 18, ringBits - 2 })
                {
                    if (shift > 0 || ringBits < 64)
                    {
                        data.Add(ringBits, shift);
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Truncations))]
    public void A_value_known_in_a_ring_is_truncated_into_the_whole_one(int ringBits, int shift)
    {
        const int count = Kernels.Block + 3;
        var layout = new TruncationLayout(shift, ringBits);
        long most = (1L << (ringBits - 2)) - 1;
        long[] values = [.. Words(1, count).Select((w, i) => (i % 4) switch
        {
            0 => (long)w >> (66 - ringBits),
            1 => most - (long)(w >> 60),
            2 => -most - 1 + (long)(w >> 60),
            _ => (long)w >> 56,
        })];

        // Only the low bits of the additive shares count.
        ulong[] z0 = Words(2, count);
        ulong[] z1 = Words(3, count);
        ulong[] z2 = [.. Words(4, count).Select((w, i) => unchecked((ulong)values[i] - z0[i] - z1[i] + (ringBits == 64 ? 0 : w << ringBits)))];
        ulong[] s0 = Narrow(Words(5, count), layout.OpenedBytes);
        ulong[] s1 = Narrow(Words(6, count), layout.OpenedBytes);
        ulong[] q0 = Words(7, count);
        ulong[] e0 = Narrow(Words(8, count), layout.BitBytes);
        ulong[] n0 = Narrow(Words(9, count), layout.BitBytes);
        ulong[] n2 = Narrow(Words(10, count), layout.BitBytes);

        (ulong[] y2, ulong[] y0, ulong[] q2, ulong[] e2) = (z2, new ulong[count], new ulong[count], new ulong[count]);
        Kernels.Deal(
            new Kernels.DealtBlock { First = y2, Second = y0, Quotients = q2, Bits = e2, Mask0 = s0, Mask1 = s1, Quotient0 = q0, Bit0 = e0, BitMask0 = n0, BitMask2 = n2 }, layout);
        (ulong[] m0, ulong[] m1) = (new ulong[count], new ulong[count]);
        Kernels.Mask(z0, s0, m0);
        Kernels.Mask(z1, s1, m1);
        Assert.Equal(z0, m0);
        (ulong[] at0, ulong[] bit0, ulong[] y0At0) = Combine(z0, m1, q0, e0, n0);
        (ulong[] at1, ulong[] bit1, ulong[] y2At1) = Combine(z1, m0, q2, Narrow(e2, layout.BitBytes), n2);
        AddBits(bit1, at0);
        AddBits(bit0, at1);

        Assert.Equal(at0, at1);
        Assert.Equal(y0, y0At0);
        Assert.Equal(y2, y2At1);
        for (int i = 0; i < count; i++)
        {
            long up = (long)unchecked(y0[i] + at0[i] + y2[i]) - (values[i] >> shift);
            if (!(up == 0 || (up == 1 && (values[i] & ((1L << shift) - 1)) != 0)))
            {
                Assert.Fail($"Element {i}: {values[i]} / 2^{shift} gave its floor and {up} more.");
            }
        }

        (ulong[] Open, ulong[] Bits, ulong[] Own) Combine(ulong[] masked, ulong[] theirs, ulong[] quotient, ulong[] bit, ulong[] mask)
        {
            (ulong[] open, ulong[] bits, ulong[] own) = (new ulong[count], new ulong[count], new ulong[count]);
            Kernels.Combine(
                new Kernels.OpenedBlock
                {
                    Masked = masked, Theirs = Narrow(theirs, layout.OpenedBytes), Quotient = quotient, Bit = bit, BitMask = mask, Open = open, Own = own, Bits = bits,
                },
                layout);
            return (open, bits, own);
        }

        void AddBits(ulong[] bits, ulong[] target)
        {
            byte[] sent = new byte[count * layout.BitBytes];
            NarrowWords.Write(bits, layout.BitBytes, sent);
            NarrowWords.AddShifted(sent, layout.BitBytes, 63 - layout.Shift, target);
        }
    }

    [Fact]
    public void Vectors_of_every_length_give_the_same_words()
    {
        const int count = 71;
        foreach ((int shift, int ringBits) in new[] { (18, 64), (61, 64), (1, 64), (0, 24), (13, 40) })
        {
            var layout = new TruncationLayout(shift, ringBits);
            Same(words => Kernels.Deal<RingWord>(0, Dealt(words), layout), words => Kernels.Deal<NativeRingWords>(0, Dealt(words), layout), words => Kernels.Deal<EightRingWords>(0, Dealt(words), layout));
            Same(words => Kernels.Combine<RingWord>(0, Opened(words), layout), words => Kernels.Combine<NativeRingWords>(0, Opened(words), layout), words => Kernels.Combine<EightRingWords>(0, Opened(words), layout));
        }

        Same(w => Kernels.Mask<RingWord>(0, w[0], w[1], w[2]), w => Kernels.Mask<NativeRingWords>(0, w[0], w[1], w[2]), w => Kernels.Mask<EightRingWords>(0, w[0], w[1], w[2]));

        Same(
            w => SelectionKernels.Deal<RingWord>(0, w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]),
            w => SelectionKernels.Deal<NativeRingWords>(0, w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]),
            w => SelectionKernels.Deal<EightRingWords>(0, w[0], w[1], w[2], w[3], w[4], w[5], w[6], w[7]));
        foreach (bool both in new[] { false, true })
        {
            Same(
                w => SelectionKernels.Combine<RingWord>(0, w[0], w[1], w[2], w[3], w[4], both, w[5]),
                w => SelectionKernels.Combine<NativeRingWords>(0, w[0], w[1], w[2], w[3], w[4], both, w[5]),
                w => SelectionKernels.Combine<EightRingWords>(0, w[0], w[1], w[2], w[3], w[4], both, w[5]));
        }

        Same(
            w => SelectionKernels.Mask<RingWord>(0, w[0], w[1], w[2]),
            w => SelectionKernels.Mask<NativeRingWords>(0, w[0], w[1], w[2]),
            w => SelectionKernels.Mask<EightRingWords>(0, w[0], w[1], w[2]));

        static Kernels.DealtBlock Dealt(ulong[][] w) => new()
        {
            First = w[0], Second = w[1], Quotients = w[2], Bits = w[3], Mask0 = w[4], Mask1 = w[5], Quotient0 = w[6], Bit0 = w[7], BitMask0 = w[8], BitMask2 = w[9],
        };

        static Kernels.OpenedBlock Opened(ulong[][] w) => new()
        {
            Masked = w[0], Theirs = w[1], Quotient = w[2], Bit = w[3], BitMask = w[4], Open = w[0], Own = w[5], Bits = w[6],
        };

        static void Same(params Func<ulong[][], int>[] kernels)
        {
            ulong[][][] results = [.. kernels.Select(_ => Enumerable.Range(0, 10).Select(i => Words((ulong)i, count)).ToArray())];
            int[] done = [.. kernels.Select((kernel, i) => kernel(results[i]))];
            Assert.Equal(count, done[0]);
            Assert.Equal(count / 8 * 8, done[^1]);
            Assert.NotEqual(Enumerable.Range(0, 10).SelectMany(i => Words((ulong)i, count)), results[0].SelectMany(words => words));
            for (int k = 1; k < kernels.Length; k++)
            {
                Assert.InRange(done[k], 1, count);
                Assert.All(results[k], (words, i) => Assert.Equal(results[0][i][..done[k]], words[..done[k]]));
                Assert.All(results[k], (words, i) => Assert.Equal(Words((ulong)i, count)[done[k]..], words[done[k]..]));
            }
        }
    }

    [Fact]
    public void Narrow_words_are_read_as_they_were_written()
    {
        for (int width = 1; width <= 8; width++)
        {
            for (int count = 1; count <= 90; count++)
            {
                ulong[] words = Words((ulong)count, count);
                ulong[] expected = Narrow(words, width);
                byte[] bytes = new byte[(count * width) + NarrowWords.Slack];
                bytes.AsSpan(count * width).Fill(0xa5);
                NarrowWords.Write(words, width, bytes.AsSpan(0, count * width));
                Assert.All(bytes[(count * width)..], b => Assert.Equal(0xa5, b));
                ulong[] read = Words(99, count);
                NarrowWords.Read(bytes.AsSpan(0, count * width), width, read);
                Assert.Equal(expected, read);
                read = Words(99, count);
                NarrowWords.Read(bytes, width, read);
                Assert.Equal(expected, read);
                ulong[] sums = Words(98, count);
                NarrowWords.AddShifted(bytes.AsSpan(0, count * width), width, 5, sums);
                Assert.Equal(Words(98, count).Select((w, i) => unchecked(w + (expected[i] << 5))), sums);
            }
        }
    }

    [Theory]
    [InlineData(-1, 64)]
    [InlineData(63, 64)]
    [InlineData(23, 24)]
    [InlineData(5, 16)]
    [InlineData(5, 36)]
    [InlineData(5, 72)]
    public void Truncations_out_of_range_are_refused(int shift, int ringBits) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new TruncationLayout(shift, ringBits));

    private static ulong[] Narrow(ulong[] words, int bytes) => [.. words.Select(w => bytes == 8 ? w : w & ((1UL << (8 * bytes)) - 1))];
}
