namespace SecureTransformer.Transport.Tests;

public sealed class PartyIdentityTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("transport-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Saved_and_loaded_it_is_the_same_key()
    {
        using PartyIdentity identity = PartyIdentity.Create("party 0"), other = PartyIdentity.Create("party 0");
        string path = Path.Combine(_folder, "party.p12");
        identity.Save(path);
        using PartyIdentity loaded = PartyIdentity.Load(path);
        Assert.Equal(identity.Fingerprint, loaded.Fingerprint);
        Assert.True(PartyIdentity.IsFingerprint(identity.Fingerprint));
        Assert.NotEqual(identity.Fingerprint, other.Fingerprint);
        Assert.Equal(identity.Fingerprint, identity.ToString());
        Assert.Throws<IOException>(() => other.Save(path));
    }

    [Fact]
    public void The_file_is_private_and_a_readable_one_is_refused()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        using PartyIdentity identity = PartyIdentity.Create("party");
        string path = Path.Combine(_folder, "party.p12");
        identity.Save(path);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.GroupRead);
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => PartyIdentity.Load(path));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains("chmod 600", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Damaged_files_are_named()
    {
        using PartyIdentity identity = PartyIdentity.Create("party");
        string path = Path.Combine(_folder, "party.p12");
        identity.Save(path);
        byte[] bytes = File.ReadAllBytes(path);
        foreach (byte[] damaged in new[] { [], bytes[..(bytes.Length / 2)], new byte[100], new byte[1 << 17] })
        {
            File.WriteAllBytes(path, damaged);
            Assert.Contains(path, Assert.Throws<InvalidDataException>(() => PartyIdentity.Load(path)).Message, StringComparison.Ordinal);
        }

        Assert.ThrowsAny<IOException>(() => PartyIdentity.Load(Path.Combine(_folder, "none.p12")));
    }

    [Theory]
    [InlineData("")]
    [InlineData("a,CN=b")]
    [InlineData("caf\u00e9")]
    public void Odd_names_are_refused(string name) => Assert.Throws<ArgumentException>(() => PartyIdentity.Create(name));
}
