using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <content>Wrong arguments: refused before anything is sent, by messages that name both shapes, and the session goes on.</content>
public abstract partial class SessionContract
{
    [Fact]
    public Task Shapes_that_do_not_fit_are_named() => RunAsync(async s =>
    {
        SecretTensor x = await InputAsync(s, 1, new TensorShape(2, 3));
        SecretTensor y = await InputAsync(s, 2, new TensorShape(4, 5));
        SecretBits p = await s.LessThanZeroAsync(x, 24);
        SecretBits q = await s.LessThanZeroAsync(y, 24);
        await NamesAsync("[2, 3]", "[4, 5]",
            () => s.Add(x, y),
            () => s.Subtract(x, y),
            () => s.BroadcastTo(x, y.Shape),
            () => s.Reshape(x, y.Shape),
            () => s.Reshape(p, y.Shape),
            () => s.Concatenate([x, y], 0),
            () => s.Xor(p, q),
            () => Started(s.MultiplyAsync(x, y)),
            () => Started(s.DotAsync(x, y)),
            () => Started(s.MatMulAsync(x, y)),
            () => Started(s.MatMulAsync(x, y, transposeRight: true)),
            () => Started(s.MatMulAsync(x, s.Pack(y))),
            () => Started(s.MatMulAsync(x, s.Pack(y), transposeRight: true)),
            () => Started(s.AndAsync(p, q)),
            () => Started(s.MultiplyBitAsync(p, y)),
            () => Started(s.SelectAsync(p, x, y)));
        Assert.Equal(Values(1, 6), await s.RevealAsync(x));
    });

    [Fact]
    public Task Arguments_out_of_range_are_refused() => RunAsync(async s =>
    {
        SecretTensor x = await InputAsync(s, 1, new TensorShape(2, 3));
        SecretTensor coarse = await InputAsync(s, 1, new TensorShape(2, 3), fractionalBits: 10);
        SecretBits p = await s.LessThanZeroAsync(x, 24);
        await RefusesAsync<ArgumentOutOfRangeException>(
            () => s.Slice(x, 0, 1, 2),
            () => s.Slice(x, 1, -1, 2),
            () => s.Slice(x, 1, 0, 0),
            () => s.Slice(x, 2, 0, 1),
            () => s.Slice(p, 5, 2),
            () => s.Slice(p, 0, 0),
            () => s.MultiplyPowerOfTwo(x, 19),
            () => s.MultiplyPowerOfTwo(x, -45),
            () => Started(s.LessThanZeroAsync(x, 1)),
            () => Started(s.LessThanZeroAsync(x, 65)),
            () => Started(s.EqualsZeroAsync(x, 0)),
            () => Started(s.MaximumAsync(x, 65)),
            () => Started(s.MaximumAsync(x, 24, 23)),
            () => Started(s.RoughlyLessThanZeroAsync(x, 24, -1)),
            () => Started(s.RoughlyLessThanZeroAsync(x, 24, 23)),
            () => Started(s.WindowAsync(x, 0, 24)),
            () => Started(s.WindowAsync(x, 23, 24)),
            () => Started(s.WindowAsync(x, 8, 65)),
            () => Started(s.WindowAsync(x, 8, 24, 8)),
            () => Started(s.TruncateAsync(x, 19)),
            () => Started(s.TruncateExactAsync(x, 19)),
            () => Started(s.TruncateAsync(x, -1)),
            () => Started(s.MultiplyAsync(x, x, 37)),
            () => Started(s.RevealToAsync(x, s.PartyCount)),
            () => Started(s.RevealToAsync(x, -1)),
            () => Started(s.InputAsync(s.PartyCount, x.Shape, new double[6])));
        await RefusesAsync<ArgumentException>(
            () => s.Add(x, coarse),
            () => s.Concatenate([x, coarse], 0),
            () => s.Concatenate(Array.Empty<SecretTensor>(), 0),
            () => s.Concatenate(Array.Empty<SecretBits>()),
            () => s.Permute(x, 0),
            () => s.Permute(x, 0, 0),
            () => s.Permute(x, 0, 2),
            () => s.AddPublic(x, [1, 2, 3, 4]),
            () => s.MultiplyInteger(x, [1, 2, 3, 4]),
            () => s.Pack(s.Reshape(x, new TensorShape(6))),
            () => Started(s.SumOfProductsAsync([])),
            () => Started(s.SumOfProductsAsync([new(x, x)], x)),
            () => Started(s.SumOfProductsAsync([new(x, x), new(x, coarse)])));
        await RefusesAsync<ArgumentNullException>(
            () => s.Add(null!, x),
            () => s.Not(null!),
            () => Started(s.RevealAsync((SecretTensor)null!)),
            () => Started(s.ImportAsync(null!, x.Shape)),
            () => Started(s.ExportAsync(null!, x)),
            () => Started(s.EvaluateAsync(null!, x)));
        Assert.Equal(Values(1, 6), await s.RevealAsync(x));
    });

