using System.Globalization;
using System.Text.Json;
using SecureTransformer.Transport;

namespace SecureTransformer.EndToEnd.Tests;

/// <summary>Two parties and a dealer, each a process. A dealer that fails is named, within the time-out, and the parties stay up.</summary>
[Collection("time-outs")]
public class DealerTests
{
    [Fact]
    public async Task Network_check_dealer_party_load_infer_and_stop()
    {
        using var deployment = new Deployment(2, "additive");
        NetworkDescription described = deployment.Description;
        (await Tool.RunAsync(
            20,
            [
                "network", "--out", deployment.Network, "--dealer", Place(described.Dealer!), "--owner", described.Owners![0], "--client", described.Clients[0],
                .. described.Parties.SelectMany(p => (string[])["--party", Place(p)]),
            ])).AssertSucceeded();
        ToolResult before = (await CheckAsync("dealer")).AssertSucceeded();
        Assert.Contains("2 parties and a dealer", before.Output, StringComparison.Ordinal);
        Assert.Contains($"port {described.Dealer!.Port}: free on this host", before.Output, StringComparison.Ordinal);
        await deployment.StartAsync();
        Assert.Contains($"the dealer (127.0.0.1:{described.Dealer.Port}): listens", (await CheckAsync("party-0")).Output, StringComparison.Ordinal);

        ToolResult answer = (await Tool.RunAsync(
            30, "infer", "--client", deployment.ClientFile(), "--text", "my mother cannot breathe.", "--json", deployment["out.json"])).AssertSucceeded();
        Assert.StartsWith("urgent", answer.Output, StringComparison.Ordinal);
        Assert.Contains("of that offline, with the dealer:", answer.Output, StringComparison.Ordinal);
        using var written = JsonDocument.Parse(File.ReadAllBytes(deployment["out.json"]));
        Assert.Equal(2, written.RootElement.GetProperty("parties").GetInt32());
        JsonElement costs = written.RootElement.GetProperty("cases")[0];
        Assert.InRange(costs.GetProperty("bytes_offline").GetInt64(), 1, costs.GetProperty("bytes_sent_total").GetInt64());
        Assert.InRange(costs.GetProperty("seconds_offline").GetDouble(), 1e-9, costs.GetProperty("seconds").GetDouble());

        // A key that is not the dealer's, and a party that takes itself for it.
        ToolResult foreign = await Tool.RunAsync(20, "dealer", "--network", deployment.Network, "--key", deployment.Key("party-0"));
        Assert.Equal(1, foreign.ExitCode);
        Assert.Contains("is not that of the dealer", foreign.Errors, StringComparison.Ordinal);
        foreign = await Tool.RunAsync(20, "party", "--network", deployment.Network, "--key", deployment.Key("dealer"));
        Assert.Equal(1, foreign.ExitCode);
        Assert.Contains("it is the dealer's", foreign.Errors, StringComparison.Ordinal);

        deployment.Dealer!.Signal(Tool.SigTerm);
        ToolResult stopped = await deployment.Dealer.ExitAsync(10);
        Assert.Equal(0, stopped.ExitCode);
        Assert.Contains("bytes dealt", stopped.Output + stopped.Errors, StringComparison.Ordinal);

        Task<ToolResult> CheckAsync(string key) => Tool.RunAsync(20, "check", "--network", deployment.Network, "--key", deployment.Key(key));
        static string Place(NetworkParty place) => string.Create(CultureInfo.InvariantCulture, $"{place.Host}:{place.Port}={place.Fingerprint}");
    }

    [Fact]
    public async Task A_dealer_killed_in_the_middle_of_a_run_is_named_and_another_takes_its_place()
    {
        using Deployment deployment = await new Deployment(2, "additive").StartAsync(timeout: 4);
        using Tool client = await StartRunAsync(deployment);
        deployment.Dealer!.Kill();
        (await client.ExitAsync(30)).AssertFailed("party ", $"the dealer (127.0.0.1:{deployment.Description.Dealer!.Port})");
        await deployment.Dealer.ExitAsync(10);

        // The parties stay up, and say so.
        (await Deployment.AskAsync(deployment.ClientFile())).AssertFailed("party ", "the dealer (127.0.0.1:", "could not be reached within 4 s");
        await AssertNamedAsync(deployment);

        deployment.Dealer.Dispose();
        deployment.Dealer = deployment.StartDealer();
        Assert.StartsWith("urgent", (await Deployment.AskAsync(deployment.ClientFile())).AssertSucceeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dealer_that_hangs_in_the_middle_of_a_run_is_named_after_the_time_out()
    {
        using Deployment deployment = await new Deployment(2, "additive").StartAsync(timeout: 4);
        using Tool client = await StartRunAsync(deployment);
        deployment.Dealer!.Signal(Tool.SigStop);
        (await client.ExitAsync(30)).AssertFailed("party ", "the dealer (127.0.0.1:");
        await AssertNamedAsync(deployment);
        (await Deployment.AskAsync(deployment.ClientFile())).AssertFailed("party ", "the dealer (127.0.0.1:", "within 4 s");
        deployment.Dealer.Signal(Tool.SigCont);
        Assert.StartsWith("urgent", (await Deployment.AskAsync(deployment.ClientFile())).AssertSucceeded().Output, StringComparison.Ordinal);
    }

    /// <summary>The parties' logs name the dealer, or say that the client, who heard so from another party, ended its request.</summary>
    private static async Task AssertNamedAsync(Deployment deployment)
    {
        foreach (Tool party in deployment.Parties)
        {
            await party.WaitForAsync(t => LogOf(t).Contains("the dealer (127.0.0.1:", StringComparison.Ordinal) || LogOf(t).Contains("ended its request", StringComparison.Ordinal));
        }

        Assert.Contains(deployment.Parties, party => LogOf(party).Contains("the dealer (127.0.0.1:", StringComparison.Ordinal));

        static string LogOf(Tool party) => party.Output + party.Errors;
    }

    /// <summary>A client of many texts, of which some are answered.</summary>
    private static async Task<Tool> StartRunAsync(Deployment deployment)
    {
        File.WriteAllText(deployment["many.json"], InferTests.ManyCases());
        var client = Tool.Start("infer", "--client", deployment.ClientFile(), "--cases", deployment["many.json"], "--timeout", "15");
        await client.WaitForAsync(t => t.Output.Contains("text 1 ", StringComparison.Ordinal));
        return client;
    }
}
