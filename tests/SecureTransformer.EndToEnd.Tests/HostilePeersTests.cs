using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using SecureTransformer.Transport;

namespace SecureTransformer.EndToEnd.Tests;

/// <summary>Parties and clients that do not fit, fail, or attack: an error that names the thing, exit code 1, within the time-out.</summary>
[Collection("time-outs")]
public class HostilePeersTests
{
    [Fact]
    public async Task Foreign_keys_other_models_and_other_precisions_are_named()
    {
        using Deployment deployment = await new Deployment().StartAsync();
        Assert.StartsWith("urgent", (await Deployment.AskAsync(deployment.ClientFile())).AssertSucceeded().Output, StringComparison.Ordinal);

        // Another precision.
        (await Deployment.AskAsync(deployment.ClientFile(bits: 16))).AssertFailed("party ", "number of fractional bits 16, the party's model 18");

        // Another model.
        using var folder = new TemporaryFolder();
        string other = folder.CopyModel();
        string config = Path.Combine(other, "config.json");
        File.WriteAllText(config, File.ReadAllText(config).Replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1", StringComparison.Ordinal));
        (await Deployment.AskAsync(deployment.ClientFile(model: other))).AssertFailed("party ", "model configuration");

        // A client and an owner whose keys are not listed, or are listed for the other role.
        (await Deployment.AskAsync(deployment.ClientFile(key: "stranger"), timeout: 3)).AssertFailed("party ");
        (await Deployment.AskAsync(deployment.ClientFile(key: "owner"))).AssertFailed("party ", "not listed as that of a client");
        (await deployment.LoadAsync(key: "client")).AssertFailed("party ", "not listed as that of a model owner");
        (await deployment.LoadAsync()).AssertFailed("party ", "already holds a model");

        // A party whose key is not the one that the client's network file lists.
        new NetworkDescription
        {
            Parties = [.. deployment.Description.Parties.Select(p => new NetworkParty { Id = p.Id, Host = p.Host, Port = p.Port, Fingerprint = p.Id == 1 ? deployment.StrangerFingerprint : p.Fingerprint })],
            Clients = deployment.Description.Clients,
        }.Save(deployment["foreign.json"]);
        (await Deployment.AskAsync(deployment.ClientFile(network: "foreign.json"), timeout: 3)).AssertFailed("party ");
        ToolResult foreign = await Tool.RunAsync(20, "party", "--network", deployment.Network, "--key", deployment.Key("stranger"));
        Assert.Equal(1, foreign.ExitCode);
        Assert.Contains("stranger.p12", foreign.Errors, StringComparison.Ordinal);

        // A party that came back without the model.
        deployment.Parties[1].Kill();
        await deployment.Parties[1].ExitAsync(10);
        deployment.Parties[1] = deployment.StartParty(1);
        (await Deployment.AskAsync(deployment.ClientFile())).AssertFailed("party 1", "holds no model yet");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task A_party_killed_in_the_middle_of_a_run_is_named(int party)
    {
        using Deployment deployment = await new Deployment().StartAsync();
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["many.json"], InferTests.ManyCases());
        using var client = Tool.Start("infer", "--client", deployment.ClientFile(), "--cases", folder["many.json"], "--timeout", "10");
        await client.WaitForAsync(t => t.Output.Contains("text 1 ", StringComparison.Ordinal));
        deployment.Parties[party].Kill();
        (await client.ExitAsync(20)).AssertFailed($"party {party}");
    }

    [Fact]
    public async Task A_party_that_hangs_ends_the_run_after_the_time_out()
    {
        using Deployment deployment = await new Deployment().StartAsync(timeout: 3);
        deployment.Parties[2].Signal(Tool.SigStop);
        (await Deployment.AskAsync(deployment.ClientFile(), timeout: 3, seconds: 20)).AssertFailed("party 2");
    }

    [Fact]
    public async Task A_frame_longer_than_any_is_refused_before_it_is_read()
    {
        using var deployment = new Deployment();
        using var stopping = new CancellationTokenSource();
        Task[] impostors = [.. Enumerable.Range(0, 3).Select(i => ImpersonateAsync(deployment, i, stopping.Token))];
        (await Deployment.AskAsync(deployment.ClientFile())).AssertFailed("party ", "a frame of 1073741824 bytes, more than the 16777216 allowed");
        await stopping.CancelAsync();
        await Task.WhenAll(impostors);
    }

    /// <summary>A listed party that welcomes a client and then announces a frame of 2^30 bytes.</summary>
    private static async Task ImpersonateAsync(Deployment deployment, int party, CancellationToken cancellationToken)
    {
        using var listener = new TcpListener(IPAddress.Loopback, deployment.Description.Parties[party].Port);
        listener.Start();
        using X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12FromFile(deployment.Key($"party-{party}"), null);
        try
        {
            using TcpClient socket = await listener.AcceptTcpClientAsync(cancellationToken);
            await using var stream = new SslStream(socket.GetStream());
            await stream.AuthenticateAsServerAsync(
                new SslServerAuthenticationOptions
                {
                    ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
                    ClientCertificateRequired = true,
                    EnabledSslProtocols = SslProtocols.Tls13,
                    RemoteCertificateValidationCallback = (_, shown, _, _) => shown is not null,
                },
                cancellationToken);
            byte[] greeting = new byte[32 + 63];
            await stream.ReadExactlyAsync(greeting, cancellationToken);
            byte[] welcome = greeting[..32];
            BinaryPrimitives.WriteUInt16LittleEndian(welcome.AsSpan(20), 0xFF02);
            BinaryPrimitives.WriteInt32LittleEndian(welcome.AsSpan(28), 0);
            byte[] frame = greeting[..32];
            BinaryPrimitives.WriteUInt16LittleEndian(frame.AsSpan(20), 0x1002);
            BinaryPrimitives.WriteInt32LittleEndian(frame.AsSpan(28), 1 << 30);
            await stream.WriteAsync((byte[])[.. welcome, .. frame], cancellationToken);
            await stream.CopyToAsync(Stream.Null, cancellationToken);
            await Task.Delay(Timeout.Infinite, cancellationToken);
        }
        catch (Exception error) when (error is OperationCanceledException or IOException)
        {
        }
    }
}
