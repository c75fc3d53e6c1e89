namespace SecureTransformer.Numerics;

public sealed class AesCtrPrgTests
{
    public static TheoryData<int> Paths()
    {
        TheoryData<int> data = [];
        foreach (AesPath path in Enum.GetValues<AesPath>())
        {
            if (AesCtrCore.IsSupported(path))
            {
                data.Add((int)path);
            }
        }

        return data;
    }

    /// <summary>NIST SP 800-38A, F.5.1 CTR-AES128.Encrypt: the output blocks, before the plaintext is added.</summary>
    [Theory]
    [MemberData(nameof(Paths))]
    public void Nist_counter_mode_vectors(int path)
    {
        using AesCtrPrg prg = new(Convert.FromHexString("2b7e151628aed2a6abf7158809cf4f3c"), 0xf0f1f2f3f4f5f6f7, (AesPath)path) { Position = 0xf8f9fafbfcfdfeff };
        byte[] output = new byte[64];
        prg.Fill(output);
        string plaintext = "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e5130c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710";
        byte[] ciphertext = [.. Convert.FromHexString(plaintext).Zip(output, (x, y) => (byte)(x ^ y))];
        Assert.Equal(
            "874D6191B620E3261BEF6864990DB6CE9806F66B7970FDFF8617187BB9FFFDFF5AE4DF3EDBD5D35E5B4F09020DB03EAB1E031DDA2FBE03D1792170A0F3009CEE",
            Convert.ToHexString(ciphertext));
    }

    /// <summary>FIPS 197, appendix C.1.</summary>
    [Theory]
    [MemberData(nameof(Paths))]
    public void Fips_197_vector(int path)
    {
        using AesCtrPrg prg = new(Convert.FromHexString("000102030405060708090a0b0c0d0e0f"), 0x0011223344556677, (AesPath)path) { Position = 0x8899aabbccddeeff };
        byte[] output = new byte[16];
        prg.Fill(output);
        Assert.Equal("69C4E0D86A7B0430D8CDB78070B4C55A", Convert.ToHexString(output));
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public void Every_path_gives_the_same_stream_for_every_length(int path)
    {
        byte[] key = Convert.FromHexString("00112233445566778899aabbccddeeff");
        using AesCtrPrg expected = new(key, 7, AesPath.Software);
        using AesCtrPrg actual = new(key, 7, (AesPath)path);
        for (int length = 0; length < 300; length++)
        {
            byte[] x = new byte[length];
            byte[] y = new byte[length];
            expected.Fill(x);
            actual.Fill(y);
            Assert.Equal(x, y);
            Assert.Equal(expected.Position, actual.Position);
        }

        byte[] large = new byte[10_001];
        byte[] other = new byte[10_001];
        expected.Fill(large);
        actual.Fill(other);
        Assert.Equal(large, other);
    }

    [Fact]
    public void A_fill_begins_at_a_fresh_block()
    {
        byte[] key = new byte[16];
        using AesCtrPrg prg = new(key, 1);
        prg.Fill(new byte[17]);
        Assert.Equal(2UL, prg.Position);
        byte[] third = new byte[16];
        prg.Fill(third);

        using AesCtrPrg skipped = new(key, 1);
        skipped.SkipBlocks(2);
        byte[] alsoThird = new byte[16];
        skipped.Fill(alsoThird);
        Assert.Equal(third, alsoThird);

        skipped.Position = 2;
        Assert.Equal(BitConverter.ToUInt64(third), skipped.NextUInt64());
    }

    [Fact]
    public void A_fill_at_a_block_is_that_part_of_the_stream_and_moves_nothing()
    {
        using AesCtrPrg prg = TestPrg.Create(11);
        byte[] whole = new byte[1000];
        prg.Fill(whole);
        prg.Position = 7;
        Parallel.For(0, 50, block =>
        {
            byte[] part = new byte[whole.Length - (16 * block)];
            prg.FillAt((ulong)block, part.AsSpan());
            Assert.Equal(whole[(16 * block)..], part);
        });
        ulong[] words = new ulong[5];
        prg.FillAt(2, words.AsSpan());
        Assert.Equal(whole.AsSpan(32, 40), System.Runtime.InteropServices.MemoryMarshal.AsBytes(words.AsSpan()));
        Assert.Equal(7UL, prg.Position);
        Assert.Throws<OverflowException>(() => prg.FillAt(ulong.MaxValue, whole.AsSpan()));
    }

    [Fact]
    public void Words_are_the_bytes_in_little_endian_order()
    {
        using AesCtrPrg prg = TestPrg.Create(3);
        byte[] bytes = new byte[40];
        ulong[] words = new ulong[5];
        uint[] halves = new uint[10];
        prg.Fill(bytes);
        prg.Position = 0;
        prg.Fill(words);
        prg.Position = 0;
        prg.Fill(halves);
        Assert.Equal(bytes.Chunk(8).Select(b => BitConverter.ToUInt64(b)), words);
        Assert.Equal(bytes.Chunk(4).Select(b => BitConverter.ToUInt32(b)), halves);
    }

    [Fact]
    public void Domains_and_keys_separate_streams()
    {
        byte[] key = new byte[16];
        using AesCtrPrg one = new(key, 1);
        using AesCtrPrg two = new(key, 2);
        key[5] = 1;
        using AesCtrPrg three = new(key, 1);
        ulong[] words = [one.NextUInt64(), two.NextUInt64(), three.NextUInt64()];
        Assert.Equal(3, words.Distinct().Count());
    }

    [Fact]
    public void The_bits_are_balanced()
    {
        long ones = TestPrg.Words(5, 1 << 16).Sum(w => (long)ulong.PopCount(w));
        // 2^22 fair bits: six standard deviations are 6144.
        Assert.InRange(ones, (1L << 21) - 6144, (1L << 21) + 6144);
    }

    [Fact]
    public void The_counter_does_not_wrap()
    {
        using AesCtrPrg prg = TestPrg.Create(1);
        prg.Position = ulong.MaxValue;
        Assert.Throws<OverflowException>(() => prg.Fill(new byte[32]));
        Assert.Throws<OverflowException>(() => prg.SkipBlocks(1));
    }

    [Fact]
    public void Wrong_keys_and_use_after_dispose_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new AesCtrPrg(new byte[15], 0));
        AesCtrPrg prg = TestPrg.Create(1);
        prg.Dispose();
        prg.Dispose();
        Assert.Throws<ObjectDisposedException>(() => prg.NextUInt64());
    }
}
