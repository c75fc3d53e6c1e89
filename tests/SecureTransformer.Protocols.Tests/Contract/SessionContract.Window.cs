using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <content>Windows around zero, and comparisons that may leave low bits out.</content>
public abstract partial class SessionContract
{
    [Fact]
    public Task Windows_hold_at_their_edges_and_at_those_of_the_width() => RunAsync(async s =>
    {
        for (int width = 3; width <= 64; width++)
        {
            foreach (int windowBits in new[] { 1, width / 2, width - 2 }.Distinct())
            {
                long half = 1L << (windowBits - 1);
                long least = (long.MinValue >> (64 - width)) + half;
                long[] values = [least, least + 1, -half - 1, -half, -half + 1, -1, 0, 1, half - 1, half, half + 1, ~least - 1, ~least];
                values = [.. values.Where(v => v >= least && v <= ~least && (Kind != MpcProtocol.PlaintextFloat64 || v == (long)(double)v))];
                using SecretTensor x = await RingAsync(s, values);
                (SecretBits inside, SecretBits below) = await s.WindowAsync(x, windowBits, width);
                Assert.Equal(values.Select(v => v < -half), await s.RevealAsync(below));
                Assert.Equal(values.Select(v => v >= -half && v < half), await s.RevealAsync(inside));
            }
        }
    });

    [Theory]
    [InlineData(21, 44, 130_000)]
    [InlineData(4, 12, 64_001)]
    [InlineData(11, 13, 5)]
    [InlineData(40, 64, 64_065)]
    public Task Windows_of_random_values(int windowBits, int width, int count) => RunAsync(async s =>
    {
        // Half of the values in four times the window.
        long half = 1L << (windowBits - 1);
        long[] values =
        [
            .. Words((ulong)width, count).Select((w, i) => (long)w >> (i % 2 == 0 ? 65 - width : 64 - Math.Min(width - 1, windowBits + 2)))
                .Select(v => Math.Clamp(v, -(1L << (width - 1)) + half, (1L << (width - 1)) - half - 1)),
        ];
        SecretTensor x = await RingAsync(s, values);
        (SecretBits inside, SecretBits below) = await s.WindowAsync(x, windowBits, width);
        Assert.Equal(values.Select(v => v < -half), await s.RevealAsync(below));
        Assert.Equal(values.Select(v => v >= -half && v < half), await s.RevealAsync(inside));
    });

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(12)]
    public Task Signs_and_windows_that_leave_bits_out_are_exact_but_at_the_edges(int slackBits) => RunAsync(async s =>
    {
        const int width = 30;
        const int windowBits = 14;
        const long half = 1L << (windowBits - 1);
        long slack = 1L << (slackBits - 1);
        long bound = (1L << (width - 1)) - half - slack;
        long[] ends = [-bound, -half, 0, half, bound];
        long[] values =
        [
            .. Words((ulong)slackBits, 4_000).Select((w, i) => ends[i % 5] + ((long)w >> (63 - slackBits))).Select(v => Math.Clamp(v, -bound, bound - 1)),
            .. Words(9, 2_000).Select(w => Math.Clamp((long)w >> (64 - width), -bound, bound - 1)),
        ];
        SecretTensor x = await RingAsync(s, values);
        bool[] negative = await s.RevealAsync(await s.RoughlyLessThanZeroAsync(x, width, slackBits));
        (SecretBits insideBits, SecretBits belowBits) = await s.WindowAsync(x, windowBits, width, slackBits);
        bool[] inside = await s.RevealAsync(insideBits);
        bool[] below = await s.RevealAsync(belowBits);
        for (int i = 0; i < values.Length; i++)
        {
            Decide(negative[i], values[i], slack, i);
            Decide(below[i], values[i] + half, slack, i);
            Decide(below[i] || inside[i], values[i] - half, slack, i);
            Assert.False(below[i] && inside[i]);
        }

        // Away from zero the answer is the sign; near it either will do.
        static void Decide(bool told, long value, long slack, int at)
        {
            if (!((value >= -slack && value < slack) || told == value < 0))
            {
                Assert.Fail($"Element {at}, {value} from the end: {told}.");
            }
        }
    });

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    [InlineData(11)]
    public Task A_maximum_that_leaves_bits_out_is_an_element_near_the_largest(int slackBits) => RunAsync(async s =>
    {
        const int columns = 37;
        const int levels = 6;
        long[] values = [.. Words((ulong)slackBits, 40 * columns).Select(w => (long)w >> (63 - slackBits - 2))];
        using SecretTensor flat = await RingAsync(s, values);
        using SecretTensor x = s.Reshape(flat, new TensorShape(40, columns));
        double[] found = await s.RevealAsync(await s.MaximumAsync(x, 26, slackBits));
        foreach ((long[] row, double value) in values.Chunk(columns).Zip(found))
        {
            Assert.Contains((long)value, row);
            Assert.InRange(value, row.Max() - (levels * (1L << (slackBits - 1))), row.Max());
        }
    });
}
