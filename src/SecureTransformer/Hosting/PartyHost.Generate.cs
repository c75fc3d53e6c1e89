using SecureTransformer.Architectures;
using SecureTransformer.Layers;
using SecureTransformer.Transport;

namespace SecureTransformer.Hosting;

/// <content>Serving conversations.</content>
public sealed partial class PartyHost
{
    private readonly Dictionary<string, int> _conversations = [];

    private async Task GenerateAsync(ClientConnection client, PartyRequest request, byte[] message, CancellationToken cancellationToken)
    {
        LoadedModel loaded = RequireModel(request, model => Require<DecoderModel>(model, "does not generate text").Config.VocabSize);
        var model = (DecoderModel)loaded.Model;
        if (request.Sequences < 1 || request.Sequences > _options.MaxSequences)
        {
            throw new RefusalException($"the request has {request.Sequences} sequences; this party takes between 1 and {_options.MaxSequences}");
        }

        _material?.RequireGeneration(request.Sequences);

        // Party 0 counts; the others follow, since they serve only what party 0 has opened its links for.
        bool counts = _endpoint.PartyId == 0;
        if (counts)
        {
            CountConversation(client.ClientIdentity);
        }

        try
        {
            CountRun(client);
            await InSessionAsync(
                client,
                request,
                message,
                loaded,
                async (session, links) =>
                {
                    ControlChannel.Signal(client.Channel, HostOperations.Progress);
                    KeyValueCache cache = model.CreateCache(session, request.Sequences);
                    try
                    {
                        await new ServedConversation(client.Channel, links, session, model, cache, _places, _options).RunAsync(cancellationToken).ConfigureAwait(false);
                    }
                    finally
                    {
                        int tokens = cache.RowCount;
                        cache.Dispose();
                        LogConversationEnded(_options.Logger, _endpoint.PartyId, client.Channel.PeerName, tokens);
                    }
                },
                cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            if (counts)
            {
                lock (_conversations)
                {
                    _conversations[client.ClientIdentity]--;
                }
            }
        }
    }

    private void CountConversation(string identity)
    {
        lock (_conversations)
        {
            int mine = _conversations.GetValueOrDefault(identity);
            if (mine >= _options.MaxConversationsPerClient)
            {
                throw new RefusalException($"this client has {mine} conversations open already, its bound; end one first");
            }

            if (_conversations.Values.Sum() >= _options.MaxConversations)
            {
                throw new RefusalException($"the party has {_options.MaxConversations} conversations open already, its bound; try again later");
            }

            _conversations[identity] = mine + 1;
        }
    }
}
