using System.Runtime.InteropServices;
using SecureTransformer.Numerics;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>
/// Shuffled input of additive sharing, taken apart with all seeds at hand: each party but the owner puts the rows in an order of its own, so that the owner and all others but one
/// do not know the whole order.
/// </summary>
public class ShuffleTraceTests
{
    private const int Rows = 3;
    private const int Columns = 40;
    private const int Count = Rows * Columns;
    private const ushort ShuffleDeal = 9;
    private const ushort MaterialSeed = 64;

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Every_party_but_the_owner_has_an_order_of_its_own(int owner)
    {
        var frames = new Dictionary<(ushort Operation, string From, string To), List<byte[]>>();
        double[] values = [.. Enumerable.Range(0, Count).Select(i => (double)(i % Columns))];
        double[] shuffled = [];
        var transport = new TransportOptions { FrameObserver = (in ObservedFrame frame) => Observe(frames, frame) };
        await using (LocalParties parties = LocalParties.Create(MpcProtocol.Additive, transport: transport, parties: 3))
        {
            await parties.RunAsync(async s =>
            {
                double[] opened = await s.RevealAsync(await s.InputShuffledAsync(owner, new TensorShape(Rows, Columns), values, 0));
                if (s.PartyId == 0)
                {
                    shuffled = opened;
                }
            });
        }

        int first = owner == 0 ? 1 : 0;
        int second = 3 - owner - first;
        Assert.Equal([(owner, first)], Links(frames).Where(link => link.To == first));
        Assert.Equal([(Math.Min(owner, first), second), (Math.Max(owner, first), second)], Links(frames).Where(link => link.To == second).Order());
        Assert.Equal(3, Links(frames).Count());

        // The shares before the second order: the two that are sent, unmasked, and the renewed zero of the second party.
        ulong[] between = new ulong[Count];
        foreach (int sender in new[] { owner, first })
        {
            RingKernels.AddInto<ulong>(between, MemoryMarshal.Cast<byte, ulong>(frames[(ShuffleDeal, Name(sender), Name(second))].Single()));
            RingKernels.AddInto<ulong>(between, Drawn(frames, sender, "ShuffleSplit", sender == owner ? 1 : 0));
        }

        RingKernels.AddInto<ulong>(between, Drawn(frames, second, "ShuffleReshare", 0));
        double[] halfway = [.. between.Select(word => (double)word)];
        foreach (double[] row in halfway.Chunk(Columns).Concat(shuffled.Chunk(Columns)))
        {
            Assert.Equal(values[..Columns], row.Order());
        }

        AllDiffer([values[..Columns], .. halfway.Chunk(Columns), .. shuffled.Chunk(Columns)]);
    }

    private static void AllDiffer(double[][] orders)
    {
        for (int i = 0; i < orders.Length; i++)
        {
            for (int j = 0; j < i; j++)
            {
                Assert.NotEqual(orders[i], orders[j]);
            }
        }
    }

    private static void Observe(Dictionary<(ushort, string, string), List<byte[]>> frames, in ObservedFrame frame)
    {
        lock (frames)
        {
            (ushort, string, string) key = (frame.Operation, frame.From, frame.To);
            if (!frames.TryGetValue(key, out List<byte[]>? seen))
            {
                frames[key] = seen = [];
            }

            seen.Add(frame.Payload.ToArray());
        }
    }

    private static string Name(int place) => place == 3 ? "the dealer" : $"party {place}";

    private static IEnumerable<(int From, int To)> Links(Dictionary<(ushort Operation, string From, string To), List<byte[]>> frames) =>
        frames.Keys.Where(key => key.Operation == ShuffleDeal).Select(key => (key.From[^1] - '0', key.To[^1] - '0'));

    /// <summary>A run of a party's stream for a purpose, from the seed that it sent the dealer.</summary>
    private static ulong[] Drawn(Dictionary<(ushort, string, string), List<byte[]>> frames, int party, string purpose, int run)
    {
        Type purposes = typeof(MpcSession).Assembly.GetType("SecureTransformer.Protocols.Randomness.Purpose", throwOnError: true)!;
        byte[] seed = frames[(MaterialSeed, Name(party), Name(3))].Single();
        using var stream = new AesCtrPrg(seed.AsSpan(0, AesCtrPrg.KeyByteCount), Convert.ToUInt64(Enum.Parse(purposes, purpose), null));
        ulong[] words = new ulong[Count];
        for (int i = 0; i <= run; i++)
        {
            stream.Fill(words);
        }

        return words;
    }
}
