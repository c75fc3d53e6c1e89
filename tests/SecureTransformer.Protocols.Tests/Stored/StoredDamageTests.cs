using System.Text.Json.Nodes;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>A damaged file is named and never leads to a wrong result, and a run whose file is damaged counts as used.</summary>
public class StoredDamageTests
{
    private const int Head = StoreFolder.SecretOffset + StoreFolder.SecretLength;

    /// <summary>Places of run files: magic, store, party, number of parties, run, padding, length of the plan, seed, key, check, plan.</summary>
    public static TheoryData<int, int> Bits
    {
        get
        {
            var places = new TheoryData<int, int>();
            foreach (int party in new[] { 0, 1 })
            {
                foreach (int place in new[] { 0, 8, 23, 24, 28, 32, 36, 40, 43, 44, 48, 63, 64, 79, 80, 95, Head, Head + 1, Head + 4, Head + 20 })
                {
                    places.Add(party, place);
                }
            }

            return places;
        }
    }

    [Theory]
    [MemberData(nameof(Bits))]
    public async Task A_flipped_bit_of_head_secret_or_plan(int party, int place)
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync, runs: 2);
        Change(folder.Run(party, 0), bytes => bytes[place] ^= 1);
        await AssertRunIsLostAsync(folder, party);
    }

    [Fact]
    public async Task A_flipped_bit_of_any_correction()
    {
        using StoreFolder whole = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync, runs: 2);
        (int first, int end) = ((int)new FileInfo(whole.Run(1, 0)).Length, (int)new FileInfo(whole.Run(0, 0)).Length);
        Assert.True(end > first + 16);
        for (int place = first; place < end; place += 5)
        {
            using StoreFolder folder = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync, runs: 2);
            Change(folder.Run(0, 0), bytes => bytes[place] ^= 0x80);
            await AssertRunIsLostAsync(folder, 0);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_file_that_ends_too_soon(int party)
    {
        using StoreFolder whole = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync, runs: 2);
        int end = (int)new FileInfo(whole.Run(party, 0)).Length;
        foreach (int length in Enumerable.Range(0, end).Where(at => at % 9 == 0 || at == end - 1 || at is 47 or 48 or 95 or 96))
        {
            using StoreFolder folder = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync, runs: 2);
            Change(folder.Run(party, 0), _ => { }, length);
            await AssertRunIsLostAsync(folder, party);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_missing_file_and_one_of_another_run(int party)
    {
        using (StoreFolder folder = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync, runs: 2))
        {
            File.Delete(folder.Run(party, 0));
            await AssertRunIsLostAsync(folder, party);
        }

        using (StoreFolder folder = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync, runs: 2))
        {
            File.Copy(folder.Run(party, 1), folder.Run(party, 0), overwrite: true);
            await AssertRunIsLostAsync(folder, party);
        }

        using (StoreFolder folder = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync, runs: 2))
        {
            File.Copy(folder.Run(1 - party, 0), folder.Run(party, 0), overwrite: true);
            await AssertRunIsLostAsync(folder, party);
        }
    }

    [Fact]
    public async Task Corrections_of_another_run_or_store()
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync, runs: 2);
        int start = (int)new FileInfo(folder.Run(1, 0)).Length;
        byte[] other = File.ReadAllBytes(folder.Run(0, 1))[start..];
        Change(folder.Run(0, 0), bytes => other.CopyTo(bytes, start));
        await AssertRunIsLostAsync(folder, 0);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_counter_with_one_slot_goes_on_and_uses_nothing_twice(int slot)
    {
        for (int used = 0; used < 3; used++)
        {
            for (int party = 0; party < 2; party++)
            {
                using StoreFolder folder = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync, runs: 4);
                var masks = new DrawnMasks();
                await UseAsync(folder, used, masks);
                Change(folder.File(party, "counter"), bytes => bytes.AsSpan(slot * 4096, 40).Fill(0xaa));
                await UseAsync(folder, 4 - used, masks);
                Assert.Equal(4, masks.Seen.Count);
                masks.AssertNothingTwice();
            }
        }
    }

    [Fact]
    public async Task Counters_that_have_each_lost_a_slot_lose_runs_but_use_none_twice()
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync, runs: 4);
        var masks = new DrawnMasks();
        await UseAsync(folder, 1, masks);

        // Slots are written in turn; the newer one is the larger.
        for (int party = 0; party < 2; party++)
        {
            Change(folder.File(party, "counter"), bytes => bytes.AsSpan(BitConverter.ToInt64(bytes) == 1 ? 0 : 4096, 40).Clear());
        }

        using Stores stores = folder.Open();
        Assert.Equal([4, 4], stores.Remaining);
        Outcome<double[]>[] outcomes = await stores.TryAsync(DrawnMasks.SquareAsync, masks.Transport);
        Assert.Contains(outcomes, outcome => outcome.Error is InvalidDataException);
        Assert.Equal([3, 3], stores.Remaining);
        await stores.RunAsync(DrawnMasks.SquareAsync, masks.Transport);
        Assert.Equal(2, masks.Seen.Count);
        masks.AssertNothingTwice();
    }

    [Theory]
    [InlineData("counter", "both slots")]
    [InlineData("counter", "empty")]
    [InlineData("counter", "missing")]
    [InlineData("counter", "other")]
    [InlineData("weights.key", "bit")]
    [InlineData("weights.key", "check")]
    [InlineData("weights.key", "short")]
    [InlineData("weights.key", "missing")]
    [InlineData("weights.key", "other")]
    [InlineData("weights.tags", "bit")]
    [InlineData("weights.tags", "twice")]
    [InlineData("weights.tags", "other")]
    [InlineData("weights.tags", "missing")]
    [InlineData("store.json", "missing")]
    [InlineData("store.json", "short")]
    [InlineData("store.json", "empty")]
    [InlineData("store.json", "huge")]
    public async Task Files_of_the_store(string name, string damage)
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(2, PackedAsync, runs: 2);
        using (Stores stores = folder.Open())
        {
            await stores.RunAsync(PackedAsync);
        }

        string path = folder.File(0, name);
        byte[] bytes = File.ReadAllBytes(path);
        File.Delete(path);
        byte[]? damaged = damage switch
        {
            "both slots" => new byte[bytes.Length],
            "empty" => [],
            "short" => bytes[..^1],
            "bit" => [(byte)(bytes[0] ^ 1), .. bytes[1..]],
            "check" => [.. bytes[..^1], (byte)(bytes[^1] ^ 1)],
            "twice" => [.. bytes, .. bytes],
            "huge" => new byte[2 << 20],
            "other" => File.ReadAllBytes(folder.File(1, name)),
            _ => null,
        };
        if (damaged is not null)
        {
            File.WriteAllBytes(path, damaged);
        }

        InvalidDataException error = Assert.Throws<InvalidDataException>(() => MaterialStore.Open(folder.Party(0)));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);

        // Nothing stays locked.
        File.WriteAllBytes(path, bytes);
        MaterialStore.Open(folder.Party(0)).Dispose();
    }

    [Theory]
    [InlineData("identity", "\"00000000000000000000000000000000\"")]
    [InlineData("identity", "\"xyz\"")]
    [InlineData("identity", "null")]
    [InlineData("party", "2")]
    [InlineData("party", "-1")]
    [InlineData("party", "1")]
    [InlineData("party_count", "9")]
    [InlineData("party_count", "1")]
    [InlineData("fractional_bits", "7")]
    [InlineData("fractional_bits", "25")]
    [InlineData("count", "0")]
    [InlineData("count", "1000000")]
    [InlineData("count", "4e9")]
    [InlineData("version", "2")]
    [InlineData("program", "null")]
    [InlineData("other", "1")]
    public async Task A_description_that_says_something_else(string name, string value)
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync);
        JsonObject json = JsonNode.Parse(File.ReadAllText(folder.File(0, "store.json")))!.AsObject();
        Assert.True(json.ContainsKey(name) || name == "other");
        json[name] = JsonNode.Parse(value);
        File.WriteAllText(folder.File(0, "store.json"), json.ToJsonString());
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => MaterialStore.Open(folder.Party(0)));
        Assert.Contains(folder.Party(0), error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_last_tag_that_was_not_written_whole_is_forgotten()
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(2, PackedAsync, runs: 3);
        using (Stores stores = folder.Open())
        {
            await stores.RunAsync(PackedAsync);
        }

        // A write that broke off at the next matrix.
        string path = folder.File(0, "weights.tags");
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, [.. bytes, .. bytes[..17]]);
        using (Stores stores = folder.Open())
        {
            await stores.RunAsync(PackedAsync);
        }

        Assert.Equal(bytes, File.ReadAllBytes(path));

        // The tag that is there, cut: then this party does not know what its mask was used for, and says so.
        File.WriteAllBytes(path, bytes[..^1]);
        using (Stores stores = folder.Open())
        {
            Outcome<double[]>[] outcomes = await stores.TryAsync(PackedAsync);
            Assert.All(outcomes, outcome => Assert.Contains("do not all remember", Assert.IsType<ProtocolException>(outcome.Error).Message, StringComparison.Ordinal));
        }
    }

    private static async Task<double[]> PackedAsync(MpcSession s)
    {
        using SecretMatrix weights = s.Pack(await s.InputAsync(0, new TensorShape(2, 2), new double[] { 1, 2, 3, 4 }));
        return await s.RevealAsync(await s.MatMulAsync(s.Constant(new TensorShape(1, 2), 1), weights));
    }

    private static void Change(string path, Action<byte[]> change, int? length = null)
    {
        byte[] bytes = File.ReadAllBytes(path);
        change(bytes);
        File.WriteAllBytes(path, bytes[..(length ?? bytes.Length)]);
    }

    private static async Task UseAsync(StoreFolder folder, int runs, DrawnMasks masks)
    {
        using Stores stores = folder.Open();
        for (int i = 0; i < runs; i++)
        {
            await stores.RunAsync(DrawnMasks.SquareAsync, masks.Transport);
        }
    }

    /// <summary>Run 0 of two fails for a party with its file's name and is gone, also after the store was opened again; the next run works.</summary>
    private static async Task AssertRunIsLostAsync(StoreFolder folder, int party)
    {
        using (Stores stores = folder.Open())
        {
            Outcome<double[]>[] outcomes = await stores.TryAsync(DrawnMasks.SquareAsync);
            Assert.All(outcomes, outcome => Assert.NotNull(outcome.Error));
            Assert.Contains(folder.Run(party, 0), Assert.IsType<InvalidDataException>(outcomes[party].Error).Message, StringComparison.Ordinal);
            Assert.Equal([1, 1], stores.Remaining);
        }

        using (Stores stores = folder.Open())
        {
            Assert.False(File.Exists(folder.Run(party, 0)));
            Assert.Equal([1, 1], stores.Remaining);
            Assert.All(await stores.RunAsync(DrawnMasks.SquareAsync), result => Assert.Equal(2.25, result[0], 4));
        }
    }
}
