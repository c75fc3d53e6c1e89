using SecureTransformer.Architectures;
using SecureTransformer.Protocols;
using SecureTransformer.Transport;

namespace SecureTransformer.ShareFiles;

/// <summary>
/// A decoder whose weights are kept in share files: at every party a session that holds them, and programs in sessions opened under it, one after another.
/// At the end no buffer, frame or file may be left.
/// </summary>
internal static class StreamedRuns
{
    public static async Task<T> RunAsync<T>(
        MpcProtocol protocol, string model, Func<MpcSession, DecoderModel, Task<T>> program, int blockElements = 500, int tableElements = 700, int requests = 1, Action<string[]>? prepare = null)
    {
        DecoderArchitecture architecture = DecoderRuns.ArchitectureOf(model);
        Func<WeightSpec, double[]> values = DecoderRuns.WeightsOf(model);
        int count = MpcProtocols.PartyCountOf(protocol);
        using var folder = new TemporaryFolder();
        await using var network = new InMemoryNetwork(count + (MpcProtocols.HasDealer(protocol) ? 1 : 0));
        SessionId loading = SessionId.New();
        SessionId[] ids = [.. Enumerable.Range(0, requests).Select(_ => SessionId.New())];
        var results = new T[count];
        using var written = new Barrier(count, _ => prepare?.Invoke(folder.Files));
        Task[] parties = [.. Enumerable.Range(0, count).Select(party => Task.Factory.StartNew(() => RunPartyAsync(party), TaskCreationOptions.LongRunning).Unwrap())];
        Task[] dealers = [.. MpcProtocols.HasDealer(protocol) ? ids.Prepend(loading).Select(DealAsync) : []];
        await using (IClientEndpoint endpoint = network.Client())
        await using (ClientChannels links = await endpoint.ConnectAsync(loading))
        {
            IChannel[] channels = [.. Enumerable.Range(0, count).Select(i => links[i])];
            var codec = ShareCodec.Create(protocol);
            foreach (WeightSpec spec in architecture.Weights)
            {
                await codec.SendAsync(channels, values(spec), 18, spec.Name);
            }

            await Task.WhenAll([.. parties, .. dealers]);
        }

        Assert.Empty(folder.Files);
        await network.DisposeAsync();
        Assert.Equal(0, network.OutstandingFrames);
        return results[0];

        async Task DealAsync(SessionId id) => await Dealer.ServeAsync(await network.Party(count).OpenSessionAsync(id));

        async Task RunPartyAsync(int party)
        {
            ClientConnection client = await network.Party(party).AcceptClientAsync();
            ChannelSet channels = await network.Party(party).OpenSessionAsync(client.SessionId);
            await using (client)
            await using (MpcSession vault = await MpcProtocols.OpenSessionAsync(protocol, channels, new SessionOptions { RecycleMatrices = true }))
            {
                var layout = new ShareFileLayout("model", protocol, count, party, 18, architecture.Weights);
                using var writer = new ShareFileWriter(folder.Path, layout);
                foreach (WeightSpec spec in architecture.Weights)
                {
                    await vault.KeepAsync(client.Channel, spec.Shape, writer.Begin(spec.Name));
                }

                using ShareFile file = writer.Complete();
                written.SignalAndWait();
                using (var streamed = (DecoderModel)await architecture.StreamAsync(vault, file.Tensor, blockElements, tableElements))
                {
                    foreach (SessionId id in ids)
                    {
                        ChannelSet own = await network.Party(party).OpenSessionAsync(id);
                        try
                        {
                            await using MpcSession session = await MpcProtocols.OpenSessionAsync(protocol, own, new SessionOptions(), vault);
                            results[party] = await program(session, streamed);
                        }
                        catch
                        {
                            own.Abort("the program failed");
                            throw;
                        }
                        finally
                        {
                            await own.DisposeAsync();
                        }
                    }
                }

                Assert.Equal(0, vault.OutstandingBuffers);
            }
        }
    }
}
