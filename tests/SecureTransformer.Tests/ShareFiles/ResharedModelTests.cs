using SecureTransformer.Architectures;
using SecureTransformer.Layers;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.ShareFiles;

/// <summary>
/// A model whose shares outlive their nodes: five parties keep the weights in share files, one of them is lost, and the others hand them on to seven, of whom two were among them;
/// the seven classify.
/// </summary>
public sealed class ResharedModelTests
{
    private static readonly ModelArchitecture s_architecture = BertRuns.Triage;
    private static readonly ShareEpoch s_handedOut = new(SessionId.New(), 5, 2);

    [Fact]
    public async Task Seven_parties_classify_with_what_four_of_five_handed_on_and_mixed_shares_are_found_out()
    {
        using var folder = new TemporaryFolder();
        ShareFile[] old = await HandOutAsync(folder["old"]);
        old[0].Dispose();
        var plan = new ResharingPlan { Epoch = s_handedOut, OldPlaces = [null, 0, 1, 2, 3], NewPlaces = [2, 3, 4, 5, 6, 7, 8], NewThreshold = 3 };
        (ShareEpoch epoch, ShareFile[] made) = await ReshareAsync(plan, old, folder["new"]);
        Assert.Equal((7, 3, 1), (epoch.Parties, epoch.Threshold, epoch.Generation));

        BertCase item = BertCase.Load("bert-triage")[0];
        BertResult expected = Assert.Single(await BertRuns.RunAsync(MpcProtocol.PlaintextFloat64, s_architecture, BertRuns.TriageWeights(), [item]));
        double[][] logits = await ClassifyAsync(epoch, made, item);
        Assert.InRange(BertRuns.LargestDifference(expected.Logits, logits[0]), 0, 0.02);
        Assert.Equal(BertRuns.Top(expected.Logits), BertRuns.Top(logits[0]));

        // Party 2 kept its share in full in both epochs: only what it says is wrong.
        await RefusedAsync(epoch, [.. made.Select((file, party) => party == 2 ? old[2] : file)]);
        await RefusedAsync(s_handedOut, [made[0], old[1], made[2], old[3], old[4]]);
        Array.ForEach([.. old, .. made], file => file.Dispose());
        Assert.Empty(folder.Files);

        Task RefusedAsync(ShareEpoch label, ShareFile[] files) => RunAsync(files.Length, (_, network, party, id) => Assert.ThrowsAsync<ProtocolException>(async () =>
        {
            await using MpcSession session = await OpenAsync(network, party, id, label);
            await VerifyAsync(session, files[party]);
        }));
    }

    private static async Task<double[][]> ClassifyAsync(ShareEpoch epoch, ShareFile[] files, BertCase item)
    {
        double[][] logits = new double[files.Length][];
        await RunAsync(files.Length, async (_, network, party, id) =>
        {
            await using MpcSession session = await OpenAsync(network, party, id, epoch);
            await VerifyAsync(session, files[party]);
            using var model = (BertClassifier)await s_architecture.BuildAsync(session, (spec, _) => ValueTask.FromResult(session.Restore(files[party].Tensor(spec.Name), spec.Shape)));
            await session.PrepareMatricesAsync();
            using SessionScope scope = session.BeginScope();
            logits[party] = await session.RevealAsync(await model.ForwardAsync(session, await BertRuns.InputAsync(session, model.Config, item)));
        });
        return logits;
    }

    private static async Task<MpcSession> OpenAsync(InMemoryNetwork network, int party, SessionId id, ShareEpoch epoch) => await MpcProtocols.OpenSessionAsync(
        MpcProtocol.Shamir, await network.Party(party).OpenSessionAsync(id), new SessionOptions { Threshold = epoch.Threshold, ShareEpoch = epoch });

    private static ValueTask VerifyAsync(MpcSession session, ShareFile file) =>
        session.VerifyKeptAsync([.. s_architecture.Weights.Select(spec => (file.Tensor(spec.Name), spec.Shape.Count))]);

    private static async Task<(ShareEpoch Epoch, ShareFile[] Files)> ReshareAsync(ResharingPlan plan, ShareFile[] old, string folder)
    {
        var made = new ShareFile[plan.NewPlaces.Count];
        var epochs = new ShareEpoch[plan.NewPlaces.Max() + 1];
        await RunAsync(epochs.Length, async (_, network, place, id) =>
        {
            await using ShamirResharing resharing = await ShamirResharing.OpenAsync(await network.Party(place).OpenSessionAsync(id), plan);
            ShareFile? source = resharing.OldParty is { } from ? old[from] : null;
            using ShareFileWriter? writer = resharing.NewParty is { } to ? Begin(folder, to, resharing.NewEpoch) : null;
            foreach (WeightSpec spec in s_architecture.Weights)
            {
                await resharing.ReshareAsync(spec.Name, spec.Shape.Count, source?.Tensor(spec.Name), writer?.Begin(spec.Name));
            }

            epochs[place] = await resharing.CompleteAsync();
            if (writer is not null)
            {
                made[resharing.NewParty!.Value] = writer.Complete();
            }
        });
        return (Assert.Single(epochs.Distinct()), made);
    }

    private static async Task<ShareFile[]> HandOutAsync(string folder)
    {
        var files = new ShareFile[s_handedOut.Parties];
        Func<WeightSpec, double[]> values = BertRuns.TriageWeights();
        await RunAsync(
            files.Length,
            async (client, network, party, id) =>
            {
                await using MpcSession session = await OpenAsync(network, party, id, s_handedOut);
                using ShareFileWriter writer = Begin(folder, party, s_handedOut);
                foreach (WeightSpec spec in s_architecture.Weights)
                {
                    await session.KeepAsync(client!.Channel, spec.Shape, writer.Begin(spec.Name));
                }

                files[party] = writer.Complete();
            },
            async parties =>
            {
                var codec = ShareCodec.Create(MpcProtocol.Shamir, s_handedOut.Parties, s_handedOut.Threshold);
                foreach (WeightSpec spec in s_architecture.Weights)
                {
                    await codec.SendAsync(parties, values(spec), 18, spec.Name);
                }
            });
        return files;
    }

    private static ShareFileWriter Begin(string folder, int party, ShareEpoch epoch)
    {
        ShareFileWriter.Prepare(folder, party);
        return new ShareFileWriter(folder, new ShareFileLayout("model", MpcProtocol.Shamir, epoch.Parties, party, 18, s_architecture.Weights, epoch.Threshold, epoch));
    }

    /// <summary>Runs a program at each place of a network, and an owner beside them.</summary>
    private static async Task RunAsync(int places, Func<ClientConnection?, InMemoryNetwork, int, SessionId, Task> program, Func<IChannel[], Task>? owner = null)
    {
        await using var network = new InMemoryNetwork(places, new TransportOptions { ReceiveTimeout = TimeSpan.FromSeconds(120) });
        var id = SessionId.New();
        Task[] running = [.. Enumerable.Range(0, places).Select(place => Task.Run(async () =>
        {
            await using ClientConnection? client = owner is null ? null : await network.Party(place).AcceptClientAsync();
            await program(client, network, place, id);
        }))];
        if (owner is not null)
        {
            await using IClientEndpoint endpoint = network.Client();
            await using ClientChannels links = await endpoint.ConnectAsync(id);
            await owner([.. Enumerable.Range(0, places).Select(i => links[i])]);
            await Task.WhenAll(running);
        }

        await Task.WhenAll(running);
        await network.DisposeAsync();
        Assert.Equal(0, network.OutstandingFrames);
    }
}
