using System.Diagnostics;
using SecureTransformer.Protocols;

namespace SecureTransformer.Bench;

/// <summary>Material for all runs of a workload in a temporary folder, written by a dealer that was told by a dry run what they need.</summary>
internal sealed class StoredRuns : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("secure-transformer-bench-");

    /// <summary>The folder with a folder for each party.</summary>
    public string Path => System.IO.Path.Combine(_folder.FullName, "material");

    /// <summary>What dealing and writing took, for one run.</summary>
    public double Seconds { get; private set; }

    /// <summary>The size of all parties' files, for one run.</summary>
    public long Bytes { get; private set; }

    public static async Task<StoredRuns> WriteAsync(Workload workload, BenchOptions options, int runs)
    {
        var plan = new MaterialPlan();
        await using (var dry = EstimatingSession.Create(options.Protocol, new SessionOptions { FractionalBits = options.FractionalBits, Threshold = options.Threshold, Plan = plan }, options.Parties))
        {
            var inputs = new SecretTensor[workload.Inputs.Count];
            for (int i = 0; i < inputs.Length; i++)
            {
                inputs[i] = dry.Placeholder(workload.Inputs[i].Shape);
            }

            object? prepared = await workload.Prepare(dry, inputs);
            for (int r = 0; r < runs; r++)
            {
                using Secret result = await workload.Run(dry, inputs, prepared);
            }

            (prepared as IDisposable)?.Dispose();
        }

        var stored = new StoredRuns();
        long start = Stopwatch.GetTimestamp();
        await MaterialStore.WriteAsync(stored.Path, "a benchmark", [plan], options.PartyCount, options.Session);
        stored.Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds / runs;
        stored.Bytes = stored._folder.EnumerateFiles("*", SearchOption.AllDirectories).Sum(file => file.Length) / runs;
        return stored;
    }

    public void Dispose() => _folder.Delete(recursive: true);
}
