// Signals, file modes and /proc.
[assembly: System.Runtime.Versioning.SupportedOSPlatform("linux")]

// Each test starts up to eight processes: two at a time keep two cores busy, whatever machine this is.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]

namespace SecureTransformer.EndToEnd.Tests;

/// <summary>A folder that disappears with the test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("end-to-end-").FullName;

    public static string Model => System.IO.Path.Combine(AppContext.BaseDirectory, "model");

    public static string Cases => System.IO.Path.Combine(AppContext.BaseDirectory, "expected.json");

    /// <summary>A reference model that generates text: gpt2-arith or llama-story.</summary>
    public static string Decoder(string name) => System.IO.Path.Combine(AppContext.BaseDirectory, name);

    public string this[string file] => System.IO.Path.Combine(Path, file);

    /// <summary>A copy of the model in here, for tests that spoil it.</summary>
    public string CopyModel()
    {
        string copy = Directory.CreateDirectory(this["model"]).FullName;
        foreach (string file in Directory.GetFiles(Model))
        {
            File.Copy(file, System.IO.Path.Combine(copy, System.IO.Path.GetFileName(file)));
        }

        return copy;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}

/// <summary>These tests wait for time-outs that must not pass early: one after another, and alone.</summary>
[CollectionDefinition("time-outs", DisableParallelization = true)]
public sealed class OneAfterAnother;
