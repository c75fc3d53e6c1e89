using SecureTransformer.Transport;
using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <summary>What every protocol of the library does beyond arithmetic: comparisons, bits, selection, import and export.</summary>
public abstract partial class SessionContract(
    MpcProtocol protocol, int? parties = null, bool stored = false, DealerProcess? dealer = null, int? threshold = null) : ArithmeticContract
{
    protected MpcProtocol Kind => protocol;

    internal override Cluster NewCluster(TransportOptions? transport = null) =>
        stored ? Cluster.OfStored(transport, parties!.Value) : dealer is not null && transport is null ? Cluster.On(dealer) : Cluster.Of(protocol, transport, parties, threshold);

    /// <summary>A network of the protocol's parties and its dealer: in memory where the transport is a special one.</summary>
    private IContractNetwork NewNetwork(TransportOptions? transport = null) =>
        dealer is not null && transport is null ? dealer : new MemoryParties(MpcProtocols.PartyCountOf(protocol, parties), MpcProtocols.HasDealer(protocol), transport);

    [Fact]
    public Task Signs_and_equality_hold_at_the_edges_of_every_width() => RunAsync(async s =>
    {
        for (int width = 2; width <= 64; width++)
        {
            long least = long.MinValue >> (64 - width);
            long[] values = [least, -(least + 1), 0, -1, 1, least / 2, -(least / 2), least + 1];
            using SecretTensor x = await RingAsync(s, values);
            using SecretBits negative = await s.LessThanZeroAsync(x, width);
            Assert.Equal(values.Select(v => v < 0), await s.RevealAsync(negative));
            using SecretBits zero = await s.EqualsZeroAsync(x, width);
            Assert.Equal(values.Select(v => v == 0), await s.RevealAsync(zero));
        }
    });

    [Theory]
    [InlineData(1)]
    [InlineData(8)]
    [InlineData(18)]
    [InlineData(36)]
    [InlineData(61)]
    public Task Exact_truncation_rounds_down(int shift) => RunAsync(async s =>
    {
        if (Kind == MpcProtocol.PlaintextFloat64)
        {
            double[] a = Values(1, 9);
            Assert.Equal(a, await s.RevealAsync(await s.TruncateExactAsync(await InputAsync(s, 1, new TensorShape(9)), 4)));
            return;
        }

        long unit = 1L << shift;
        ulong[] words = Words((ulong)shift, 10_000);
        long[] values = [-(1L << 62), (1L << 62) - 1, 0, 1, -1, unit, -unit, unit - 1, 1 - unit, -unit - 1, .. words.Select(w => (long)w >> 1)];
        SecretTensor x = await RingAsync(s, values, shift, owner: 1);
        SecretTensor y = await s.TruncateExactAsync(x, 0);
        Assert.Equal(0, y.FractionalBits);
        SecretTensor floor = await RingAsync(s, [.. values.Select(v => v >> shift)], owner: 2);
        Assert.Equal(new double[values.Length], await s.RevealAsync(s.Subtract(y, floor)));
    });

    [Theory]
    [InlineData(32)]
    [InlineData(64)]
    public Task Signs_and_equality_of_random_values(int width) => RunAsync(async s =>
    {
        ulong[] words = Words((ulong)width, 100_000);
        long[] values = [.. words.Select((w, i) => i % 100 == 0 ? 0 : (long)w >> (64 - width))];
        SecretTensor x = await RingAsync(s, values);
        Assert.Equal(values.Select(v => v < 0), await s.RevealAsync(await s.LessThanZeroAsync(x, width)));
        Assert.Equal(values.Select(v => v == 0), await s.RevealAsync(await s.EqualsZeroAsync(x, width)));
    });

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(65)]
    [InlineData(63_999)]
    [InlineData(64_000)]
    [InlineData(64_001)]
    [InlineData(128_065)]
    public Task Bits_of_any_number(int count) => RunAsync(async s =>
    {
        var shape = new TensorShape(count);
        double[] a = Values(1, count);
        double[] b = Values(2, count);
        SecretTensor x = await InputAsync(s, 1, shape);
        SecretBits p = await s.LessThanZeroAsync(x, 24);
        SecretBits q = await s.LessThanZeroAsync(await InputAsync(s, 2, shape), 24);
        bool[] pa = [.. a.Select(v => v < 0)];
        bool[] pb = [.. b.Select(v => v < 0)];
        Assert.Equal(pa, await s.RevealAsync(p));
        Assert.Equal(pa.Select(v => !v), await s.RevealAsync(s.Not(p)));
        Assert.Equal(pa.Zip(pb, (u, v) => u ^ v), await s.RevealAsync(s.Xor(p, q)));
        Assert.Equal(pa.Zip(pb, (u, v) => u & v), await s.RevealAsync(await s.AndAsync(p, q)));
        SecretTensor number = await s.ToArithmeticAsync(p);
        Assert.Equal(0, number.FractionalBits);
        Assert.Equal(pa.Select(v => v ? 1.0 : 0), await s.RevealAsync(number));
        Assert.Equal(a.Zip(pb, (v, bit) => bit ? v : 0), await s.RevealAsync(await s.MultiplyBitAsync(q, x)));
        SecretTensor y = await InputAsync(s, 4, shape);
        double[] c = Values(4, count);
        Assert.Equal(pb.Select((bit, i) => bit ? a[i] : c[i]), await s.RevealAsync(await s.SelectAsync(q, x, y)));
    });

    [Fact]
    public Task Bits_are_sliced_and_joined_at_any_position() => RunAsync(async s =>
    {
        double[] a = Values(1, 400);
        bool[] expected = [.. a.Select(v => v < 0)];
        SecretBits bits = await s.LessThanZeroAsync(await InputAsync(s, 1, new TensorShape(20, 20)), 24);
        Assert.Equal(new TensorShape(20, 20), bits.Shape);
        SecretBits flat = s.Reshape(bits, new TensorShape(400));
        foreach ((int start, int length) in new[] { (0, 1), (0, 64), (1, 64), (63, 2), (64, 128), (65, 191), (399, 1), (3, 397) })
        {
            SecretBits part = s.Slice(bits, start, length);
            Assert.Equal(expected.Skip(start).Take(length), await s.RevealAsync(part));
            SecretBits joined = s.Concatenate([s.Slice(flat, 0, start + 1), part, flat]);
            Assert.Equal(expected.Take(start + 1).Concat(expected.Skip(start).Take(length)).Concat(expected), await s.RevealAsync(joined));
        }

        // Bits past the last of a slice stay out of what is computed from it.
        SecretBits odd = s.Not(s.Slice(flat, 0, 3));
        Assert.Equal(expected.Take(3).Select(v => !v).Concat(expected.Take(70)), await s.RevealAsync(s.Concatenate([odd, s.Slice(flat, 0, 70)])));
    });

    [Theory]
    [InlineData(3, 1)]
    [InlineData(1, 2)]
    [InlineData(5, 7)]
    [InlineData(2, 64)]
    [InlineData(129, 17)]
    public Task The_maximum_of_each_row_is_exact(int rows, int columns) => RunAsync(async s =>
    {
        double[] a = Values(1, rows * columns);
        SecretTensor largest = await s.MaximumAsync(await InputAsync(s, 1, new TensorShape(rows, columns)), 24);
        Assert.Equal(new TensorShape(rows, 1), largest.Shape);
        Assert.Equal(a.Chunk(columns).Select(r => r.Max()), await s.RevealAsync(largest));
    });

    [Theory]
    [InlineData(40, 0, true, true)]
    [InlineData(46, 6, true, false)]
    [InlineData(37, 29, false, false)]
    [InlineData(52, 9, false, true)]
    public Task Numbers_are_brought_to_the_top_exactly(int width, int minimumBits, bool mayBeZero, bool squareRoot) => RunAsync(async s =>
    {
        double[] edges = [.. Enumerable.Range(minimumBits, width - minimumBits).SelectMany(e => new[] { Math.ScaleB(1, e), Math.ScaleB(1, e + 1) - 1 })];
        double[] a = mayBeZero ? [0, .. edges] : edges;
        SecretTensor x = await s.InputAsync(1 % s.PartyCount, new TensorShape(a.Length), a, 0);
        NormalizingScale scale = await s.NormalizeAsync(x, width, minimumBits, mayBeZero, squareRoot);
        int[] shifts = [.. a.Select(v => v == 0 ? -1 : width - 1 - Math.ILogB(v))];
        Assert.Equal(shifts.Select(z => z < 0 ? 0 : Math.ScaleB(1, z)), await s.RevealAsync(scale.Scale));
        Assert.Equal(shifts.Select(z => z < 0 ? 0.0 : 1), await s.RevealAsync(scale.NonZero));
        Assert.Equal(squareRoot, scale.Half is not null && scale.Odd is not null);
        if (squareRoot)
        {
            Assert.Equal(shifts.Select(z => z < 0 ? 0 : Math.ScaleB(1, z / 2)), await s.RevealAsync(scale.Half!));
            double[] odd = await s.RevealAsync(scale.Odd!);
            Assert.All(shifts.Zip(odd), pair => Assert.True(pair.First < 0 || pair.First % 2 == pair.Second));
        }
    });

    /// <summary>More elements than one frame has; the truncations of the first two steps drop more than 64 bits together.</summary>
    [Theory]
    [InlineData(20)]
    [InlineData(60)]
    public Task A_polynomial_is_a_chain_of_quadratic_forms(int resultBits) => RunAsync(async s =>
    {
        const int count = 66_000;
        double[] a = [.. Values(1, count).Select(v => Math.Clamp(v / 128, -1, 1))];
        double[] b = [.. a.Reverse()];
        PolynomialStep[] steps =
        [
            new(60, 20, -0.125, [new(0.5, 0, 0), new(0.25, 0)]),
            new(60, 20, 0.1, [new(0.5, 1, 1), new(0.3, 1, 0)]),
            new(60, resultBits, 0.2, [new(0.7, 2, 1), new(-0.2, 2, 2), new(0.2, 1, 0), new(0.2, 0, 1), new(0.3, 0, 0), new(0.5, 2), new(-0.1, 1)]),
        ];
        SecretTensor u = await s.InputAsync(0, new TensorShape(count), a, 20);
        SecretTensor addend = s.MultiplyPublic(await s.InputAsync(1 % s.PartyCount, new TensorShape(count), b, 20), 1, 40);
        double[] y1 = [.. a.Select(v => (0.5 * v * v) + (0.25 * v) - 0.125)];
        double[] y2 = [.. a.Select((v, i) => (0.5 * y1[i] * y1[i]) + (0.3 * y1[i] * v) + 0.1)];
        double[] y3 = [.. a.Select((v, i) => (0.7 * y1[i] * y2[i]) - (0.2 * y2[i] * y2[i]) + (0.4 * y1[i] * v) + (0.3 * v * v) + (0.5 * y2[i]) - (0.1 * y1[i]) + 0.2)];
        SecretTensor plain = await s.PolynomialAsync(steps, u);
        Assert.Equal(resultBits, plain.FractionalBits);
        Near(y3, await s.RevealAsync(plain), 1e-5);
        Near([.. y3.Zip(b, (p, q) => p + q)], await s.RevealAsync(await s.PolynomialAsync(steps, u, addend)), 1e-5);
        await Assert.ThrowsAsync<ArgumentException>(async () => await s.PolynomialAsync([], u));
        await Assert.ThrowsAsync<ArgumentException>(async () => await s.PolynomialAsync([new(60, 20, 0, [new(1, 1, 0)])], u));
    });

    [Fact]
    public Task A_function_is_evaluated_by_the_session_or_by_itself() => RunAsync(async s =>
    {
        double[] a = Values(1, 10);
        SecretTensor y = await s.EvaluateAsync(new SquarePlusOne(), await InputAsync(s, 1, new TensorShape(10)));
        Near([.. a.Select(v => (v * v) + 1)], await s.RevealAsync(y), Tolerance);
    });

    [Theory]
    [InlineData(1)]
    [InlineData(65_537)]
    [InlineData(131_072)]
    public async Task A_client_shares_values_and_gets_values_back(int count)
    {
        await using IContractNetwork network = NewNetwork();
        ShareCodec codec = NewCodec();
        Assert.Equal(network.PartyCount, codec.PartyCount);
        Task[] running = [.. Enumerable.Range(0, codec.PartyCount).Select(party => Task.Run(async () =>
        {
            ClientConnection client = await network.Party(party).AcceptClientAsync();
            ChannelSet channels = await network.Party(party).OpenSessionAsync(client.SessionId);
            await using (client)
            await using (MpcSession session = await MpcProtocols.OpenSessionAsync(Kind, channels, new SessionOptions { Threshold = threshold }))
            {
                var shape = new TensorShape(count);
                SecretTensor x = await session.ImportAsync(client.Channel, shape);
                SecretTensor coarse = await session.ImportAsync(client.Channel, shape, 10);
                await session.ExportAsync(client.Channel, session.Add(x, x));
                await session.ExportAsync(client.Channel, coarse);
            }
        }))];
        IClientEndpoint endpoint = network.Client();
        var id = SessionId.New();
        Task dealing = network.DealAsync(id);
        ClientChannels links = await endpoint.ConnectAsync(id);
        IChannel[] channels = [.. Enumerable.Range(0, codec.PartyCount).Select(i => links[i])];
        double[] values = Values(5, count);
        await codec.SendAsync(channels, values, 18, "values");
        await codec.SendAsync(channels, values, 10, "values");
        Assert.Equal(values.Select(v => 2 * v), await codec.ReceiveAsync(channels, count, 18));
        Assert.Equal(values, await codec.ReceiveAsync(channels, count, 10));
        await Task.WhenAll([.. running, dealing]);
        await links.DisposeAsync();
        await endpoint.DisposeAsync();
        await network.CloseAsync();
    }

    [Fact]
    public async Task A_value_out_of_range_is_refused_at_splitting_by_name()
    {
        if (Kind == MpcProtocol.PlaintextFloat64)
        {
            return; // It encodes nothing.
        }

        // No party takes this client.
        await using var network = new MemoryParties(MpcProtocols.PartyCountOf(Kind, parties), hasDealer: false, null);
        ClientChannels links = await network.Client().ConnectAsync(SessionId.New());
        IChannel[] channels = [.. Enumerable.Range(0, MpcProtocols.PartyCountOf(Kind, parties)).Select(i => links[i])];
        OverflowException error = await Assert.ThrowsAsync<OverflowException>(
            async () => await NewCodec().SendAsync(channels, new[] { 1.0, 1e30 }, 18, "embedding"));
        Assert.Contains("embedding", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("1E+30", error.Message, StringComparison.OrdinalIgnoreCase);
        await links.DisposeAsync();
    }

    [Fact]
    public async Task A_codec_wants_a_channel_to_each_party()
    {
        ShareCodec codec = NewCodec();
        await Assert.ThrowsAsync<ArgumentException>(async () => await codec.SendAsync([], new double[1], 18, "x"));
        await Assert.ThrowsAsync<ArgumentException>(async () => await codec.ReceiveAsync([], 1, 18));
    }

    private sealed class SquarePlusOne : SecretFunction
    {
        public override string Name => "square plus one";

        public override string Source => "test";

        public override double ErrorBound => 1e-5;

        public override double Exact(double x) => (x * x) + 1;

        public override async ValueTask<SecretTensor> EvaluateAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken)
        {
            using SecretTensor square = await session.SquareAsync(x, cancellationToken: cancellationToken);
            return session.AddPublic(square, 1);
        }
    }
}

