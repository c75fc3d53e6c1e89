using SecureTransformer.Transport;
using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <content>Ownership, scopes, the single flow, and how a session ends.</content>
public abstract partial class SessionContract
{
    [Fact]
    public Task A_disposed_secret_cannot_be_used() => RunAsync(async s =>
    {
        SecretTensor x = await InputAsync(s, 1, new TensorShape(2, 3));
        SecretBits p = await s.LessThanZeroAsync(x, 24);
        SecretMatrix matrix = s.Pack(x);
        x.Dispose();
        x.Dispose();
        p.Dispose();
        matrix.Dispose();
        matrix.Dispose();
        SecretTensor y = s.Constant(new TensorShape(1, 2), 1);
        await RefusesAsync<ObjectDisposedException>(
            () => s.Add(x, x),
            () => s.Reshape(x, new TensorShape(6)),
            () => s.Not(p),
            () => Started(s.RevealAsync(x)),
            () => Started(s.RevealAsync(p)),
            () => Started(s.MultiplyAsync(x, x)),
            () => Started(s.MatMulAsync(y, matrix)));
    });

    [Fact]
    public Task What_is_retained_outlives_every_scope() => RunAsync(async s =>
    {
        SecretTensor x = await InputAsync(s, 1, new TensorShape(10));
        int before = s.OutstandingBuffers;
        SecretTensor kept;
        using (s.BeginScope())
        {
            using (s.BeginScope())
            {
                kept = s.Retain(s.Negate(x));
            }
        }

        Assert.Equal(Values(1, 10).Select(v => -v), await s.RevealAsync(kept));
        kept.Dispose();
        Assert.Equal(before, s.OutstandingBuffers);
        Assert.Throws<ObjectDisposedException>(() => s.Retain(kept));
    });

    [Fact]
    public Task A_scope_frees_what_was_made_in_it_but_what_is_kept() => RunAsync(async s =>
    {
        SecretTensor x = await InputAsync(s, 1, new TensorShape(100));
        int before = s.OutstandingBuffers;
        SecretTensor kept;
        SecretTensor lost;
        SecretTensor view;
        using (SessionScope outer = s.BeginScope("outer"))
        {
            Assert.Equal("outer", s.ScopeName);
            using (SessionScope inner = s.BeginScope("inner"))
            {
                Assert.Equal("outer/inner", s.ScopeName);
                lost = await s.SquareAsync(x);
                kept = outer.Keep(inner.Keep(s.Negate(x)));
                view = outer.Keep(inner.Keep(s.Slice(lost, 0, 3, 1)));
                using (s.BeginScope())
                {
                    Assert.Equal("outer/inner", s.ScopeName);
                }
            }

            Assert.True(lost.IsDisposed);
            Assert.Equal("outer", s.ScopeName);
        }

        Assert.Null(s.ScopeName);
        Assert.Equal(Values(1, 100).Select(v => -v), await s.RevealAsync(kept));
        Near([Math.Pow(Values(1, 100)[3], 2)], await s.RevealAsync(view), Tolerance);
        kept.Dispose();
        view.Dispose();
        Assert.Equal(before, s.OutstandingBuffers);
    });

    [Fact]
    public Task Operations_leave_no_buffer_but_their_result() => RunAsync(async s =>
    {
        SecretTensor x = await InputAsync(s, 1, new TensorShape(4, 6));
        SecretTensor row = await InputAsync(s, 2, new TensorShape(6));
        SecretBits p = await s.LessThanZeroAsync(x, 24);
        var single = new Dictionary<Type, int>();
        foreach (Func<ValueTask<IDisposable>> operation in new Func<ValueTask<IDisposable>>[]
        {
            () => new(s.Negate(x)),
            () => new(s.Add(x, row)),
            async () => await s.MultiplyAsync(x, row),
            async () => await s.SumOfProductsAsync([new(x, row), new(x, x)], s.MultiplyPowerOfTwo(x, -18)),
            async () => await s.TruncateAsync(x, 9),
            async () => await s.TruncateExactAsync(x, 9),
            async () => await s.MatMulAsync(x, x, transposeRight: true),
            async () => await s.DotAsync(x, x),
            async () => await s.MaximumAsync(x, 24),
            async () => await s.RoughlyLessThanZeroAsync(x, 24, 3),
            async () => await s.SelectAsync(p, x, s.Negate(x)),
            async () => await s.ToArithmeticAsync(p),
            async () => await s.EqualsZeroAsync(x, 24),
            async () => await s.EvaluateAsync(new SquarePlusOne(), x),
        })
        {
            using (s.BeginScope())
            {
            }

            int before = s.OutstandingBuffers;
            SessionScope scope = s.BeginScope();
            IDisposable result = await operation();
            scope.Keep((Secret)result);
            scope.Dispose();
            int after = s.OutstandingBuffers;
            single.TryAdd(result.GetType(), after - before);
            Assert.Equal(single[result.GetType()], after - before);
            result.Dispose();
            Assert.Equal(before, s.OutstandingBuffers);
        }
    });

