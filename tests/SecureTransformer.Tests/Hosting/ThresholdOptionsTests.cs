using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

public class ThresholdOptionsTests
{
    [Fact]
    public void A_threshold_that_is_not_the_protocols_is_refused_by_name()
    {
        Assert.Equal("threshold", Assert.Throws<ArgumentOutOfRangeException>(() => new LocalClusterOptions { Threshold = 2 }.Validate()).ParamName);
        Assert.Equal("threshold", Assert.Throws<ArgumentOutOfRangeException>(() => new InferenceOptions { Parties = 3, Threshold = 2 }.Validate()).ParamName);
        Assert.Equal("Threshold", Assert.Throws<ArgumentOutOfRangeException>(() => new InferenceOptions { Threshold = -1 }.Validate()).ParamName);
        Assert.Equal("Threshold", Assert.Throws<ArgumentOutOfRangeException>(() => new PartyHostOptions { Threshold = -1 }.Validate()).ParamName);
        new LocalClusterOptions { Threshold = 1 }.Validate();
        new LocalClusterOptions { Protocol = MpcProtocol.Additive, Parties = 5, Threshold = 4 }.Validate();
    }

    [Fact]
    public async Task A_party_that_insists_on_a_threshold_serves_protocols_that_have_none_to_choose()
    {
        await using HostedParties parties = await new HostedParties(new PartyHostOptions { Threshold = 2 }).LoadAsync();
        await using InferenceClient client = parties.Client(new InferenceOptions { Threshold = 1 });
        Assert.Equal("urgent", (await client.ClassifyAsync("the old man has sudden chest pain.")).Label);
    }

    [Fact]
    public void A_client_file_says_the_threshold_and_the_network_file_only_where_one_chooses_it()
    {
        string folder = Directory.CreateTempSubdirectory("hosting-").FullName;
        try
        {
            string path = Path.Combine(folder, "client.json");
            File.WriteAllText(path, """{ "network": "network.json", "identity": "client.p12", "model": ".", "protocol": "replicated", "threshold": 1 }""");
            Assert.Equal(1, ClientFile.Load(path).Options.Threshold);
            File.WriteAllText(path, """{ "network": "network.json", "identity": "client.p12", "model": "." }""");
            Assert.Null(ClientFile.Load(path).Options.Threshold);
            var network = new NetworkDescription { Parties = [], Threshold = 2 };
            Assert.Null(network.ThresholdFor(MpcProtocol.Replicated3));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
