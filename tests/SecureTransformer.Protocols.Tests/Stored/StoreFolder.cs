using System.Security.Cryptography;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Tests;

/// <summary>The folders of all parties' stored material in a temporary place, and programs that run from them.</summary>
internal sealed class StoreFolder : IDisposable
{
    /// <summary>Where the secret of a run stands in its file, as docs/protocols/additive.md has it.</summary>
    public const int SecretOffset = 48;

    public const int SecretLength = 48;

    private readonly DirectoryInfo _root = Directory.CreateTempSubdirectory("stored-");

    private StoreFolder(int parties) => Parties = parties;

    public int Parties { get; }

    public string Root => Path.Combine(_root.FullName, "store");

    /// <summary>Runs of a program that takes one session, planned by a dry run.</summary>
    public static async Task<StoreFolder> WriteAsync(int parties, Func<MpcSession, Task> program, int runs = 1, string name = "a test", SessionOptions? options = null)
    {
        MaterialPlan plan = await PlanAsync(parties, program, options);
        return await WriteAsync(parties, [.. Enumerable.Repeat(plan, runs)], name, options);
    }

    public static async Task<StoreFolder> WriteAsync(int parties, MaterialPlan[] plans, string name = "a test", SessionOptions? options = null)
    {
        var folder = new StoreFolder(parties);
        await MaterialStore.WriteAsync(folder.Root, name, plans, parties, options);
        return folder;
    }

    public static async Task<MaterialPlan> PlanAsync(int parties, Func<MpcSession, Task> program, SessionOptions? options = null)
    {
        var plan = new MaterialPlan();
        await using EstimatingSession dry = EstimatingSession.Create(
            MpcProtocol.Additive, new SessionOptions { Plan = plan, FractionalBits = (options ?? new SessionOptions()).FractionalBits }, parties);
        await program(dry);
        return plan;
    }

    public string Party(int party) => MaterialStore.PathOf(Root, party);

    public string File(int party, string name) => Path.Combine(Party(party), name);

    public string Run(int party, int run) => File(party, $"run-{run:D6}.material");

    public byte[] Secret(int party, int run) => System.IO.File.ReadAllBytes(Run(party, run))[SecretOffset..(SecretOffset + SecretLength)];

    /// <summary>A copy of a party's folder.</summary>
    public string Copy(int party, string name)
    {
        string to = Path.Combine(_root.FullName, name);
        Copy(Party(party), to);
        return to;
    }

    /// <summary>Puts a copy back in the place of a party's folder.</summary>
    public void Restore(int party, string copy)
    {
        Directory.Delete(Party(party), recursive: true);
        Copy(copy, Party(party));
    }

    public Stores Open() => new(Enumerable.Range(0, Parties).Select(Party));

    public void Dispose() => _root.Delete(recursive: true);

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (string file in Directory.GetFiles(from))
        {
            System.IO.File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }
}

/// <summary>Opened stores of all parties.</summary>
internal sealed class Stores : IDisposable
{
    private readonly List<MaterialStore> _stores = [];

    public Stores(IEnumerable<string> folders)
    {
        try
        {
            foreach (string folder in folders)
            {
                _stores.Add(MaterialStore.Open(folder));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    public MaterialStore this[int party] => _stores[party];

    public IEnumerable<int> Remaining => _stores.Select(store => store.Remaining);

    /// <summary>Runs a program once at every party, over a network of its own unless one is given.</summary>
    public async Task<Outcome<T>[]> TryAsync<T>(
        Func<MpcSession, Task<T>> program, TransportOptions? transport = null, Func<int, SessionOptions>? optionsOf = null, InMemoryNetwork? network = null)
    {
        await using InMemoryNetwork? own = network is null ? new InMemoryNetwork(_stores.Count, transport) : null;
        network ??= own!;
        var id = SessionId.New();
        Outcome<T>[] outcomes = await Task.WhenAll(Enumerable.Range(0, _stores.Count).Select(party => Task.Run(async () =>
        {
            await using ChannelSet channels = await network.Party(party).OpenSessionAsync(id);
            try
            {
                SessionOptions options = optionsOf?.Invoke(party) ?? new SessionOptions { Material = this[party] };
                await using AdditiveSession session = await AdditiveSession.OpenAsync(channels, options);
                return new Outcome<T>(await program(session), null);
            }
            catch (Exception error)
            {
                channels.Abort("a test's program failed");
                return new Outcome<T>(default, error);
            }
        })));
        if (own is not null)
        {
            Assert.Equal(0, own.OutstandingFrames);
        }

        return outcomes;
    }

    /// <summary>Runs a program that must succeed at every party.</summary>
    public async Task<T[]> RunAsync<T>(Func<MpcSession, Task<T>> program, TransportOptions? transport = null)
    {
        Outcome<T>[] outcomes = await TryAsync(program, transport);
        Assert.All(outcomes, outcome => Assert.Null(outcome.Error));
        return [.. outcomes.Select(outcome => outcome.Value!)];
    }

    public void Dispose() => _stores.ForEach(store => store.Dispose());
}

/// <summary>How a program ended at one party.</summary>
internal sealed record Outcome<T>(T? Value, Exception? Error);

/// <summary>A program whose opened values show which masks were drawn: party 1's share of a constant is zero, so that it sends its share of the mask, negated.</summary>
internal sealed class DrawnMasks
{
    private readonly Lock _gate = new();
    private readonly List<string> _seen = [];

    public TransportOptions Transport => new() { FrameObserver = Observe };

    /// <summary>What each run drew, as it was sent.</summary>
    public IReadOnlyList<string> Seen
    {
        get
        {
            lock (_gate)
            {
                return [.. _seen];
            }
        }
    }

    public static async Task<double[]> SquareAsync(MpcSession session) =>
        await session.RevealAsync(await session.SquareAsync(session.Constant(new TensorShape(4), 1.5)));

    public void AssertNothingTwice() => Assert.Equal(Seen.Distinct(), Seen);

    private void Observe(in ObservedFrame frame)
    {
        if (frame is { Operation: FrameTrace.Multiply, From: "party 1", To: "party 0" })
        {
            string hash = Convert.ToHexString(SHA256.HashData(frame.Payload));
            lock (_gate)
            {
                _seen.Add(hash);
            }
        }
    }
}
