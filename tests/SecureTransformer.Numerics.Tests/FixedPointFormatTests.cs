namespace SecureTransformer.Numerics;

public sealed class FixedPointFormatTests
{
    [Theory]
    [InlineData(4)]
    [InlineData(18)]
    [InlineData(30)]
    public void Halves_round_to_even(int bits)
    {
        FixedPointFormat format = new(bits);
        double half = 0.5 / format.Scale;
        Assert.Equal(0UL, format.Encode(half, "x"));
        Assert.Equal(2UL, format.Encode(3 * half, "x"));
        Assert.Equal(2UL, format.Encode(5 * half, "x"));
        Assert.Equal(0UL, format.Encode(-half, "x"));
        Assert.Equal(unchecked((ulong)-2L), format.Encode(-3 * half, "x"));
        double[] values = [.. Enumerable.Range(0, 33).Select(i => ((i % 7) - 3) * half)];
        ulong[] encoded = new ulong[values.Length];
        format.Encode(values, encoded, "x");
        Assert.Equal(values.Select(v => format.Encode(v, "x")), encoded);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(18)]
    [InlineData(30)]
    public void Encoding_and_decoding_round_trip(int bits)
    {
        FixedPointFormat format = new(bits);
        double[] values = [.. TestPrg.Words(1, 1001).Select((w, i) => (long)w * Math.ScaleB(1, -1 - bits - (1 + i % 40)))];
        ulong[] encoded = new ulong[values.Length];
        double[] decoded = new double[values.Length];
        float[] narrow = new float[values.Length];
        format.Encode(values, encoded, "x");
        format.Decode(encoded, decoded);
        format.Decode(encoded, narrow);
        for (int i = 0; i < values.Length; i++)
        {
            Assert.Equal(format.Encode(values[i], "x"), encoded[i]);
            Assert.Equal(format.Decode(encoded[i]), decoded[i]);
            Assert.Equal((float)decoded[i], narrow[i]);
            Assert.True(Math.Abs(values[i] - decoded[i]) <= Math.Max(0.5 / format.Scale, Math.Abs(values[i]) * Math.ScaleB(1, -52)));
        }
    }

    [Fact]
    public void Floats_encode_as_the_doubles_they_are()
    {
        float[] values = [.. TestPrg.Words(2, 517).Select(w => (float)(int)w * 1e-6f)];
        ulong[] encoded = new ulong[values.Length];
        FixedPointFormat.Default.Encode(values, encoded, "x");
        Assert.Equal(values.Select(v => FixedPointFormat.Default.Encode((double)v, "x")), encoded);
    }

    [Fact]
    public void Explicit_bits_are_those_used()
    {
        ulong[] encoded = new ulong[1];
        FixedPointFormat.Encode([1.5], encoded, 36, "x");
        Assert.Equal(3UL << 35, encoded[0]);
        double[] decoded = new double[1];
        FixedPointFormat.Decode(encoded, decoded, 36);
        Assert.Equal(1.5, decoded[0]);
        Assert.Equal(7UL, FixedPointFormat.Encode(7.0, 0, "x"));
        Assert.Equal(-1.0, FixedPointFormat.Decode(ulong.MaxValue, 0));
    }

    public static TheoryData<double> Unrepresentable() => [double.NaN, double.PositiveInfinity, double.NegativeInfinity, Math.ScaleB(1, 44), -Math.ScaleB(1, 44), double.MaxValue];

    [Theory]
    [MemberData(nameof(Unrepresentable))]
    public void Out_of_range_names_tensor_and_index_but_not_the_value(double bad)
    {
        foreach (int at in (int[])[0, 5, 8, 15, 16, 20])
        {
            double[] values = new double[21];
            Array.Fill(values, 1.25);
            values[at] = bad;
            float[] floats = [.. values.Select(v => (float)v)];
            ulong[] encoded = new ulong[21];
            string message = Assert.Throws<OverflowException>(() => FixedPointFormat.Default.Encode(values, encoded, "layer.0.weight")).Message;
            Assert.Contains($"layer.0.weight[{at}]", message, StringComparison.Ordinal);
            Assert.DoesNotContain("NaN", message, StringComparison.Ordinal);
            Assert.Contains($"layer.0.weight[{at}]", Assert.Throws<OverflowException>(() => FixedPointFormat.Default.Encode(floats, encoded, "layer.0.weight")).Message, StringComparison.Ordinal);
        }

        Assert.Throws<OverflowException>(() => FixedPointFormat.Default.Encode(bad, "bias"));
    }

    [Fact]
    public void The_largest_values_encode()
    {
        double largest = Math.BitDecrement(Math.ScaleB(1, 44));
        Assert.Equal((ulong)Math.ScaleB(largest, 18), FixedPointFormat.Default.Encode(largest, "x"));
        Assert.Equal(-largest, FixedPointFormat.Default.Decode(FixedPointFormat.Default.Encode(-largest, "x")));
        Assert.Equal(0UL, FixedPointFormat.Default.Encode(double.Epsilon, "x"));
    }

    [Fact]
    public void Wrong_arguments_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new FixedPointFormat(3));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FixedPointFormat(31));
        Assert.Throws<ArgumentException>(() => FixedPointFormat.Default.Encode(new double[2], new ulong[3], "x"));
        Assert.Throws<ArgumentException>(() => FixedPointFormat.Default.Decode(new ulong[2], new double[3]));
        Assert.Throws<ArgumentOutOfRangeException>(() => FixedPointFormat.Decode(0, 62));
    }
}