    [Fact]
    public Task A_session_opened_under_another_reads_its_secrets() => NewCluster().RunAsync(async (outer, inner) =>
    {
        SecretTensor weights = await InputAsync(outer, 1, new TensorShape(3, 2));
        SecretMatrix packed = outer.Pack(weights);
        SecretTensor x = await InputAsync(inner, 2, new TensorShape(4, 3));
        double[] expected = MatMul(Values(2, 12), Values(1, 6), 1, 4, 3, 2, false);
        Near(expected, await inner.RevealAsync(await inner.MatMulAsync(x, weights)), Tolerance);
        Near(expected, await inner.RevealAsync(await inner.MatMulAsync(x, packed)), Tolerance);
        SecretTensor view = inner.Reshape(weights, new TensorShape(6));
        packed.Dispose();
        weights.Dispose();
        Assert.Equal(Values(1, 6), await inner.RevealAsync(view));
        await RefusesAsync<ArgumentException>(() => outer.Negate(x), () => Started(outer.RevealAsync(view)));
        return 0;
    });

    [Fact]
    public Task A_disposed_session_refuses_everything_and_has_freed_everything() => NewCluster().RunAsync(async (outer, inner) =>
    {
        SecretTensor x = await InputAsync(inner, 2, new TensorShape(4, 3));
        inner.BeginScope("left open");
        SecretBits p = await inner.LessThanZeroAsync(x, 24);
        inner.Pack(x);
        Assert.True(outer.OutstandingBuffers > 0);
        await inner.DisposeAsync();
        await inner.DisposeAsync();
        Assert.Equal(0, outer.OutstandingBuffers);
        Assert.True(x.IsDisposed && p.IsDisposed);
        await RefusesAsync<ObjectDisposedException>(
            () => inner.BeginScope(),
            () => inner.Constant(new TensorShape(1), 1),
            () => inner.Negate(x),
            () => Started(inner.InputAsync(0, new TensorShape(1), new double[1])),
            () => Started(inner.RevealAsync(x)));
        return 0;
    });

    [Fact]
    public async Task An_operation_that_fails_ends_the_session_and_frees_everything()
    {
        Exception error = await Assert.ThrowsAnyAsync<Exception>(() => NewCluster().RunAsync(async s =>
        {
            SecretTensor x = await InputAsync(s, 1, new TensorShape(70_000));
            await s.EvaluateAsync(new Failing(), x);
            return 0;
        }));
        Assert.IsType<NotFiniteNumberException>(error);

        await Assert.ThrowsAsync<NotFiniteNumberException>(() => NewCluster().RunAsync(async s =>
        {
            // One party fails inside a primitive; the others, waiting for it, are told.
            SecretTensor x = await InputAsync(s, 1, new TensorShape(70_000));
            SecretTensor y = await s.SquareAsync(x);
            if (s.PartyId == 0)
            {
                throw new NotFiniteNumberException("planned");
            }

            await s.RevealAsync(await s.SquareAsync(y));
            return 0;
        }));
    }

    [Fact]
    public Task A_cancelled_token_before_an_operation_leaves_the_session_alive() => RunAsync(async s =>
    {
        SecretTensor x = await InputAsync(s, 1, new TensorShape(3));
        using var source = new CancellationTokenSource();
        await source.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await s.SquareAsync(x, cancellationToken: source.Token));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await s.MaximumAsync(x, cancellationToken: source.Token));
        Assert.Equal(Values(1, 3), await s.RevealAsync(x));
    });

    /// <summary>Fails at every party before it sends anything.</summary>
    private sealed class Failing : SecretFunction
    {
        public override string Name => "failing";

        public override string Source => "test";

        public override double ErrorBound => 0;

        public override double Exact(double x) => throw new NotFiniteNumberException("planned");

        public override ValueTask<SecretTensor> EvaluateAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken) =>
            throw new NotFiniteNumberException("planned");
    }
}
