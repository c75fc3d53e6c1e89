using System.Diagnostics;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>Runs of stored material are used once each, whatever happens to folders and sessions.</summary>
public class StoredUseTests
{
    private static readonly double[] s_squares = [2.25, 2.25, 2.25, 2.25];

    [Fact]
    public async Task Runs_count_down_and_spent_material_is_refused_at_all_parties()
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(3, DrawnMasks.SquareAsync, runs: 2);
        var masks = new DrawnMasks();
        using Stores stores = folder.Open();
        for (int left = 1; left >= 0; left--)
        {
            AssertSquares(await stores.RunAsync(DrawnMasks.SquareAsync, masks.Transport));
            Assert.Equal([left, left, left], stores.Remaining);
        }

        Outcome<double[]>[] outcomes = await stores.TryAsync(DrawnMasks.SquareAsync, masks.Transport);
        Assert.All(outcomes, outcome => Assert.Contains("spent: all 2 runs", Assert.IsType<ProtocolException>(outcome.Error).Message, StringComparison.Ordinal));
        Assert.Equal(2, masks.Seen.Count);
        masks.AssertNothingTwice();
    }

    [Fact]
    public async Task The_secret_of_a_run_is_overwritten_before_its_use_and_its_file_goes()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using StoreFolder folder = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync, runs: 2);
        byte[] untouched = folder.Secret(0, 1);
        byte[][] before = [folder.Secret(0, 0), folder.Secret(1, 0)];
        Assert.All(before, secret => Assert.True(secret.Distinct().Count() > 8, "A secret looks like no secret."));
        Assert.NotEqual(before[0], before[1]);
        byte[]?[] during = new byte[2][];
        void Look(in ObservedFrame frame)
        {
            // The first thing that a party sends that was drawn from its run.
            if (frame.Operation == FrameTrace.Multiply)
            {
                int party = frame.From[^1] - '0';
                during[party] ??= ReadShared(folder.Run(party, 0));
            }
        }

        using Stores stores = folder.Open();
        AssertSquares(await stores.RunAsync(DrawnMasks.SquareAsync, new TransportOptions { FrameObserver = Look }));
        for (int party = 0; party < 2; party++)
        {
            Assert.Equal(new byte[StoreFolder.SecretLength], during[party]);
            Assert.False(File.Exists(folder.Run(party, 0)));
        }

        Assert.Equal(untouched, folder.Secret(0, 1));
    }

    [Fact]
    public async Task Files_and_folders_are_their_owners_alone()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using StoreFolder folder = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync, runs: 2);
        using (Stores stores = folder.Open())
        {
            await stores.RunAsync(DrawnMasks.SquareAsync);
        }

        const UnixFileMode others = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
        Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(folder.Root) & others);
        for (int party = 0; party < 2; party++)
        {
            Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(folder.Party(party)) & others);
            Assert.True(File.Exists(folder.File(party, "weights.tags")));
            foreach (string file in Directory.GetFiles(folder.Party(party)))
            {
                Assert.Equal(UnixFileMode.None, File.GetUnixFileMode(file) & others);
            }
        }
    }

    [Theory]
    [InlineData(2, 0)]
    [InlineData(2, 1)]
    [InlineData(3, 0)]
    [InlineData(3, 2)]
    public async Task After_one_party_comes_back_from_a_backup_all_go_on_from_the_largest_counter(int parties, int restored)
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(parties, DrawnMasks.SquareAsync, runs: 6);
        string backup = folder.Copy(restored, "backup");
        var masks = new DrawnMasks();
        using (Stores stores = folder.Open())
        {
            for (int i = 0; i < 3; i++)
            {
                await stores.RunAsync(DrawnMasks.SquareAsync, masks.Transport);
            }
        }

        folder.Restore(restored, backup);
        Assert.True(File.Exists(folder.Run(restored, 0)));
        using (Stores stores = folder.Open())
        {
            Assert.Equal(6, stores[restored].Remaining);
            for (int i = 0; i < 3; i++)
            {
                AssertSquares(await stores.RunAsync(DrawnMasks.SquareAsync, masks.Transport));
                Assert.Equal(Enumerable.Repeat(2 - i, parties), stores.Remaining);
                Assert.False(File.Exists(folder.Run(restored, 0)));
            }

            Outcome<double[]>[] outcomes = await stores.TryAsync(DrawnMasks.SquareAsync, masks.Transport);
            Assert.All(outcomes, outcome => Assert.Contains("spent", Assert.IsType<ProtocolException>(outcome.Error).Message, StringComparison.Ordinal));
        }

        Assert.Equal(6, masks.Seen.Count);
        masks.AssertNothingTwice();
    }

    /// <summary>What the documentation warns of, and the proof that the tests here would see a run used twice.</summary>
    [Fact]
    public async Task Backups_of_all_parties_together_use_a_run_twice()
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync, runs: 2);
        string[] backups = [folder.Copy(0, "a"), folder.Copy(1, "b")];
        var masks = new DrawnMasks();
        using (Stores stores = folder.Open())
        {
            await stores.RunAsync(DrawnMasks.SquareAsync, masks.Transport);
        }

        folder.Restore(0, backups[0]);
        folder.Restore(1, backups[1]);
        using (Stores stores = folder.Open())
        {
            await stores.RunAsync(DrawnMasks.SquareAsync, masks.Transport);
        }

        Assert.Equal(2, masks.Seen.Count);
        Assert.Single(masks.Seen.Distinct());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Sessions_that_open_at_once_take_a_run_each(int parties)
    {
        const int sessions = 20;
        using StoreFolder folder = await StoreFolder.WriteAsync(parties, DrawnMasks.SquareAsync, runs: sessions);
        var masks = new DrawnMasks();
        using Stores stores = folder.Open();
        await using var network = new InMemoryNetwork(parties, masks.Transport);
        Outcome<double[]>[][] outcomes = await Task.WhenAll(Enumerable.Range(0, sessions).Select(_ => stores.TryAsync(DrawnMasks.SquareAsync, network: network)));
        Assert.All(outcomes.SelectMany(all => all), outcome => Assert.Null(outcome.Error));
        AssertSquares([.. outcomes.SelectMany(all => all).Select(outcome => outcome.Value!)]);
        Assert.Equal(sessions, masks.Seen.Count);
        masks.AssertNothingTwice();
        Assert.All(stores.Remaining, left => Assert.Equal(0, left));
        Assert.Equal(0, network.OutstandingFrames);
        Assert.All(Enumerable.Range(0, parties), party => Assert.Empty(Directory.GetFiles(folder.Party(party), "run-*")));
    }

    [Fact]
    public async Task A_session_that_dies_before_it_acknowledges_its_run_holds_the_others_up_for_a_time_out_at_most()
    {
        using StoreFolder folder = await StoreFolder.WriteAsync(2, DrawnMasks.SquareAsync, runs: 3);
        using Stores stores = folder.Open();
        using var dead = new ManualResetEventSlim();
        var stuck = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        int answers = 0;
        void Stop(in ObservedFrame frame)
        {
            // Of the first session: party 1 says where it stands, and then that it took the run.
            if (frame is { Operation: 67, From: "party 1" } && Interlocked.Increment(ref answers) == 2)
            {
                stuck.SetResult();
                dead.Wait();
            }
        }

        await using var network = new InMemoryNetwork(2, new TransportOptions { FrameObserver = Stop, ReceiveTimeout = TimeSpan.FromSeconds(4) });
        Task<Outcome<double[]>[]> first = stores.TryAsync(DrawnMasks.SquareAsync, network: network);
        await stuck.Task;
        await Task.Delay(2000);
        Outcome<double[]>[] second = await stores.TryAsync(DrawnMasks.SquareAsync, network: network);
        dead.Set();
        Assert.All(second, outcome => Assert.Null(outcome.Error));
        Assert.IsType<PeerTimeoutException>((await first)[0].Error);
        Assert.Equal([1, 1], stores.Remaining);
    }

    private static void AssertSquares(double[][] results) => Assert.All(results, result => Assert.Equal(s_squares, result.Select(v => Math.Round(v, 4))));

    /// <summary>The bytes where a secret stands, of a file that a session has locked: another program does not ask for the lock.</summary>
    private static byte[] ReadShared(string path)
    {
        string[] arguments = ["if=" + path, "bs=1", $"skip={StoreFolder.SecretOffset}", $"count={StoreFolder.SecretLength}"];
        using var reader = Process.Start(new ProcessStartInfo("dd", arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var bytes = new byte[StoreFolder.SecretLength];
        reader.StandardOutput.BaseStream.ReadExactly(bytes);
        reader.WaitForExit();
        return bytes;
    }
}