    [Fact]
    public Task The_owner_of_an_input_gives_as_many_values_as_the_shape_has() => RunAsync(async s =>
    {
        if (s.PartyId == 0)
        {
            ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(async () => await s.InputAsync(0, new TensorShape(2, 3), new double[5]));
            Assert.Contains("[2, 3]", error.Message, StringComparison.Ordinal);
        }
    });

    [Fact]
    public async Task Secrets_of_another_session_are_refused()
    {
        SecretTensor? foreign = null;
        SecretBits? foreignBits = null;
        await NewCluster().RunAsync(async s =>
        {
            SecretTensor x = await InputAsync(s, 1, new TensorShape(2, 3));
            SecretBits p = await s.LessThanZeroAsync(x, 24);
            if (s.PartyId == 0)
            {
                (foreign, foreignBits) = (x, p);
                await using MpcSession other = new PlaintextSession();
                SecretTensor own = other.Constant(x.Shape, 1);
                await RefusesAsync<ArgumentException>(
                    () => s.Add(x, own),
                    () => s.Reshape(own, x.Shape),
                    () => other.Add(own, x),
                    () => other.Not(p),
                    () => Started(s.RevealAsync(own)),
                    () => Started(s.MatMulAsync(x, other.Pack(other.Constant(new TensorShape(3, 1), 1)))),
                    () => Started(other.RevealAsync(x)));
            }

            return 0;
        });
        Assert.True(foreign!.IsDisposed);
        Assert.Throws<ObjectDisposedException>(() => foreign.Session.Negate(foreign));
        Assert.Throws<ObjectDisposedException>(() => foreignBits!.Session.Not(foreignBits));
    }

    [Fact]
    public Task A_secret_prints_its_shape_only() => RunAsync(async s =>
    {
        SecretTensor x = await s.InputAsync(0, new TensorShape(1, 2), new[] { 1234.5, -777 });
        Assert.Equal("SecretTensor [1, 2], 18 fractional bits", x.ToString());
        Assert.Equal("SecretBits [1, 2]", (await s.LessThanZeroAsync(x)).ToString());
        using SecretMatrix matrix = s.Pack(x);
        Assert.Equal("SecretMatrix [1, 2], 18 fractional bits", matrix.ToString());
    });

    /// <summary>Makes one kind of task of both, for lists of calls.</summary>
    private static Task Started(ValueTask task) => task.AsTask();

    private static Task<T> Started<T>(ValueTask<T> task) => task.AsTask();

    private static async Task NamesAsync(string first, string second, params Func<object?>[] calls)
    {
        for (int i = 0; i < calls.Length; i++)
        {
            Exception error = await Failure<ArgumentException>(calls[i], i);
            Assert.True(error.Message.Contains(first, StringComparison.Ordinal) && error.Message.Contains(second, StringComparison.Ordinal), $"Call {i}: {error.Message}");
        }
    }

    private static async Task RefusesAsync<T>(params Func<object?>[] calls)
        where T : Exception
    {
        for (int i = 0; i < calls.Length; i++)
        {
            await Failure<T>(calls[i], i);
        }
    }

    private static async Task<Exception> Failure<T>(Func<object?> call, int index)
        where T : Exception
    {
        try
        {
            if (call() is Task task)
            {
                await task;
            }
        }
        catch (Exception error)
        {
            Assert.True(error is T, $"Call {index}: {error}");
            return error;
        }

        Assert.Fail($"Call {index} went through.");
        return null!;
    }
}
