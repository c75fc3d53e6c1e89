using SecureTransformer.Transport;
using static SecureTransformer.Protocols.Tests.ResharingRuns;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Sessions over kept shares: of one epoch they are values, of several they are refused by their label and found out without it.</summary>
public class KeptEpochTests
{
    private const int Count = 700;

    private static readonly long[] s_values = ResharingTests.Values(Count);

    [Fact]
    public async Task Shares_of_one_epoch_are_the_values_and_verifying_them_costs_little()
    {
        ShareEpoch before = HandedOut(5, 2);
        MemoryShare[] old = HandOut(before, [.. s_values.Select(value => value >> 20)]);
        (ShareEpoch after, MemoryShare[][] made) = await ReshareAsync(Plan(before, 7, 3), old);
        foreach ((ShareEpoch? epoch, MemoryShare[] shares, int parties) in new[] { (before, old, 5), (null, old, 5), (after, made[0], 7) })
        {
            double[][] opened = await OpenAsync(epoch, shares, parties, async session =>
            {
                Assert.Equal(epoch, Assert.IsType<ShamirSession>(session).ShareEpoch);
                TrafficSnapshot start = session.Meter.Snapshot();
                (IShareReader, int) kept = (shares[session.PartyId], Count);
                await session.VerifyKeptAsync([kept, kept]);
                TrafficSnapshot spent = session.Meter.Snapshot() - start;
                Assert.Equal(3, spent.RoundsTotal);
                Assert.Equal(2 * 16 * (parties - 1), spent.BytesSent(TrafficPhase.Input));
                Assert.InRange(spent.BytesSent(TrafficPhase.Offline), 1, 16 * (parties - 1));
                Assert.Equal(0, session.OutstandingBuffers);
            });
            Assert.All(opened, values => Assert.Equal(s_values.Select(value => Math.ScaleB(value >> 20, -18)), values));
        }
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(4, false)]
    [InlineData(0, true)]
    [InlineData(4, true)]
    public async Task Old_and_new_shares_mixed_are_refused_by_name(int odd, bool oldAmongNew)
    {
        (ShareEpoch before, MemoryShare[] old, ShareEpoch after, MemoryShare[] made) = await RefreshedAsync();
        await using LocalParties parties = LocalParties.Create(5, (channels, _, ct) =>
        {
            bool isOld = channels.PartyId == odd == oldAmongNew;
            return MpcProtocols.OpenSessionAsync(MpcProtocol.Shamir, channels, new SessionOptions { ShareEpoch = isOld ? before : after }, null, ct);
        });
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => parties.RunAsync(_ => Task.FromResult(true)));
        Assert.Contains("has the epoch of kept shares '", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(2, false)]
    [InlineData(0, true)]
    [InlineData(2, true)]
    public async Task Old_and_new_shares_mixed_under_one_label_do_not_belong_together(int odd, bool oldAmongNew)
    {
        // The first three of five parties keep shares in full in both epochs, so that nothing but the values is wrong.
        (ShareEpoch before, MemoryShare[] old, ShareEpoch after, MemoryShare[] made) = await RefreshedAsync();
        (ShareEpoch label, MemoryShare[] shares) = oldAmongNew ? (after, made) : (before, old);
        shares[odd] = (oldAmongNew ? old : made)[odd];
        ProtocolException error = await Assert.ThrowsAsync<ProtocolException>(() => OpenAsync(label, shares, 5, async session =>
        {
            (IShareReader, int) kept = (shares[session.PartyId], Count);
            await session.VerifyKeptAsync([kept]);
        }));
        Assert.Contains("The parties' shares of the model do not belong together", error.Message, StringComparison.Ordinal);
        error = await Assert.ThrowsAsync<ProtocolException>(() => OpenAsync(label, shares, 5, _ => Task.CompletedTask));
        Assert.Contains("contradict each other", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Count - 1)]
    public async Task One_wrong_element_of_one_party_is_found(int index)
    {
        (_, _, ShareEpoch after, MemoryShare[] made) = await RefreshedAsync();
        made[3].Bytes[16 * index] ^= 1;
        await Assert.ThrowsAsync<ProtocolException>(() => OpenAsync(after, made, 5, async session =>
        {
            (IShareReader, int) kept = (made[session.PartyId], Count);
            await session.VerifyKeptAsync([kept]);
        }));
    }

    [Fact]
    public async Task Two_tensors_in_each_others_place_are_found()
    {
        // Each party's shares are right, and one takes them in another order.
        (_, _, ShareEpoch after, MemoryShare[] made) = await RefreshedAsync();
        (ShareEpoch _, MemoryShare[][] more) = (after, [made, [.. made.Select(share => share.Copy())]]);
        more[1][0].Elements.Reverse();
        Array.ForEach(more[1][1..], share => share.Elements.Reverse());
        await Assert.ThrowsAsync<ProtocolException>(() => OpenAsync(after, made, 5, async session =>
        {
            int first = session.PartyId == 1 ? 1 : 0;
            await session.VerifyKeptAsync([(more[first][session.PartyId], Count), (more[1 - first][session.PartyId], Count)]);
        }));
    }

    [Fact]
    public async Task An_epoch_of_other_parties_is_refused()
    {
        await using LocalParties parties = LocalParties.Create(MpcProtocol.Shamir, new SessionOptions { ShareEpoch = HandedOut(4, 1) }, parties: 3);
        ArgumentException error = await Assert.ThrowsAsync<ArgumentException>(() => parties.RunAsync(_ => Task.FromResult(true)));
        Assert.Contains("The kept shares are of 4 parties with the threshold 1; the session has 3 with 1.", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(MpcProtocol.PlaintextFixedPoint)]
    [InlineData(MpcProtocol.Replicated3)]
    [InlineData(MpcProtocol.Additive)]
    public async Task Protocols_that_cannot_tell_say_nothing(MpcProtocol protocol)
    {
        await using LocalParties parties = LocalParties.Create(protocol);
        await parties.RunAsync(async session =>
        {
            long before = session.Meter.BytesSentTotal;
            await session.VerifyKeptAsync([(new MemoryShare(), 5)]);
            Assert.Equal(before, session.Meter.BytesSentTotal);
            await Assert.ThrowsAsync<ArgumentOutOfRangeException>(async () => await session.VerifyKeptAsync([(new MemoryShare(), 0)]));
        });
    }

    private static async Task<(ShareEpoch Before, MemoryShare[] Old, ShareEpoch After, MemoryShare[] Made)> RefreshedAsync()
    {
        ShareEpoch before = HandedOut(5, 2);
        MemoryShare[] old = HandOut(before, s_values);
        (ShareEpoch after, MemoryShare[][] made) = await ReshareAsync(ResharingPlan.Refresh(before), old);
        return (before, old, after, made[0]);
    }

    private static async Task<double[][]> OpenAsync(ShareEpoch? epoch, MemoryShare[] shares, int parties, Func<MpcSession, Task> first)
    {
        await using LocalParties local = LocalParties.Create(MpcProtocol.Shamir, new SessionOptions { ShareEpoch = epoch }, parties: parties);
        return await local.RunAsync(async session =>
        {
            await first(session);
            using SecretTensor tensor = session.Restore(shares[session.PartyId], new TensorShape(Count));
            return await session.RevealAsync(tensor);
        });
    }
}
