using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Shamir;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Shuffled rows of Shamir's sharing, taken apart with the keys of all groups at hand: the order is composed of one of each group, which no other party was told.</summary>
public class ShuffleRowsTraceTests
{
    private const int Rows = 40;

    [Theory]
    [InlineData(3, 1)]
    [InlineData(4, 1)]
    [InlineData(5, 2)]
    [InlineData(7, 2)]
    public async Task The_order_is_composed_of_one_of_each_group(int parties, int threshold)
    {
        var keys = new List<(string From, string To, byte[] Key)>();
        double[] values = [.. Enumerable.Range(0, Rows).SelectMany(row => (double[])[row, 2 * row])];
        var transport = new TransportOptions { FrameObserver = (in ObservedFrame frame) => Observe(keys, frame) };
        double[][] opened;
        var spent = new (long Bytes, int Rounds)[parties];
        await using (LocalParties local = LocalParties.Create(MpcProtocol.Shamir, new SessionOptions { Threshold = threshold }, transport, parties))
        {
            opened = await local.RunAsync(async s =>
            {
                SecretTensor x = await s.InputAsync(0, new TensorShape(Rows, 2), values, 0);
                await s.AgreeAsync("the rows", new byte[1]);
                (long bytes, int clock) = (s.Meter.BytesSentTotal, s.Meter.Clock);
                SecretTensor y = await s.ShuffleRowsAsync(x);
                spent[s.PartyId] = (s.Meter.BytesSentTotal - bytes, s.Meter.Clock - clock);
                return await s.RevealAsync(y);
            });
        }

        int[][] groups = [.. ShuffleCommittees.For(parties, threshold, owner: null)];
        Assert.Equal(groups.Length * threshold, keys.Count);
        int[] order = [.. Enumerable.Range(0, Rows)];
        foreach (int[] group in groups)
        {
            byte[][] told = [.. group.Skip(1).Select(member => Take(keys, group[0], member))];
            Assert.All(told, key => Assert.Equal(told[0], key));
            using var random = new PairwiseRandomness(told[0]);
            int[] before = [.. order];
            RowShuffle.MoveRows(order.AsSpan(), Rows, words => random.Fill(Purpose.ShuffleOrder, words));
            Assert.NotEqual(before, order);
        }

        Assert.Empty(keys);
        Assert.All(opened, rows => Assert.Equal(order.SelectMany(row => (double[])[row, 2 * row]), rows));

        // 16 bytes an element from each of t + 1 to each of n - 1 - t, a group; a round of keys and one for each group.
        long dealt = 16L * 2 * Rows * (threshold + 1) * (parties - 1 - threshold);
        Assert.Equal(groups.Length * (dealt + (16 * threshold)), spent.Sum(s => s.Bytes));
        Assert.InRange(spent.Max(s => s.Rounds), groups.Length, groups.Length + 1);
    }

    private static byte[] Take(List<(string From, string To, byte[] Key)> keys, int from, int to)
    {
        int at = keys.FindIndex(key => key.From == $"party {from}" && key.To == $"party {to}");
        byte[] found = keys[at].Key;
        keys.RemoveAt(at);
        return found;
    }

    private static void Observe(List<(string, string, byte[])> keys, in ObservedFrame frame)
    {
        if (frame.Operation == Operations.ShuffleKey)
        {
            lock (keys)
            {
                keys.Add((frame.From, frame.To, frame.Payload.ToArray()));
            }
        }
    }
}
