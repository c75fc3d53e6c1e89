namespace SecureTransformer.Protocols.Tests;

/// <summary>Short cases for committees of every size; the whole contract runs for all that docs/protocols/shamir.md lists with -p:ShamirMatrix=true.</summary>
public class ShamirCommitteeTests
{
    public static TheoryData<int, int> Committees => new()
    {
        { 3, 1 }, { 4, 1 }, { 5, 2 }, { 6, 1 }, { 7, 2 }, { 7, 3 }, { 8, 3 }, { 10, 3 }, { 10, 4 }, { 15, 7 }, { 16, 1 }, { 16, 7 },
    };

    [Theory]
    [MemberData(nameof(Committees))]
    public Task Products_of_matrices_are_truncated(int parties, int threshold) => RunAsync(parties, threshold, async session =>
    {
        double[] x = Arithmetic.Values(1, 6 * 5);
        double[] y = Arithmetic.Values(2, 5 * 4);
        SecretTensor product = await session.MatMulAsync(
            await session.InputAsync(0, new TensorShape(6, 5), x), await session.InputAsync(parties - 1, new TensorShape(5, 4), y));
        Arithmetic.Near(Arithmetic.MatMul(x, y, 1, 6, 5, 4, transposed: false), await session.RevealAsync(product), Math.ScaleB(1, -18));
        Assert.Empty(session.Faults);
    });

    [Theory]
    [MemberData(nameof(Committees))]
    public Task Signs_and_equality_become_numbers(int parties, int threshold) => RunAsync(parties, threshold, async session =>
    {
        double[] values = [.. Arithmetic.Values(3, 99), 0];
        SecretTensor x = await session.InputAsync(1, new TensorShape(values.Length), values);
        Assert.Equal(values.Select(v => v < 0), await session.RevealAsync(await session.LessThanZeroAsync(x, 24)));
        SecretBits zero = await session.EqualsZeroAsync(x, 24);
        Assert.Equal(values.Select(v => v == 0 ? 1.0 : 0), await session.RevealAsync(await session.ToArithmeticAsync(zero)));
    });

    [Theory]
    [MemberData(nameof(Committees))]
    public Task The_largest_of_a_shuffled_row_is_opened_to_one_party(int parties, int threshold) => RunAsync(parties, threshold, async session =>
    {
        double[] values = Arithmetic.Values(4, 2 * 9);
        int owner = parties / 2;
        SecretTensor x = threshold <= 2
            ? await session.InputShuffledAsync(owner, new TensorShape(2, 9), values)
            : await session.InputAsync(owner, new TensorShape(2, 9), values);
        double[]? largest = await session.RevealToAsync(await session.MaximumAsync(x, 24), owner);
        Assert.Equal(session.PartyId == owner ? [values[..9].Max(), values[9..].Max()] : null, largest);
    });

    private static async Task RunAsync(int parties, int threshold, Func<MpcSession, Task> program)
    {
        await using var cluster = LocalParties.Create(MpcProtocol.Shamir, new SessionOptions { Threshold = threshold }, parties: parties);
        await cluster.RunAsync(program);
    }
}
