using System.Security.Cryptography;
using SecureTransformer.Protocols.Additive;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Protocols.Stored;

namespace SecureTransformer.Protocols;

/// <content>The dealer ahead of time.</content>
public sealed partial class MaterialStore
{
    /// <summary>
    /// Deals runs and writes each party's part to a folder of its own, <see cref="PathOf"/>. Each folder goes to its party over a way that nobody else can read, and is
    /// removed here: who has two of them, or one and its party's network, knows as much as a dealer who colludes.
    /// </summary>
    /// <param name="directory">A folder that does not exist yet, or is empty.</param>
    /// <param name="program">What the runs compute, in words that the parties compare; at most 1,024 characters.</param>
    /// <param name="runs">The plan of each run, in the order of their use.</param>
    /// <param name="partyCount">The number of parties, 2 to 8.</param>
    /// <param name="options">The fractional bits, and the number of threads to use.</param>
    /// <param name="progress">Told the share of the work that is done.</param>
    /// <param name="cancellationToken">Cancels; what was written stays.</param>
    /// <exception cref="ArgumentException">There is no run, or too many parties.</exception>
    /// <exception cref="IOException">The folder is not empty or cannot be written.</exception>
    public static async Task WriteAsync(
        string directory,
        string program,
        IReadOnlyList<MaterialPlan> runs,
        int partyCount,
        SessionOptions? options = null,
        IProgress<double>? progress = null,
        CancellationToken cancellationToken = default)
    {
        RequireRuns(directory, program, runs);
        _ = MpcProtocols.PartyCountOf(MpcProtocol.Additive, partyCount);
        options ??= new SessionOptions();
        options.Validate();
        if (runs.Any(run => run.Levels > 2))
        {
            throw new ArgumentException("Material is stored for a session and one under it, not for deeper ones.", nameof(runs));
        }

        MakeDirectory(directory);
        string identity = RandomNumberGenerator.GetHexString(32, lowercase: true);
        MaterialStoreDescription[] parties = [.. Enumerable.Range(0, partyCount).Select(party => new MaterialStoreDescription
        {
            Identity = identity,
            Party = party,
            PartyCount = partyCount,
            FractionalBits = options.FractionalBits,
            Program = program,
            Count = runs.Count,
        })];
        byte[][] weights = [.. parties.Select(_ => RandomNumberGenerator.GetBytes(PairwiseRandomness.KeySize))];
        try
        {
            foreach (MaterialStoreDescription party in parties)
            {
                string folder = PathOf(directory, party.Party);
                PrivateFile.CreateDirectory(folder);
                WeightTags.WriteKey(Path.Combine(folder, WeightsFile), party, weights[party.Party]);
                MaterialCounter.Create(Path.Combine(folder, CounterFile), party);
                WeightTags.Create(Path.Combine(folder, TagsFile));
            }

            for (int run = 0; run < runs.Count; run++)
            {
                int done = run;
                await WriteRunAsync(
                    directory, parties, weights, run, runs[run], options.MaxDegreeOfParallelism, part => progress?.Report((done + part) / runs.Count), cancellationToken).ConfigureAwait(false);
            }

            // Last, so that a folder that was not finished is none.
            foreach (MaterialStoreDescription party in parties)
            {
                End(PathOf(directory, party.Party), party);
            }
        }
        finally
        {
            Array.ForEach(weights, key => CryptographicOperations.ZeroMemory(key));
        }
    }

    private static async Task WriteRunAsync(
        string directory,
        MaterialStoreDescription[] parties,
        byte[][] weights,
        int run,
        MaterialPlan plan,
        int maxDegreeOfParallelism,
        Action<double> progress,
        CancellationToken cancellationToken)
    {
        var files = new List<FileStream>();
        var secrets = new List<RunSecret>();
        var seeds = new List<PairwiseRandomness>();
        var keys = new List<MatrixMaskKeys>();
        try
        {
            foreach (MaterialStoreDescription party in parties)
            {
                (FileStream file, RunSecret secret) = RunFile.Create(Path.Combine(PathOf(directory, party.Party), RunFile.NameOf(run)), party, run, plan);
                files.Add(file);
                secrets.Add(secret);
                seeds.Add(new PairwiseRandomness(secret.Seed));
                // A session that holds weights has the store's key, one under it the run's.
                var held = new MatrixMaskKeys(null, weights[party.Party]);
                keys.Add(plan.Levels == 1 ? held : new MatrixMaskKeys(held, secret.MatrixKey));
            }

            using var corrections = new CorrectionFile(files[0], secrets[0]);
            using var hand = new DealerHand([.. seeds], [.. keys], corrections, maxDegreeOfParallelism, new DealerMemory(1L << 30));
            for (int at = 0; at < plan.Count; at++)
            {
                await plan.Parse(at).DealAsync(hand, cancellationToken).ConfigureAwait(false);
                progress((at + 1.0) / plan.Count);
            }

            foreach (FileStream file in files)
            {
                file.Flush(flushToDisk: true);
            }
        }
        finally
        {
            files.ForEach(file => file.Dispose());
            secrets.ForEach(secret => secret.Dispose());
            seeds.ForEach(seed => seed.Dispose());
            keys.ForEach(key => key.DisposeAll());
        }
    }
}
