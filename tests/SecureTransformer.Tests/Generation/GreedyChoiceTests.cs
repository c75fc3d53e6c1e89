using SecureTransformer.Architectures;
using SecureTransformer.Protocols;

namespace SecureTransformer.Generation;

public class GreedyChoiceTests
{
    public static TheoryData<MpcProtocol, int?> Protocols => new()
    {
        { MpcProtocol.PlaintextFloat64, null },
        { MpcProtocol.PlaintextFixedPoint, null },
        { MpcProtocol.Replicated3, null },
        { MpcProtocol.Additive, 2 },
        { MpcProtocol.Additive, 3 },
    };

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Chooses_the_first_largest_of_vocabularies_of_every_size(MpcProtocol protocol, int? count)
    {
        await using LocalParties parties = LocalParties.Create(protocol, parties: count);
        using var random = new SeededValues(9101);
        foreach (int vocabulary in Enumerable.Range(1, 40).Concat([61, 63, 64, 65, 127, 255, 256, 257, 289, 290, 1000]))
        {
            for (int rows = 1; rows <= 3; rows++)
            {
                double[] logits = Encodable(random.Normals(rows * vocabulary, 8));
                Assert.Equal(Choices.ArgMax(vocabulary, logits), await ChooseAsync(parties, rows, vocabulary, logits));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Ties_go_to_the_lowest_id(MpcProtocol protocol, int? count)
    {
        await using LocalParties parties = LocalParties.Create(protocol, parties: count);
        using var random = new SeededValues(9102);
        foreach (int vocabulary in new[] { 2, 3, 5, 17, 33, 36, 40, 100, 290, 1000, 1025, 1300, 2600, 9000 })
        {
            // Many of a few values; all equal; two equal ones among smaller ones.
            double[] few = [.. Enumerable.Range(0, 2 * vocabulary).Select(_ => (double)random.Below(3))];
            Assert.Equal(Choices.ArgMax(vocabulary, few), await ChooseAsync(parties, 2, vocabulary, few));
            Assert.Equal((int[])[0], await ChooseAsync(parties, 1, vocabulary, [.. Enumerable.Repeat(-7.5, vocabulary)]));
            double[] two = random.Normals(3 * vocabulary, 1);
            for (int row = 0; row < 3; row++)
            {
                two[(row * vocabulary) + random.Below(vocabulary)] = 50;
                two[(row * vocabulary) + random.Below(vocabulary)] = 50;
            }

            Assert.Equal(Choices.ArgMax(vocabulary, two), await ChooseAsync(parties, 3, vocabulary, two));
        }
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task The_largest_may_stand_anywhere(MpcProtocol protocol, int? count)
    {
        const int Vocabulary = 345;
        double[] logits = [.. Enumerable.Range(0, Vocabulary * Vocabulary).Select(i => i / Vocabulary == i % Vocabulary ? 1.0 : 0)];
        Assert.Equal(Enumerable.Range(0, Vocabulary), await Choices.RunAsync(protocol, Vocabulary, Vocabulary, logits, static (s, x) => PrivateChoice.GreedyAsync(s, x), count));
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Many_rows_of_two_and_of_eight_are_chosen_at_once(MpcProtocol protocol, int? count)
    {
        const int Rows = 10_000;
        using var random = new SeededValues(9103);
        foreach (int vocabulary in new[] { 2, 8 })
        {
            double[] logits = [.. Enumerable.Range(0, Rows * vocabulary).Select(_ => (double)random.Below(5))];
            Assert.Equal(Choices.ArgMax(vocabulary, logits), await Choices.RunAsync(protocol, Rows, vocabulary, logits, static (s, x) => PrivateChoice.GreedyAsync(s, x), count));
        }
    }

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Negative_and_large_logits_use_the_whole_width(MpcProtocol protocol, int? count)
    {
        double unit = Math.ScaleB(1, -18);
        double half = Math.ScaleB(1, 24) - 1;
        double[] logits =
        [
            -half, half, half - unit, 0, -1,
            -half, -half, -half + unit, -half, -half,
            half, -half, half - unit, half, half - 1,
            -3, -2, -1, -1 - unit, -1 + unit,
        ];
        Assert.Equal((int[])[1, 2, 0, 4], await Choices.RunAsync(protocol, 4, 5, logits, static (s, x) => PrivateChoice.GreedyAsync(s, x), count));
        double[] narrow = [-15.5, 15.5, 15.25, -3, 15.5];
        Assert.Equal((int[])[1], await Choices.RunAsync(protocol, 1, 5, narrow, static (s, x) => PrivateChoice.GreedyAsync(s, x, width: 24), count));
    }

    [Fact]
    public async Task Differences_beyond_the_width_are_refused_where_they_can_be_seen() =>
        await Assert.ThrowsAsync<OverflowException>(() =>
            Choices.RunAsync(MpcProtocol.PlaintextFixedPoint, 1, 2, [-20, 20], static (s, x) => PrivateChoice.GreedyAsync(s, x, width: 24)));

    [Fact]
    public async Task Logits_that_are_no_matrix_are_refused()
    {
        foreach (TensorShape shape in new[] { new TensorShape(), new TensorShape(4), new TensorShape(1, 2, 3) })
        {
            await using LocalParties parties = LocalParties.Create(MpcProtocol.PlaintextFixedPoint);
            ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => parties.RunAsync(async s =>
            {
                using SecretTensor x = s.Constant(shape, 1);
                await PrivateChoice.GreedyAsync(s, x);
            }));
            Assert.Contains(shape.ToString(), error.Message, StringComparison.Ordinal);
        }
    }

    private static Task<int[]> ChooseAsync(LocalParties parties, int rows, int vocabulary, double[] logits) =>
        Choices.RunAsync(parties, rows, vocabulary, logits, static (s, x) => PrivateChoice.GreedyAsync(s, x));

    /// <summary>Rounded to the encoding, so that all sessions see the same ties.</summary>
    private static double[] Encodable(double[] values) => [.. values.Select(v => Math.ScaleB(Math.Round(Math.ScaleB(v, 18)), -18))];
}
