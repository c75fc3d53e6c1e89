using SecureTransformer.Transport;
using static SecureTransformer.Protocols.Tests.Arithmetic;

namespace SecureTransformer.Protocols.Tests;

/// <summary>What shows only where an operation waits for other parties: a second one beside it, and cancelling it.</summary>
public class ReplicatedFlowTests
{
    [Fact]
    public Task A_second_operation_before_the_first_completes_is_refused_and_the_first_goes_on() => ThreeAsync(async (s, gate) =>
    {
        SecretTensor x = await s.InputAsync(0, new TensorShape(3), Values(1, 3));
        if (s.PartyId != 0)
        {
            await gate.Task;
            return await s.RevealAsync(x);
        }

        ValueTask<double[]> first = s.RevealAsync(x);
        foreach (Func<Task> second in new Func<Task>[]
        {
            async () => await s.SquareAsync(x),
            async () => await s.MaximumAsync(x),
            async () => await s.RevealToAsync(x, 0),
            async () => await s.LessThanZeroAsync(x),
            async () => await s.InputAsync(0, new TensorShape(1), new double[1]),
        })
        {
            InvalidOperationException error = await Assert.ThrowsAsync<InvalidOperationException>(second);
            Assert.Contains("before the next", error.Message, StringComparison.Ordinal);
        }

        gate.SetResult();
        return await first;
    });

    [Fact]
    public Task A_second_operation_beside_a_composed_one_is_refused() => ThreeAsync(async (s, gate) =>
    {
        SecretTensor x = await s.InputAsync(0, new TensorShape(3), Values(1, 3));
        // Party 1 waits for what party 0 deals; party 0 waits for nobody.
        if (s.PartyId != 1)
        {
            await gate.Task;
        }

        ValueTask<SecretTensor> first = s.MaximumAsync(x, 24);
        if (s.PartyId == 1)
        {
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await s.SquareAsync(x));
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await s.MaximumAsync(x, 24));
            gate.SetResult();
        }

