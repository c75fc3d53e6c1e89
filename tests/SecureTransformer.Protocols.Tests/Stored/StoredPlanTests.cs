using SecureTransformer.Transport;
using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <summary>A dry run plans what a live run asks for, operation by operation, and a program runs from stored material as it does with a dealer.</summary>
public class StoredPlanTests
{
    private delegate Task<SecretTensor[]> Operation(MpcSession above, MpcSession s, SecretTensor x);

    private static readonly Dictionary<string, Operation> s_operations = new()
    {
        ["products"] = async (_, s, x) =>
        {
            SecretTensor y = s.Add(x, x);
            SecretTensor full = await s.MultiplyAsync(x, y, 36);
            return [await s.SquareAsync(x), await s.SumOfProductsAsync([new(x, y), new(x, x), new(y, y)], full), await s.TruncateAsync(full, 18), await s.MultiplyAsync(x, y, 18)];
        },
        ["repeated factors"] = async (_, s, x) =>
        {
            SecretTensor rows = s.Reshape(x, new TensorShape(12, 7));
            return [await s.MultiplyAsync(rows, s.Slice(rows, 1, 0, 1)), await s.MultiplyAsync(rows, s.Slice(rows, 0, 0, 1))];
        },
        ["inner products"] = async (_, s, x) =>
        {
            SecretTensor rows = s.Reshape(x, new TensorShape(12, 7));
            return [await s.DotAsync(rows, rows), await s.DotAsync(rows, s.Add(rows, rows)), await s.DotAsync(rows, rows, 36)];
        },
        ["matrices"] = async (_, s, x) =>
        {
            SecretTensor left = s.Reshape(x, new TensorShape(2, 6, 7));
            return
            [
                await s.MatMulAsync(left, left, transposeRight: true),
                await s.MatMulAsync(left, s.Permute(left, 0, 2, 1)),
                await s.MatMulAsync(s.Reshape(x, new TensorShape(12, 7)), s.Reshape(x, new TensorShape(7, 12)), fractionalBits: 36),
            ];
        },
        ["packed matrices"] = (_, s, x) => PackedAsync(s, s, x),
        ["packed matrices of the session above"] = PackedAsync,
        ["comparisons"] = async (_, s, x) =>
        {
            var bits = new List<SecretTensor>();
            foreach (int width in new[] { 23, 32, 33, 44, 64 })
            {
                bits.Add(await s.ToArithmeticAsync(await s.LessThanZeroAsync(x, width)));
                bits.Add(await s.ToArithmeticAsync(await s.EqualsZeroAsync(x, width)));
            }

            return [.. bits];
        },
        ["bits and selection"] = async (_, s, x) =>
        {
            SecretBits negative = await s.LessThanZeroAsync(x, 32);
            SecretBits both = await s.AndAsync(negative, s.Not(await s.EqualsZeroAsync(x, 32)));
            return [await s.MultiplyBitAsync(both, x), await s.SelectAsync(both, x, s.Negate(x)), await s.ToArithmeticAsync(both)];
        },
        ["normalisation"] = async (_, s, x) =>
        {
            SecretTensor positive = s.AddPublic(x, 9);
            NormalizingScale all = await s.NormalizeAsync(positive, 40);
            NormalizingScale some = await s.NormalizeAsync(positive, 30, 17, mayBeZero: false, squareRoot: false);
            return [all.Scale, all.Half!, all.NonZero, some.Scale];
        },
        ["shuffled input"] = async (_, s, _) =>
        {
            SecretTensor shuffled = await s.InputShuffledAsync(0, new TensorShape(12, 7), Values(5, 84));
            SecretTensor other = await s.InputShuffledAsync(s.PartyCount - 1, new TensorShape(12, 7), Values(6, 84));
            return [s.Sum(shuffled), s.Sum(other)];
        },
        ["window"] = async (_, s, x) =>
        {
            (SecretBits inside, SecretBits below) = await s.WindowAsync(x, 17, 30);
            return [await s.ToArithmeticAsync(inside), await s.ToArithmeticAsync(below)];
        },
        ["maximum"] = async (_, s, x) => [await s.MaximumAsync(s.Reshape(x, new TensorShape(12, 7))), await s.MaximumAsync(s.Reshape(x, new TensorShape(7, 12)), 24)],
        ["functions"] = async (_, s, x) =>
        {
            SecretTensor positive = s.AddPublic(x, 9);
            var bowl = new PiecewisePolynomial("bowl", "test", 0, [-2, 2], [[0, -1], [0, 0, 0.5], [0, 1]], v => Math.Abs(v) < 2 ? v * v / 2 : Math.Abs(v));
            return [await s.EvaluateAsync(Reciprocal.Default, positive), await s.EvaluateAsync(InverseSquareRoot.Default, positive), await s.EvaluateAsync(bowl, x)];
        },
    };

