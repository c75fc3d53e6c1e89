using System.Security.Cryptography;
using SecureTransformer.Protocols.Additive;
using SecureTransformer.Protocols.Stored;
using SecureTransformer.Protocols.Randomness;

namespace SecureTransformer.Protocols;

/// <summary>
/// One party's part of material that was made ahead of time, in a folder: a number of runs of one program, each used once. A dealer made it (<see cref="WriteAsync"/>), or the parties
/// themselves (<see cref="MpcSession.PreprocessAsync"/>). A session takes it through <see cref="SessionOptions.Material"/>. Safe for use by several sessions at once; one process at a time.
/// </summary>
/// <remarks>
/// <para>Before a run is used the parties compare their counters and go on from the largest, and each writes to its disk that the run is given away and overwrites what the run's
/// material was drawn from. So nothing is used twice, whatever breaks off, and one party's folder from a backup does no harm. All parties' folders from backups together do:
/// then masks are used twice, and what they hid can be seen.</para>
/// <para>The folder is as secret as what the masks hide. See docs/protocols/additive.md.</para>
/// </remarks>
public sealed partial class MaterialStore : IDisposable
{
    private const string DescriptionFile = "store.json";
    private const string CounterFile = "counter";
    private const string WeightsFile = "weights.key";
    private const string TagsFile = "weights.tags";

    private readonly MaterialCounter _counter;
    private readonly WeightTags? _tags;
    private readonly byte[] _weightsKey;
    private readonly Lock _gate = new();

    private MaterialStore(string directory, MaterialStoreDescription description, MaterialCounter counter, WeightTags? tags, byte[] weightsKey)
    {
        Directory = directory;
        Description = description;
        _counter = counter;
        _tags = tags;
        _weightsKey = weightsKey;
    }

    /// <summary>The folder.</summary>
    public string Directory { get; }

    /// <summary>What the store is for.</summary>
    public MaterialStoreDescription Description { get; }

    /// <summary>The runs that are left.</summary>
    public int Remaining
    {
        get
        {
            lock (_gate)
            {
                return Description.Count - _counter.Next;
            }
        }
    }

    /// <summary>The first run that this party has not given away.</summary>
    internal int Next
    {
        get
        {
            lock (_gate)
            {
                return _counter.Next;
            }
        }
    }

    /// <summary>Held by party 0 while it agrees with the others on a run, so that all parties give runs away in one order.</summary>
    internal SemaphoreSlim Reservation { get; } = new(1, 1);

    /// <summary>The key of this party's shares of the masks of weights, where a dealer made the material: the same for all runs, so that weights are opened once.</summary>
    internal ReadOnlySpan<byte> WeightsKey => _weightsKey;

    /// <summary>What weights those masks were used for.</summary>
    internal WeightTags Tags => _tags ?? throw new InvalidOperationException("The parties' own material masks no weights.");

    /// <summary>The folder of one party's part among those of all parties.</summary>
    public static string PathOf(string directory, int party) => Path.Combine(directory, string.Create(System.Globalization.CultureInfo.InvariantCulture, $"party-{party}"));

    /// <summary>Reads what one party's part is for, without opening it.</summary>
    /// <param name="directory">The party's folder.</param>
    /// <exception cref="InvalidDataException">The description is missing or damaged.</exception>
    public static MaterialStoreDescription Describe(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        return MaterialStoreDescription.Load(Path.Combine(directory, DescriptionFile));
    }

    /// <summary>Opens one party's part, and destroys what is left of runs that were given away before.</summary>
    /// <param name="directory">The party's folder.</param>
    /// <exception cref="InvalidDataException">A file is missing or damaged; the message names it.</exception>
    /// <exception cref="IOException">Another process has the store open.</exception>
    public static MaterialStore Open(string directory)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        MaterialStoreDescription description = MaterialStoreDescription.Load(Path.Combine(directory, DescriptionFile));
        MaterialCounter counter = MaterialCounter.Open(Path.Combine(directory, CounterFile), description);
        WeightTags? tags = null;
        try
        {
            byte[] key = [];
            if (description.HasDealer)
            {
                key = WeightTags.ReadKey(Path.Combine(directory, WeightsFile), description);
                tags = WeightTags.Open(Path.Combine(directory, TagsFile), description);
            }

            for (int run = 0; run < counter.Next; run++)
            {
                RunFile.Destroy(Path.Combine(directory, RunFile.NameOf(run)));
            }

            return new MaterialStore(directory, description, counter, tags, key);
        }
        catch
        {
            tags?.Dispose();
            counter.Dispose();
            throw;
        }
    }

    /// <summary>Closes the folder and forgets its keys. Runs that are under way must have ended.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_weightsKey);
        _counter.Dispose();
        _tags?.Dispose();
        Reservation.Dispose();
    }

    /// <summary>Refuses runs of which no store can be made.</summary>
    internal static void RequireRuns(string directory, string program, IReadOnlyList<MaterialPlan> runs)
    {
        ArgumentException.ThrowIfNullOrEmpty(directory);
        ArgumentNullException.ThrowIfNull(program);
        ArgumentNullException.ThrowIfNull(runs);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(program.Length, 1024, nameof(program));
        ArgumentOutOfRangeException.ThrowIfLessThan(runs.Count, 1, nameof(runs));
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(runs.Count, 1_000_000, nameof(runs));
        if (runs.Any(plan => plan.IsTooLong))
        {
            throw new ArgumentException("A plan has more operations than a run may have.", nameof(runs));
        }
    }

    /// <summary>Makes a folder that only its owner can read, or takes an empty one.</summary>
    /// <exception cref="IOException">It is not empty.</exception>
    internal static void MakeDirectory(string directory)
    {
        if (System.IO.Directory.Exists(directory) && System.IO.Directory.EnumerateFileSystemEntries(directory).Any())
        {
            throw new IOException($"The folder '{directory}' is not empty; material goes to a new one.");
        }

        PrivateFile.CreateDirectory(directory);
    }

    /// <summary>Begins the part of a party that makes its material itself: the folder is no store before <see cref="End"/>.</summary>
    internal static void BeginOwn(string directory, MaterialStoreDescription description) => MaterialCounter.Create(Path.Combine(directory, CounterFile), description);

    /// <summary>Makes a folder with all runs a store.</summary>
    internal static void End(string directory, MaterialStoreDescription description) => description.Save(Path.Combine(directory, DescriptionFile));

    /// <summary>Gives a run away: when this returns, the disk says so.</summary>
    /// <exception cref="Transport.ProtocolException">The run was used already.</exception>
    internal void GiveAway(int run)
    {
        lock (_gate)
        {
            int first = _counter.Next;
            _counter.Advance(run);
            for (int skipped = first; skipped < run; skipped++)
            {
                RunFile.Destroy(Path.Combine(Directory, RunFile.NameOf(skipped)));
            }
        }
    }

    /// <summary>Opens a run that was given away: its secret is overwritten on the disk before it is used.</summary>
    /// <exception cref="InvalidDataException">Its file is missing or damaged.</exception>
    internal RunFile OpenRun(int run) => RunFile.OpenOnce(Path.Combine(Directory, RunFile.NameOf(run)), Description, run);
}