        Assert.Equal([Values(1, 3).Max()], await s.RevealAsync(await first));
        return Values(1, 3);
    });

    [Fact]
    public Task What_is_disposed_beside_a_pending_operation_goes_back_only_when_it_has_ended() => ThreeAsync(async (s, gate) =>
    {
        SecretTensor x = await s.InputAsync(0, new TensorShape(3), Values(2, 3));
        SecretTensor y = await s.InputAsync(0, new TensorShape(3), Values(1, 3));
        if (s.PartyId != 0)
        {
            await gate.Task;
            await s.MultiplyAsync(x, y);
            return await s.RevealAsync(y);
        }

        ValueTask<SecretTensor> pending = s.MultiplyAsync(x, y);
        int outstanding = s.OutstandingBuffers;
        x.Dispose();
        Assert.Equal(outstanding, s.OutstandingBuffers);
        gate.SetResult();
        await pending;
        Assert.True(s.OutstandingBuffers < outstanding);
        return await s.RevealAsync(y);
    });

    [Fact]
    public async Task Disposing_a_session_ends_the_operation_under_way_before_its_memory_goes_back()
    {
        await using var network = new InMemoryNetwork(3);
        var id = SessionId.New();
        ReplicatedSession[] sessions = await Task.WhenAll(Enumerable.Range(0, 3).Select(async party =>
            await ReplicatedSession.OpenAsync(await network.Party(party).OpenSessionAsync(id))));
        SecretTensor[] x = await Task.WhenAll(sessions.Select(async s => await s.InputAsync(0, new TensorShape(3), Values(1, 3))));

        Task<SecretTensor> pending = sessions[0].MultiplyAsync(x[0], x[0]).AsTask();
        await sessions[0].DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(10));

        Assert.True(pending.IsFaulted);
        ProtocolException told = await Assert.ThrowsAsync<ProtocolException>(async () => await sessions[1].MultiplyAsync(x[1], x[1]));
        Assert.Contains("party 0", told.Message, StringComparison.Ordinal);
        await sessions[1].DisposeAsync();
        await sessions[2].DisposeAsync();
    }

    [Fact]
    public Task Local_operations_beside_a_pending_one_keep_their_results() => ThreeAsync(async (s, gate) =>
    {
        SecretTensor x = await s.InputAsync(0, new TensorShape(3), Values(1, 3));
        SecretBits p = await s.LessThanZeroAsync(x, 24);
        if (s.PartyId != 0)
        {
            await gate.Task;
        }

        ValueTask<SecretTensor> product = s.MultiplyAsync(x, x);
        SecretTensor beside = s.Negate(x);
        if (s.PartyId == 0)
        {
            gate.SetResult();
        }

        await product;
        ValueTask<SecretTensor> selected = s.SelectAsync(p, x, beside);
        SecretTensor besideToo = s.Negate(beside);
        await selected;
        Assert.Equal(Values(1, 3).Select(v => -v), await s.RevealAsync(beside));
        return await s.RevealAsync(besideToo);
    });

    [Fact]
    public async Task Cancelling_inside_an_operation_ends_the_session_and_tells_the_peers()
    {
        var ends = new string[3];
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await Cluster.Of(MpcProtocol.Replicated3).RunAsync(async s =>
        {
            SecretTensor x = await s.InputAsync(0, new TensorShape(3), Values(1, 3));
            if (s.PartyId == 0)
            {
                // Party 2, from which this waits for a share, holds back.
                using var source = new CancellationTokenSource();
                ValueTask<double[]> pending = s.RevealAsync(x, source.Token);
                Assert.False(pending.IsCompleted);
                await source.CancelAsync();
                await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await pending);
                ends[0] = (await Assert.ThrowsAsync<InvalidOperationException>(async () => await s.RevealAsync(x))).Message;
                gate.SetResult();
                return 0;
            }

            if (s.PartyId == 2)
            {
                await gate.Task;
            }

            ends[s.PartyId] = (await Assert.ThrowsAsync<ProtocolException>(async () =>
            {
                for (int i = 0; i < 4; i++)
                {
                    await s.RevealAsync(x);
                }
            })).Message;
            ends[s.PartyId] += (await Assert.ThrowsAsync<InvalidOperationException>(async () => await s.SquareAsync(x))).Message;
            return 0;
        });
        Assert.Contains("cancelled", ends[0], StringComparison.Ordinal);
        Assert.Contains("The session has ended", ends[1], StringComparison.Ordinal);
        Assert.Contains("The session has ended", ends[2], StringComparison.Ordinal);
        Assert.Contains("ended the session", ends[1], StringComparison.Ordinal);
        Assert.Contains("cancelled", ends[2], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_out_of_range_at_its_owner_ends_the_session_and_names_no_value()
    {
        OverflowException error = await Assert.ThrowsAsync<OverflowException>(() => Cluster.Of(MpcProtocol.Replicated3).RunAsync(async s =>
        {
            await s.InputAsync(0, new TensorShape(2), new[] { 1, 12345e30 });
            return await s.RevealAsync(s.Constant(new TensorShape(1), 1));
        }));
        Assert.DoesNotContain("12345", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("1.2345", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_local_run_throws_the_cause_and_not_its_echo()
    {
        await using var parties = LocalParties.Create(MpcProtocol.Replicated3);
        for (int i = 0; i < 20; i++)
        {
            await Assert.ThrowsAsync<OverflowException>(() => parties.RunAsync(async s =>
            {
                SecretTensor x = await s.InputAsync(1, new TensorShape(2), new[] { 1, 1e30 });
                await s.RevealAsync(await s.SquareAsync(x));
            }));
        }
    }

    [Fact]
    public async Task Three_parties_are_wanted()
    {
        await using var network = new InMemoryNetwork(2);
        var id = SessionId.New();
        Task<ChannelSet> other = network.Party(1).OpenSessionAsync(id);
        await using ChannelSet channels = await network.Party(0).OpenSessionAsync(id);
        await using ChannelSet theirs = await other;
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => ReplicatedSession.OpenAsync(channels));
        Assert.Equal("channels", error.ParamName);
    }

    [Theory]
    [InlineData(18, 20, "", "", "fractional bits")]
    [InlineData(18, 18, "model A", "model B", "model")]
    [InlineData(18, 18, "", "", "nonlinear functions", "blocks 0 to 1: gelu and softmax", "blocks 0 to 1: gelu_quad and 2quad")]
    public async Task A_party_with_other_options_is_named_with_the_field(
        int ours, int theirs, string agreement, string otherAgreement, string field, string functions = "", string otherFunctions = "")
    {
        await using var network = new InMemoryNetwork(3);
        var id = SessionId.New();
        string[] messages = await Task.WhenAll(Enumerable.Range(0, 3).Select(party => Task.Run(async () =>
        {
            await using ChannelSet channels = await network.Party(party).OpenSessionAsync(id);
            var options = new SessionOptions
            {
                FractionalBits = party == 2 ? theirs : ours,
                Agreement = party == 2 ? otherAgreement : agreement,
                NonlinearFunctions = party == 2 ? otherFunctions : functions,
            };
            return (await Assert.ThrowsAsync<ProtocolException>(() => ReplicatedSession.OpenAsync(channels, options))).Message;
        })));
        Assert.Contains(messages, m => m.Contains($"party 2 has the {field}", StringComparison.Ordinal));
    }

    private static async Task ThreeAsync(Func<MpcSession, TaskCompletionSource, Task<double[]>> program)
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        double[][] results = await Cluster.Of(MpcProtocol.Replicated3).RunAsync(s => program(s, gate)).WaitAsync(TimeSpan.FromMinutes(2));
        Assert.All(results, r => Assert.Equal(Values(1, 3), r));
    }
}
