using SecureTransformer.Protocols;

namespace SecureTransformer.Hosting;

/// <summary>A party's stored material, and what it may be used for.</summary>
internal sealed class HostMaterial : IDisposable
{
    private readonly PreprocessedProgram _program;
    private readonly int _runsPerClient;
    private readonly Dictionary<string, int> _runs = [];

    /// <exception cref="InvalidDataException">It is damaged, or for no program that hosts serve.</exception>
    public HostMaterial(string directory, int? runsPerClient)
    {
        _runsPerClient = runsPerClient ?? int.MaxValue;
        Store = MaterialStore.Open(directory);
        if (PreprocessedProgram.Parse(Store.Description.Program) is not { } program)
        {
            string described = Store.Description.Program;
            Store.Dispose();
            throw new InvalidDataException($"{directory}: the material is for '{described}', which is nothing that a party serves.");
        }

        _program = program;
    }

    public MaterialStore Store { get; }

    /// <summary>Refuses a model that the material is not for.</summary>
    public void RequireModel(MpcProtocol protocol, int party, int partyCount, int fractionalBits, string configurationDigest, string functions, bool streamed)
    {
        if (!MpcProtocols.HasDealer(protocol))
        {
            throw new RefusalException($"this party has stored material, which the protocol {ProtocolNames.NameOf(protocol)} does not use");
        }

        if (party != Store.Description.Party || partyCount != Store.Description.PartyCount)
        {
            throw new RefusalException(
                $"this is party {party} of {partyCount} parties, and its stored material is the part of party {Store.Description.Party} of {Store.Description.PartyCount}");
        }

        if (fractionalBits != Store.Description.FractionalBits)
        {
            throw new RefusalException($"the model has {fractionalBits} fractional bits and the party's stored material {Store.Description.FractionalBits}");
        }

        if (configurationDigest != _program.ConfigurationDigest)
        {
            throw new RefusalException("the party's stored material was made for another model configuration");
        }

        if (PublicDigest.OfText(functions) != _program.FunctionsDigest)
        {
            throw new RefusalException($"the party's stored material was made for other nonlinear functions than '{functions}'");
        }

        if (streamed)
        {
            throw new RefusalException("this party streams weights, and stored material is for weights in memory");
        }
    }

    /// <summary>Refuses a classification of another length, before a run is given away for it.</summary>
    public void RequireClassification(int length)
    {
        if (_program.NewTokens > 0 || length != _program.Length)
        {
            throw new RefusalException($"the request classifies {length} tokens and the party's stored material is to {Wanted}{(_program.NewTokens == 0 && length < _program.Length ? $": pad the text to {_program.Length}" : "")}");
        }

        RequireLeft();
    }

    /// <summary>Refuses a conversation that is another than planned as far as can be seen at its beginning.</summary>
    public void RequireGeneration(int sequences)
    {
        if (_program.NewTokens == 0 || sequences != 1)
        {
            throw new RefusalException($"the request continues {sequences} texts and the party's stored material is to {Wanted}");
        }

        RequireLeft();
    }

    /// <summary>Counts a request, whose session will take a run, against its client's bound.</summary>
    public void Count(string client)
    {
        lock (_runs)
        {
            int mine = _runs.GetValueOrDefault(client);
            if (mine >= _runsPerClient)
            {
                throw new RefusalException($"this client has used {mine} runs of the party's stored material, its bound");
            }

            _runs[client] = mine + 1;
        }
    }

    public void Dispose() => Store.Dispose();

    private string Wanted => _program.NewTokens == 0 ? $"classify {_program.Length} tokens" : $"continue one prompt of {_program.Length} tokens by {_program.NewTokens}";

    private void RequireLeft()
    {
        if (Store.Remaining == 0)
        {
            throw new RefusalException(
                $"the party's stored material is spent: all {Store.Description.Count} runs are used; have the dealer make more with 'secure-transformer preprocess'");
        }
    }
}
