namespace SecureTransformer.Protocols;

public sealed class OperationRangeTests
{
    [Fact]
    public async Task The_float64_session_tells_the_range_of_each_operation()
    {
        var seen = new Recorder();
        await using LocalParties parties = LocalParties.Create(MpcProtocol.PlaintextFloat64, new SessionOptions { FractionalBits = 16, Ranges = seen });
        await parties.RunAsync(async session =>
        {
            using SessionScope scope = session.BeginScope("part");
            SecretTensor x = await session.InputAsync(0, new TensorShape(2, 2), new double[] { 1, -8, 3, 2 });
            await session.MatMulAsync(x, x);
            await session.DotAsync(x, x, 20);
            await session.LessThanZeroAsync(x, 30);
            await session.TruncateAsync(session.MultiplyPublic(x, 0.5, 10), 16);
            await session.EvaluateAsync(Reciprocal.Default, x);
        });
        Assert.Equal(
            [
                "part: input 8 16 62", "part: matmul 24 32 62", "part: dot 65 32 62", "part: comparison 8 16 29", "part: multiply 4 26 62", "part: truncate 4 26 62",
                $"part: reciprocal 8 16 {Reciprocal.Default.Width}",
            ],
            seen.Ranges.Select(r => FormattableString.Invariant($"{r} {r.Magnitude} {r.FractionalBits} {r.RangeBits}")));
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    public async Task Other_sessions_tell_nothing(MpcProtocol protocol)
    {
        var seen = new Recorder();
        await using LocalParties parties = LocalParties.Create(protocol, new SessionOptions { Ranges = seen });
        await parties.RunAsync(async session =>
        {
            SecretTensor x = await session.InputAsync(0, new TensorShape(2), session.PartyId == 0 ? new double[] { 1, -8 } : []);
            await session.MultiplyAsync(x, x);
        });
        Assert.Empty(seen.Ranges);
    }

    [Theory]
    [InlineData(1, 18, 62, 44)]
    [InlineData(0.5, 36, 43, 8)]
    [InlineData(0, 18, 62, 62)]
    [InlineData(1024, 36, 43, -3)]
    [InlineData(128, 36, 43, 0)]
    [InlineData(double.PositiveInfinity, 18, 62, double.NegativeInfinity)]
    [InlineData(double.NaN, 18, 62, double.NegativeInfinity)]
    public void Headroom_is_counted_in_doublings(double magnitude, int fractionalBits, int rangeBits, double headroom)
    {
        var range = new OperationRange("a/b", "dot", magnitude, fractionalBits, rangeBits);
        Assert.Equal(headroom, range.HeadroomBits, 1e-12);
        Assert.Equal(headroom > 0, range.Fits);
        Assert.Equal("a/b: dot", range.ToString());
    }

    [Fact]
    public void Functions_say_what_their_arguments_are_bounded_by()
    {
        Assert.Equal(Reciprocal.Default.Width, Reciprocal.Default.ArgumentBits);
        Assert.Equal(InverseSquareRoot.Default.Width, InverseSquareRoot.Default.ArgumentBits);
        var square = new PiecewisePolynomial("square", "test", 0, [], [[0, 0, 1]], x => x * x);
        Assert.Null(square.ArgumentBits);
        var step = new PiecewisePolynomial("step", "test", 0, [0], [[0], [1]], x => x < 0 ? 0 : 1);
        Assert.Equal(MpcSession.DefaultWidth - 1, step.ArgumentBits);
    }

    private sealed class Recorder : IRangeObserver
    {
        public List<OperationRange> Ranges { get; } = [];

        public void Observe(OperationRange range)
        {
            lock (Ranges)
            {
                Ranges.Add(range);
            }
        }
    }
}
