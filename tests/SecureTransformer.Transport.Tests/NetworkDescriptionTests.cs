namespace SecureTransformer.Transport.Tests;

public sealed class NetworkDescriptionTests : IDisposable
{
    private static readonly string A = new('a', 64), B = new('b', 64), C = new('c', 64), D = new('d', 64);

    private readonly string _folder = Directory.CreateTempSubdirectory("transport-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Saved_and_loaded_it_is_the_same()
    {
        string path = Path.Combine(_folder, "network.json");
        new NetworkDescription
        {
            Parties = [new() { Id = 0, Host = "one.example", Port = 5000, Fingerprint = A }, new() { Id = 1, Host = "::1", Port = 5001, Fingerprint = B }],
            Dealer = new() { Id = 2, Host = "three.example", Port = 5002, Fingerprint = D },
            Threshold = 1,
            Clients = [C],
        }.Save(path);
        NetworkDescription loaded = NetworkDescription.Load(path);
        Assert.Equal([C], loaded.Clients);
        Assert.Equal(["party 0 (one.example:5000)", "party 1 ([::1]:5001)"], loaded.Parties.Select(p => p.Description));
        Assert.Equal([A, B], loaded.Parties.Select(p => p.Fingerprint));
        Assert.Equal((2, "three.example", 5002, D), (loaded.Dealer!.Id, loaded.Dealer.Host, loaded.Dealer.Port, loaded.Dealer.Fingerprint));
        Assert.Equal(1, loaded.Threshold);
        Assert.DoesNotContain("description", File.ReadAllText(path), StringComparison.OrdinalIgnoreCase);
    }

    [Theory]
    [InlineData("", "not as expected")]
    [InlineData("null", "is empty")]
    [InlineData("{\"version\":1,\"clients\":[]}", "parties")]
    [InlineData("{\"version\":1,\"parties\":[P0]}", "clients")]
    [InlineData("{\"version\":2,\"parties\":[P0],\"clients\":[]}", "version 2 is not known")]
    [InlineData("{\"version\":1,\"parties\":[],\"clients\":[]}", "there are 1 to 256 parties, not 0")]
    [InlineData("{\"version\":1,\"parties\":null,\"clients\":[]}", "not as expected")]
    [InlineData("{\"version\":1,\"parties\":[null],\"clients\":[]}", "party 0 is null")]
    [InlineData("{\"version\":1,\"parties\":[P0],\"clients\":[],\"extra\":1}", "extra")]
    [InlineData("{\"version\":1,\"version\":1,\"parties\":[P0],\"clients\":[]}", "version")]
    [InlineData("{\"version\":1,\"parties\":[{\"id\":1,\"host\":\"h\",\"port\":1,\"fingerprint\":\"A\"}],\"clients\":[]}", "entry 0 has id 1")]
    [InlineData("{\"version\":1,\"parties\":[{\"id\":0,\"host\":\"h\",\"port\":65536,\"fingerprint\":\"A\"}],\"clients\":[]}", "party 0 has port 65536")]
    [InlineData("{\"version\":1,\"parties\":[{\"id\":0,\"host\":\"h h\",\"port\":1,\"fingerprint\":\"A\"}],\"clients\":[]}", "host of party 0")]
    [InlineData("{\"version\":1,\"parties\":[{\"id\":0,\"host\":\"h\",\"port\":1,\"fingerprint\":\"xyz\"}],\"clients\":[]}", "fingerprint of party 0")]
    [InlineData("{\"version\":1,\"parties\":[P0,{\"id\":1,\"host\":\"i\",\"port\":1,\"fingerprint\":\"A\"}],\"clients\":[]}", "party 1 has the fingerprint of another")]
    [InlineData("{\"version\":1,\"parties\":[P0,{\"id\":1,\"host\":\"h\",\"port\":1,\"fingerprint\":\"B\"}],\"clients\":[]}", "party 1 has the address of another")]
    [InlineData("{\"version\":1,\"parties\":[P0],\"clients\":[\"A\"]}", "listed twice, or is a party's")]
    [InlineData("{\"version\":1,\"parties\":[P0],\"clients\":[\"B\",\"B\"]}", "listed twice")]
    [InlineData("{\"version\":1,\"parties\":[P0],\"dealer\":{\"id\":0,\"host\":\"d\",\"port\":1,\"fingerprint\":\"B\"},\"clients\":[]}", "the dealer's id is the number of parties, 1, not 0")]
    [InlineData("{\"version\":1,\"parties\":[P0],\"dealer\":{\"id\":1,\"host\":\"d\",\"port\":0,\"fingerprint\":\"B\"},\"clients\":[]}", "the dealer has port 0")]
    [InlineData("{\"version\":1,\"parties\":[P0],\"dealer\":{\"id\":1,\"host\":\"d d\",\"port\":1,\"fingerprint\":\"B\"},\"clients\":[]}", "the host of the dealer")]
    [InlineData("{\"version\":1,\"parties\":[P0],\"dealer\":{\"id\":1,\"host\":\"d\",\"port\":1,\"fingerprint\":\"x\"},\"clients\":[]}", "the fingerprint of the dealer")]
    [InlineData("{\"version\":1,\"parties\":[P0],\"dealer\":{\"id\":1,\"host\":\"d\",\"port\":1,\"fingerprint\":\"A\"},\"clients\":[]}", "the dealer has the fingerprint of another")]
    [InlineData("{\"version\":1,\"parties\":[P0],\"dealer\":{\"id\":1,\"host\":\"h\",\"port\":1,\"fingerprint\":\"B\"},\"clients\":[]}", "the dealer has the address of another")]
    [InlineData("{\"version\":1,\"parties\":[P0],\"dealer\":{\"id\":1,\"host\":\"d\",\"port\":1,\"fingerprint\":\"B\"},\"clients\":[\"B\"]}", "listed twice, or is a party's")]
    [InlineData("{\"version\":1,\"parties\":[P0],\"clients\":[\"BB\"]}", "fingerprint of a client")]
    [InlineData("{\"version\":1,\"parties\":[P0],\"threshold\":1,\"clients\":[]}", "the threshold of 1 parties is from 0 to 0, not 1")]
    [InlineData("{\"version\":1,\"parties\":[P0],\"threshold\":-1,\"clients\":[]}", "the threshold of 1 parties is from 0 to 0, not -1")]
    public void A_malformed_file_is_named_with_what_is_wrong(string json, string complaint)
    {
        string path = Path.Combine(_folder, "network.json");
        File.WriteAllText(path, json
            .Replace("P0", "{\"id\":0,\"host\":\"h\",\"port\":1,\"fingerprint\":\"A\"}", StringComparison.Ordinal)
            .Replace("\"A\"", $"\"{A}\"", StringComparison.Ordinal)
            .Replace("\"B\"", $"\"{B}\"", StringComparison.Ordinal));
        InvalidDataException error = Assert.Throws<InvalidDataException>(() => NetworkDescription.Load(path));
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.Contains(complaint, error.Message, StringComparison.Ordinal);
    }
}