public sealed class Float64SessionContract() : SessionContract(MpcProtocol.PlaintextFloat64)
{
    protected override double Tolerance => 1e-9;
}

public sealed class PlaintextSessionContract() : SessionContract(MpcProtocol.PlaintextFixedPoint);

public sealed class ReplicatedSessionContract() : SessionContract(MpcProtocol.Replicated3);

public sealed class AdditiveSessionContractOfTwo() : SessionContract(MpcProtocol.Additive, 2);

public sealed class AdditiveSessionContractOfThree() : SessionContract(MpcProtocol.Additive, 3);

public sealed class AdditiveSessionContractOfFive() : SessionContract(MpcProtocol.Additive, 5);

public sealed class StoredMaterialContractOfTwo() : SessionContract(MpcProtocol.Additive, 2, stored: true);

public sealed class StoredMaterialContractOfThree() : SessionContract(MpcProtocol.Additive, 3, stored: true);

public sealed class StoredMaterialContractOfFive() : SessionContract(MpcProtocol.Additive, 5, stored: true);

public sealed class DealerProcessContractOfTwo(DealerProcessOfTwo dealer) : SessionContract(MpcProtocol.Additive, 2, dealer: dealer), IClassFixture<DealerProcessOfTwo>;

public sealed class DealerProcessContractOfThree(DealerProcessOfThree dealer) : SessionContract(MpcProtocol.Additive, 3, dealer: dealer), IClassFixture<DealerProcessOfThree>;

public sealed class DealerProcessContractOfFive(DealerProcessOfFive dealer) : SessionContract(MpcProtocol.Additive, 5, dealer: dealer), IClassFixture<DealerProcessOfFive>;
