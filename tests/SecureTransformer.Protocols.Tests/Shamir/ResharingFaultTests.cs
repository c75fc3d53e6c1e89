using SecureTransformer.Transport;
using static SecureTransformer.Protocols.Tests.ResharingRuns;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Wrong dealers, wrong shares, plans that do not fit, and misuse.</summary>
public class ResharingFaultTests
{
    private const int Count = 400;

    [Theory]
    [InlineData(0, 9)]
    [InlineData(2, 7)]
    public async Task A_dealer_who_sends_one_party_something_else_ends_the_run(int liar, int peer)
    {
        var faults = new ChannelFaults
        {
            Wrong = frame => frame.Operation == Operations.Reshare && frame.Peer == peer && frame.Number == 0,
            Change = (_, payload) => payload[16] ^= 1,
        };
        Exception[] errors = await FailAsync(Plan(HandedOut(5, 2), 7, 3), faults: faults, liar: liar);
        Assert.Contains(errors, error => error.Message.StartsWith($"What party {liar} dealt of 'weights' does not lie on polynomials of degree 3", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task A_party_that_hands_on_another_share_than_its_own_ends_the_run(int liar)
    {
        // Of the last two parties of five an owner's shares are seeds; the first three deal.
        Exception[] errors = await FailAsync(Plan(HandedOut(5, 2), 7, 3), old => old[liar].Bytes[^1] ^= 1);
        Assert.Contains(errors, error => error.Message.StartsWith("The old parties' shares of 'weights' do not belong together", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_share_is_seen_as_long_as_one_party_more_than_needed_is_there()
    {
        ResharingPlan plan = Plan(HandedOut(5, 2), 7, 3);
        Exception[] errors = await FailAsync(plan.Without(4), old => old[1].Bytes[^1] ^= 1);
        Assert.Contains(errors, error => error.Message.StartsWith("The old parties' shares of 'weights' do not belong together", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Old_parties_of_different_epochs_are_found_out()
    {
        ShareEpoch first = HandedOut(3, 1);
        long[] values = ResharingTests.Values(Count);
        (ShareEpoch second, MemoryShare[][] refreshed) = await ReshareAsync(ResharingPlan.Refresh(first), HandOut(first, values));
        (ShareEpoch _, MemoryShare[][] again) = await ReshareAsync(ResharingPlan.Refresh(second), refreshed);
        Exception[] errors = await FailAsync(Plan(second, 3, 1), kept: [refreshed[0][0], again[0][1], refreshed[0][2]]);
        Assert.Contains(errors, error => error.Message.StartsWith("The old parties' shares of 'weights' do not belong together", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(4, Operations.ReshareCheck, 7, "The old parties' shares of 'weights'")]
    [InlineData(6, Operations.ReshareCheck, 7, "What party 0 dealt of 'weights'")]
    [InlineData(6, Operations.ReshareNumber, 7, "The new parties' shares of the number")]
    [InlineData(1, Operations.ReshareMask, 4, "The old parties' shares of 'weights'")]
    public async Task A_lie_in_the_check_ends_the_run(int liar, ushort operation, int peer, string message)
    {
        // The second frame with a number opens it; the first, to some, deals it.
        var faults = new ChannelFaults
        {
            Wrong = frame => frame.Operation == operation && frame.Peer == peer,
            Change = (_, payload) => payload[0] ^= 1,
        };
        Exception[] errors = await FailAsync(Plan(HandedOut(5, 2), 7, 3), faults: faults, liar: liar);
        Assert.Contains(errors, error => error.Message.StartsWith(message, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_does_not_pass_the_check_is_not_written()
    {
        MemoryShare[] made = [.. Enumerable.Range(0, 4).Select(_ => new MemoryShare())];
        _ = await FailAsync(Plan(HandedOut(4, 1), 4, 1), old => old[0].Bytes[0] ^= 1, made: made);
        Assert.All(made, share => Assert.Equal(0, share.Length));
    }

    [Fact]
    public async Task Places_that_plan_otherwise_refuse_each_other_by_name()
    {
        ShareEpoch epoch = HandedOut(3, 1);
        ResharingPlan plan = Plan(epoch, 5, 2);
        (string, ResharingPlan)[] others =
        [
            ("epoch of the old shares", Plan(HandedOut(3, 1), 5, 2)),
            ("new threshold", Plan(epoch, 5, 1)),
            ("elements of a batch", Plan(epoch, 5, 2, batch: 5)),
            ("places of the new parties", new() { Epoch = epoch, OldPlaces = [0, 1, 2], NewPlaces = [4, 3, 5, 6, 7] }),
        ];
        foreach ((string field, ResharingPlan other) in others)
        {
            Exception?[] errors = await RunAsync(plan, (_, _) => Task.CompletedTask, planOf: place => place == 1 ? other : plan);
            Assert.All(errors, error => Assert.IsType<ProtocolException>(error));
            Assert.Contains(errors, error => error!.Message.StartsWith($"party 1 has the {field} '", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Places_that_reshared_other_tensors_do_not_complete()
    {
        ShareEpoch epoch = HandedOut(3, 1);
        MemoryShare[] old = HandOut(epoch, new long[9]);
        MemoryShare[] made = [.. old.Select(_ => new MemoryShare())];
        Exception?[] errors = await RunAsync(Plan(epoch, 3, 1), async (place, resharing) =>
        {
            await ResharingRuns.ReshareAsync(resharing, old, made, place == 2 ? "bias" : "weights");
            await resharing.CompleteAsync();
        });
        Assert.All(errors, error => Assert.IsType<ProtocolException>(error));
        Assert.Contains(errors, error => error!.Message.Contains("do not have the same list of reshared tensors", StringComparison.Ordinal));
    }

    [Fact]
    public void Plans_that_contradict_themselves_are_refused_by_the_property()
    {
        ShareEpoch epoch = HandedOut(5, 2);
        Refused("OldPlaces", [0, 1, 2], [3, 4, 5], 6);
        Refused("OldPlaces", [0, 1, null, null, null], [2, 3, 4], 5);
        Refused("OldPlaces", [0, 1, 2, 2, null], [3, 4, 5], 6);
        Refused("OldPlaces", [0, 1, 2, 3, 9], [4, 5, 6], 8);
        Refused("NewPlaces", [0, 1, 2, 3, 4], [5, 6, 6], 7);
        Refused("NewPlaces", [0, 1, 2, 3, 4], [5, 6, 7], 9);
        Refused("parties", [0, 1, 2, 3, 4], [5, 6], 7);
        Refused("threshold", [0, 1, 2, 3, 4], [5, 6, 7], 8, threshold: 2);
        Refused("BatchElements", [0, 1, 2, 3, 4], [5, 6, 7], 8, batch: 0);
        ResharingPlan.Refresh(epoch).Validate(5);
        Assert.Throws<ArgumentOutOfRangeException>(() => new ShareEpoch(SessionId.New(), 5, 3));

        void Refused(string name, int?[] old, int[] made, int places, int? threshold = null, int batch = 1)
        {
            var plan = new ResharingPlan { Epoch = epoch, OldPlaces = old, NewPlaces = made, NewThreshold = threshold, BatchElements = batch };
            ArgumentException error = Assert.ThrowsAny<ArgumentException>(() => plan.Validate(places));
            Assert.Equal(name, error.ParamName);
        }
    }

    [Fact]
    public async Task Misuse_is_an_error_at_once()
    {
        ShareEpoch epoch = HandedOut(3, 1);
        MemoryShare[] old = HandOut(epoch, new long[9]);
        MemoryShare[] made = [.. old.Select(_ => new MemoryShare())];
        Assert.All(await RunAsync(Plan(epoch, 3, 1), async (place, resharing) =>
        {
            Assert.Equal(place < 3 ? place : null, resharing.OldParty);
            Assert.Equal(place < 3 ? null : place - 3, resharing.NewParty);
            await Assert.ThrowsAsync<ArgumentException>(async () => await resharing.ReshareAsync("weights", 9, null, null));
            await Assert.ThrowsAsync<ArgumentException>(async () => await resharing.ReshareAsync("weights", 9, old[0], made[0]));
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await resharing.ReshareAsync("weights", 0, old[0], null));
            await ResharingRuns.ReshareAsync(resharing, old, made, "weights");
            Assert.Equal(resharing.NewEpoch, await resharing.CompleteAsync());
            await Assert.ThrowsAsync<InvalidOperationException>(async () => await ResharingRuns.ReshareAsync(resharing, old, made, "weights"));
        }), Assert.Null);
    }

    [Fact]
    public async Task A_place_that_gives_up_ends_the_run_for_all()
    {
        ShareEpoch epoch = HandedOut(3, 1);
        MemoryShare[] old = HandOut(epoch, new long[9]);
        MemoryShare[] made = [.. old.Select(_ => new MemoryShare())];
        Exception?[] errors = await RunAsync(
            Plan(epoch, 3, 1), (place, resharing) => place == 5 ? Task.CompletedTask : ResharingRuns.ReshareAsync(resharing, old, made, "weights"));
        Assert.All(errors.Take(5), error => Assert.IsType<ProtocolException>(error));
        Assert.Contains(errors, error => error?.Message.Contains("the resharing was given up", StringComparison.Ordinal) == true);
    }

    private static async Task<Exception[]> FailAsync(
        ResharingPlan plan, Action<MemoryShare[]>? spoil = null, MemoryShare[]? kept = null, MemoryShare[]? made = null, ChannelFaults? faults = null, int liar = -1)
    {
        MemoryShare[] old = kept ?? HandOut(plan.Epoch, ResharingTests.Values(Count));
        spoil?.Invoke(old);
        made ??= [.. plan.NewPlaces.Select(_ => new MemoryShare())];
        Exception?[] errors = await RunAsync(
            plan,
            async (_, resharing) =>
            {
                await ResharingRuns.ReshareAsync(resharing, old, made, "weights");
                await resharing.CompleteAsync();
            },
            liar,
            faults);
        Assert.All(errors, error => Assert.IsType<ProtocolException>(error));
        return errors!;
    }
}