    public static TheoryData<string, int> Cases
    {
        get
        {
            var cases = new TheoryData<string, int>();
            foreach (string operation in s_operations.Keys)
            {
                cases.Add(operation, 2);
                cases.Add(operation, 3);
                cases.Add(operation, 5);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_dry_run_plans_what_a_live_run_needs_and_stored_runs_compute_the_same(string operation, int parties)
    {
        MaterialPlan[] dry = [new(), new()];
        await using (EstimatingSession above = EstimatingSession.Create(MpcProtocol.Additive, new SessionOptions { Plan = dry[0] }, parties))
        await using (EstimatingSession below = EstimatingSession.Create(MpcProtocol.Additive, new SessionOptions { Plan = dry[1] }, parties, above))
        {
            await ProgramAsync(operation, above, below);
        }

        MaterialPlan[] live = [new(), new()];
        Task<MpcSession> Open(ChannelSet channels, SessionOptions options, MpcSession? parent) => MpcProtocols.OpenSessionAsync(MpcProtocol.Additive, channels, options, parent);
        var dealt = new Cluster(parties, Open, null, hasDealer: true, (party, isInner) => new SessionOptions { Plan = party == 0 ? live[isInner ? 1 : 0] : null });
        Ran[] with = await dealt.RunAsync((above, s) => ProgramAsync(operation, above, s));
        Assert.True(with.Sum(ran => ran.Offline) > 0);
        Assert.Equal(0, live[0].Count);
        Assert.Equal(0, dry[0].Count);
        Assert.True(live[1].Count > 0);
        Assert.Equal(live[1].Count, dry[1].Count);
        Assert.Equal(await BytesAsync(live[1], parties), await BytesAsync(dry[1], parties));

        using StoreFolder folder = await StoreFolder.WriteAsync(parties, [dry[1]]);
        using Stores stores = folder.Open();
        var stored = new Cluster(parties, Open, null, hasDealer: false, (party, _) => new SessionOptions { Material = stores[party] });
        Ran[] without = await stored.RunAsync((above, s) => ProgramAsync(operation, above, s));
        Assert.All(stores.Remaining, left => Assert.Equal(0, left));
        Assert.All(without, ran => Assert.Equal(0, ran.Offline));
        Assert.Equal(with.Select(ran => ran.Online), without.Select(ran => ran.Online));

        Ran plain = (await Cluster.Of(MpcProtocol.PlaintextFloat64).RunAsync((above, s) => ProgramAsync(operation, above, s)))[0];
        foreach (Ran ran in with.Concat(without))
        {
            foreach ((double[] expected, double[] actual) in plain.Values.Zip(ran.Values))
            {
                Near(expected, actual, 1e-3);
            }
        }
    }

    private static async Task<Ran> ProgramAsync(string operation, MpcSession above, MpcSession s)
    {
        using SecretTensor x = await s.InputAsync(0, new TensorShape(84), Values(1, 84));
        SecretTensor[] results = await s_operations[operation](above, s, x);
        var values = new List<double[]>();
        foreach (SecretTensor result in results)
        {
            values.Add(await s.RevealAsync(result));
        }

        return new Ran([.. values], s.Meter.BytesSent(TrafficPhase.Online), s.Meter.BytesSent(TrafficPhase.Offline));
    }

    private static async Task<SecretTensor[]> PackedAsync(MpcSession owner, MpcSession s, SecretTensor x)
    {
        using SecretTensor weights = await owner.InputAsync(1 % owner.PartyCount, new TensorShape(7, 5), Values(2, 35));
        using SecretMatrix straight = owner.Pack(weights);
        using SecretMatrix turned = owner.Pack(weights, transposed: true);
        SecretTensor rows = s.Reshape(x, new TensorShape(12, 7));
        SecretTensor product = await s.MatMulAsync(rows, straight);
        return [product, await s.MatMulAsync(product, straight, transposeRight: true), await s.MatMulAsync(product, turned), await s.MatMulAsync(rows, straight, fractionalBits: 36)];
    }

    /// <summary>A plan as it stands in the run file of a party without corrections.</summary>
    private static async Task<byte[]> BytesAsync(MaterialPlan plan, int parties)
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(parties, [plan]);
        return File.ReadAllBytes(folder.Run(1, 0))[(StoreFolder.SecretOffset + StoreFolder.SecretLength)..];
    }

    private sealed record Ran(double[][] Values, long Online, long Offline);
}
