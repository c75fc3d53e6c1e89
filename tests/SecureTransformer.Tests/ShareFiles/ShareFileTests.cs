using System.Security.Cryptography;
using System.Text;
using SecureTransformer.Architectures;
using SecureTransformer.Protocols;

namespace SecureTransformer.ShareFiles;

public sealed class ShareFileTests
{
    private static readonly WeightSpec[] s_weights =
    [
        new("small", new TensorShape(3)),
        new("exactly.one.chunk", new TensorShape(ShareFileFormat.ChunkBytes / 8)),
        new("three.chunks", new TensorShape(300, 1000)),
    ];

    [Fact]
    public void What_was_written_is_read_back_from_anywhere()
    {
        using var folder = new TemporaryFolder();
        byte[][] shares = Shares(Layout());
        using ShareFile file = Write(folder.Path, shares);
        Assert.Equal(Layout().FileBytes, new FileInfo(file.Path).Length);
        for (int i = 0; i < s_weights.Length; i++)
        {
            IShareReader reader = file.Tensor(s_weights[i].Name);
            foreach ((int start, int length) in Runs(shares[i].Length))
            {
                byte[] part = new byte[length];
                reader.Read(start, part);
                Assert.Equal(shares[i].AsSpan(start, length).ToArray(), part);
            }

            Assert.Throws<InvalidDataException>(() => reader.Read(shares[i].Length, new byte[1]));
            Assert.Throws<InvalidDataException>(() => reader.Read(-1, new byte[1]));
        }

        Assert.Throws<ArgumentException>(() => file.Tensor("other"));

        static IEnumerable<(int Start, int Length)> Runs(int bytes) =>
            from start in (int[])[0, 1, 16, ShareFileFormat.ChunkBytes - 1, ShareFileFormat.ChunkBytes, ShareFileFormat.ChunkBytes + 3, bytes - 1]
            from length in (int[])[0, 1, 24, ShareFileFormat.ChunkBytes, ShareFileFormat.ChunkBytes + 1, bytes]
            where start >= 0 && start + length <= bytes
            select (start, length);
    }

    [Fact]
    public void A_file_says_whose_it_is_and_nothing_of_its_words()
    {
        using var folder = new TemporaryFolder();
        byte[][] shares = [.. Shares(Layout()).Select(s => new byte[s.Length])];
        using ShareFile file = Write(folder.Path, shares);
        using var reading = new FileStream(file.Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] bytes = new byte[reading.Length];
        reading.ReadExactly(bytes);
        Assert.StartsWith("STSHARES", Encoding.ASCII.GetString(bytes.AsSpan(0, 8)), StringComparison.Ordinal);
        Assert.Contains("three.chunks", Encoding.UTF8.GetString(bytes.AsSpan(0, 4096)), StringComparison.Ordinal);

        // A share of zeros: what is stored of it looks like noise.
        int zeros = bytes.AsSpan(Layout().Header.Length).Count((byte)0);
        Assert.InRange(zeros, 0, bytes.Length / 200);
    }

