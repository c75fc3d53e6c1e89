using System.Runtime.InteropServices;
using SecureTransformer.Numerics;
using SecureTransformer.Sharing;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Kept shares, and resharings of them over memory.</summary>
internal static class ResharingRuns
{
    public static ShareEpoch HandedOut(int parties, int threshold) => new(SessionId.New(), parties, threshold);

    /// <summary>Integers as an owner hands them out: seeds for the last t parties.</summary>
    public static MemoryShare[] HandOut(ShareEpoch epoch, long[] values)
    {
        int computed = epoch.Parties - epoch.Threshold;
        var sharing = new ShamirSharing(epoch.Parties, epoch.Threshold, computed);
        ulong[] secret = new ulong[2 * values.Length];
        FieldKernels.EncodeSigned(MemoryMarshal.Cast<long, ulong>(values.AsSpan()), secret);
        ulong[] shares = new ulong[computed * secret.Length];
        byte[] seeds = new byte[epoch.Threshold * ShareSeeds.ByteCount];
        ShareSeeds.Generate(seeds);
        AesCtrPrg[] generators = [.. Enumerable.Range(0, epoch.Threshold).Select(i => ShareSeeds.Open(Seed(i)))];
        sharing.Split(secret, generators, shares);
        Array.ForEach(generators, generator => generator.Dispose());
        var kept = new MemoryShare[epoch.Parties];
        for (int party = 0; party < kept.Length; party++)
        {
            kept[party] = new MemoryShare();
            kept[party].Write(party < computed ? MemoryMarshal.AsBytes(shares.AsSpan(party * secret.Length, secret.Length)) : Seed(party - computed));
        }

        return kept;

        ReadOnlySpan<byte> Seed(int i) => seeds.AsSpan(i * ShareSeeds.ByteCount, ShareSeeds.ByteCount);
    }

    /// <summary>One plan for all, with all old parties there: at the first places, and the new ones from <paramref name="firstNew"/> on.</summary>
    public static ResharingPlan Plan(ShareEpoch epoch, int parties, int threshold, int? firstNew = null, int batch = 1 << 20) => new()
    {
        Epoch = epoch,
        OldPlaces = [.. Enumerable.Range(0, epoch.Parties).Select(place => (int?)place)],
        NewPlaces = [.. Enumerable.Range(firstNew ?? epoch.Parties, parties)],
        NewThreshold = threshold,
        BatchElements = batch,
    };

    /// <summary>The plan of the same resharing without some old parties; the places after theirs move up.</summary>
    public static ResharingPlan Without(this ResharingPlan plan, params int[] gone)
    {
        int[] places = [.. Enumerable.Range(0, Places(plan)).Where(place => plan.NewPlaces.Contains(place) || !gone.Contains(place))];
        return new ResharingPlan
        {
            Epoch = plan.Epoch,
            OldPlaces = [.. plan.OldPlaces.Select((place, party) => gone.Contains(party) ? null : (int?)Array.IndexOf(places, place!.Value))],
            NewPlaces = [.. plan.NewPlaces.Select(place => Array.IndexOf(places, place))],
            NewThreshold = plan.NewThreshold,
            BatchElements = plan.BatchElements,
        };
    }

    public static int Places(ResharingPlan plan) => plan.OldPlaces.OfType<int>().Union(plan.NewPlaces).Count();

    /// <summary>Reshares tensors, which all places must do without a fault.</summary>
    public static async Task<(ShareEpoch Epoch, MemoryShare[][] Shares)> ReshareAsync(ResharingPlan plan, params MemoryShare[][] tensors)
    {
        MemoryShare[][] made = [.. tensors.Select(_ => plan.NewPlaces.Select(_ => new MemoryShare()).ToArray())];
        var epochs = new ShareEpoch[Places(plan)];
        Exception?[] errors = await RunAsync(plan, async (place, resharing) =>
        {
            for (int i = 0; i < tensors.Length; i++)
            {
                await ReshareAsync(resharing, tensors[i], made[i], $"tensor {i}");
            }

            epochs[place] = await resharing.CompleteAsync();
            Assert.Equal(0, resharing.OutstandingBuffers);
        });
        Assert.All(errors, Assert.Null);
        Assert.Single(epochs.Distinct());
        return (epochs[0], made);
    }

    public static async Task ReshareAsync(ShamirResharing resharing, MemoryShare[] old, MemoryShare[] made, string name)
    {
        // An owner's shares at parties without seeds, and all of later epochs, are of full length.
        int count = (int)(old[0].Length / Mersenne127.ByteCount);
        await resharing.ReshareAsync(name, count, resharing.OldParty is { } from ? old[from] : null, resharing.NewParty is { } to ? made[to] : null);
    }

    /// <summary>Runs a program at each place; what it threw, by place. No frame may be left.</summary>
    public static async Task<Exception?[]> RunAsync(
        ResharingPlan plan, Func<int, ShamirResharing, Task> program, int liar = -1, ChannelFaults? faults = null, Func<int, ResharingPlan>? planOf = null)
    {
        int places = Places(plan);
        await using var network = new InMemoryNetwork(places, new TransportOptions { ReceiveTimeout = TimeSpan.FromSeconds(60) });
        var id = SessionId.New();
        Exception?[] errors = await Task.WhenAll(Enumerable.Range(0, places).Select(place => Task.Run(async () =>
        {
            try
            {
                ChannelSet channels = await network.Party(place).OpenSessionAsync(id);
                try
                {
                    await using ShamirResharing resharing = await ShamirResharing.OpenAsync(place == liar ? faults!.Attach(channels) : channels, planOf?.Invoke(place) ?? plan);
                    await program(place, resharing);
                    return null;
                }
                catch
                {
                    channels.Abort("the program failed");
                    throw;
                }
                finally
                {
                    await channels.DisposeAsync();
                }
            }
            catch (Exception error) when (error is not Xunit.Sdk.XunitException)
            {
                return error;
            }
        })));
        await network.DisposeAsync();
        Assert.Equal(0, network.OutstandingFrames);
        return errors;
    }

    /// <summary>A share in full, whatever form it was kept in.</summary>
    public static ulong[] Expanded(ShareEpoch epoch, int party, MemoryShare share, int count)
    {
        ulong[] elements = new ulong[2 * count];
        Protocols.Shamir.KeptElements.Read(share, epoch.IsKeptAsSeed(party), 0, elements);
        return elements;
    }

    /// <summary>The values of shares of all parties, which must lie on polynomials of the epoch's degree.</summary>
    public static long[] Open(ShareEpoch epoch, MemoryShare[] shares, int count)
    {
        Assert.All(shares.Select((share, party) => (share, party)), pair => Assert.Equal(epoch.ShareBytes(pair.party, count), pair.share.Length));
        var sharing = new ShamirSharing(epoch.Parties, epoch.Threshold);
        int[] all = [.. Enumerable.Range(0, epoch.Parties)];
        ulong[] words = [.. all.SelectMany(party => Expanded(epoch, party, shares[party], count))];
        Assert.True(sharing.IsConsistent(all, words, count));
        ulong[] secret = new ulong[2 * count];
        sharing.Reconstruct(all, words, secret);
        ulong[] values = new ulong[count];
        FieldKernels.DecodeSigned(secret, values);
        return [.. values.Select(value => unchecked((long)value))];
    }
}
