using SecureTransformer.Protocols;

namespace SecureTransformer.Hosting;

/// <content>What a protocol needs of the network.</content>
public sealed partial class PartyHost
{
    /// <summary>The number of parties of the network, without a dealer.</summary>
    private int PartyCount => _endpoint.PartyCount - (_endpoint.HasDealer ? 1 : 0);

    /// <summary>Whether the dealer takes part in this party's sessions: not where its material is there already.</summary>
    private bool NeedsDealer(MpcProtocol protocol) => MpcProtocols.HasDealer(protocol) && _material is null;

    /// <summary>Refuses a protocol that this network cannot run, and a threshold that is not this party's.</summary>
    /// <returns>The threshold of a protocol where one chooses it; null for others.</returns>
    private int? RequireNetwork(MpcProtocol protocol, int? threshold)
    {
        string name = ProtocolNames.NameOf(protocol);
        try
        {
            _ = MpcProtocols.PartyCountOf(protocol, PartyCount);
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new RefusalException($"the protocol {name} runs between {ProtocolNames.PartiesOf(protocol, null)} parties, and this network has {PartyCount}");
        }

        if (NeedsDealer(protocol) && !_endpoint.HasDealer)
        {
            throw new RefusalException($"the protocol {name} needs a dealer, and this party's network has none; add one to the network file and run 'secure-transformer dealer', or give every party stored material");
        }

        if (!MpcProtocols.HasChosenThreshold(protocol))
        {
            return threshold is null ? null : throw new RefusalException($"the protocol {name} has no threshold to choose");
        }

        try
        {
            int value = MpcProtocols.ThresholdOf(protocol, PartyCount, threshold);
            return value == (_options.Threshold ?? value)
                ? value
                : throw new RefusalException($"the model's owner wants the threshold {value}, and this party {_options.Threshold}");
        }
        catch (ArgumentOutOfRangeException)
        {
            throw new RefusalException($"the protocol {name} between {PartyCount} parties has no threshold {threshold}");
        }
    }
}