    [Theory]
    [InlineData("small", 0)]
    [InlineData("exactly.one.chunk", 77)]
    [InlineData("three.chunks", 2_300_000)]
    public void A_changed_byte_is_noticed_and_the_tensor_named(string name, int at)
    {
        using var folder = new TemporaryFolder();
        ShareFileLayout layout = Layout();
        using ShareFile file = Write(folder.Path, Shares(layout));
        using (var spoiling = new FileStream(file.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            spoiling.Position = layout.PositionOf(layout.NumberOf(name), 0) + at;
            int old = spoiling.ReadByte();
            spoiling.Position--;
            spoiling.WriteByte((byte)(old ^ 1));
        }

        foreach (WeightSpec weight in s_weights)
        {
            byte[] share = new byte[layout[layout.NumberOf(weight.Name)].Bytes];
            if (weight.Name != name)
            {
                file.Tensor(weight.Name).Read(0, share);
                continue;
            }

            InvalidDataException error = Assert.Throws<InvalidDataException>(() => file.Tensor(name).Read(0, share));
            Assert.Contains(file.Path, error.Message, StringComparison.Ordinal);
            Assert.Contains(name, error.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_truncated_file_is_named_with_the_tensor()
    {
        using var folder = new TemporaryFolder();
        using ShareFile file = Write(folder.Path, Shares(Layout()));
        using (var spoiling = new FileStream(file.Path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite))
        {
            spoiling.SetLength(spoiling.Length - 1);
        }

        InvalidDataException error = Assert.Throws<InvalidDataException>(() => file.Tensor("three.chunks").Read(2_399_999, new byte[1]));
        Assert.Contains("three.chunks", error.Message, StringComparison.Ordinal);
        Assert.Contains("shorter", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_goes_with_its_party_also_when_it_was_never_finished_or_was_left_by_another()
    {
        using var folder = new TemporaryFolder();
        string stale = ShareFile.PathOf(folder.Path, 1);
        File.WriteAllText(stale, "stale");
        File.WriteAllText(stale + ".part", "stale");
        byte[][] shares = Shares(Layout());
        ShareFileWriter.Prepare(folder.Path, 1);
        Assert.Empty(folder.Files);
        using (var unfinished = new ShareFileWriter(folder.Path, Layout()))
        {
            unfinished.Begin("small").Write(shares[0]);
            Assert.Single(folder.Files);
        }

        Assert.Empty(folder.Files);
        using (Write(folder.Path, shares))
        {
            Assert.Equal([stale], folder.Files);
        }

        Assert.Empty(folder.Files);
    }

    [Fact]
    public void Tensors_come_in_order_and_whole()
    {
        using var folder = new TemporaryFolder();
        byte[][] shares = Shares(Layout());
        using var writer = new ShareFileWriter(folder.Path, Layout());
        Assert.Throws<InvalidOperationException>(() => writer.Write(shares[0]));
        Assert.Throws<InvalidOperationException>(() => writer.Complete());
        writer.Begin("small").Write(shares[0].AsSpan(0, 3));
        Assert.Throws<InvalidOperationException>(() => writer.Begin("exactly.one.chunk"));
        writer.Write(shares[0].AsSpan(3));
        Assert.Throws<InvalidOperationException>(() => writer.Write(new byte[1]));
        Assert.Throws<InvalidOperationException>(() => writer.Complete());
        Assert.Throws<InvalidOperationException>(() => writer.Begin("three.chunks"));
    }

    [Fact]
    public void A_file_larger_than_the_volume_is_refused_before_it_is_begun()
    {
        using var folder = new TemporaryFolder();
        WeightSpec[] large = [.. Enumerable.Range(0, 100_000).Select(i => new WeightSpec($"w{i}", new TensorShape(1 << 15, 1 << 15)))];
        var layout = new ShareFileLayout("model", MpcProtocol.Replicated3, 3, 1, 18, large);
        Assert.True(layout.FileBytes > ShareFileWriter.FreeBytes(folder.Path));
        Assert.Throws<IOException>(() => new ShareFileWriter(folder.Path, layout));
        Assert.Empty(folder.Files);
    }

    [Fact]
    public void The_party_with_two_seeds_keeps_no_words()
    {
        var layout = new ShareFileLayout("model", MpcProtocol.Replicated3, 3, 0, 18, s_weights);
        Assert.Equal(s_weights.Length * (32 + 16), layout.FileBytes - layout.Header.Length);
    }

    [Fact]
    public void Only_the_owner_can_read()
    {
        if (OperatingSystem.IsWindows())
        {
            return; // Folders decide there.
        }

        using var folder = new TemporaryFolder();
        using ShareFile file = Write(folder["made"], Shares(Layout()));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file.Path));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(folder["made"]));
    }

    private static ShareFileLayout Layout() => new("model", MpcProtocol.Replicated3, 3, 1, 18, s_weights);

    private static byte[][] Shares(ShareFileLayout layout) =>
        [.. Enumerable.Range(0, layout.Count).Select(i => RandomNumberGenerator.GetBytes((int)layout[i].Bytes))];

    private static ShareFile Write(string folder, byte[][] shares)
    {
        ShareFileWriter.Prepare(folder, 1);
        using var writer = new ShareFileWriter(folder, Layout());
        for (int i = 0; i < shares.Length; i++)
        {
            IShareWriter tensor = writer.Begin(s_weights[i].Name);
            for (int start = 0; start < shares[i].Length; start += 500_000)
            {
                tensor.Write(shares[i].AsSpan(start, Math.Min(500_000, shares[i].Length - start)));
            }
        }

        return writer.Complete();
    }
}
