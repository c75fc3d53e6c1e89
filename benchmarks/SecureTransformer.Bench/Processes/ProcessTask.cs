namespace SecureTransformer.Bench;

/// <summary>What the processes of a measurement are told, in a file of the folder that they share.</summary>
/// <param name="Workload">The workload's name.</param>
/// <param name="Options">How it runs.</param>
/// <param name="Session">The session's id, in hexadecimal.</param>
internal sealed record ProcessTask(string Workload, BenchOptions Options, string Session)
{
    /// <summary>The argument that makes this program a party; the folder and the party's place follow.</summary>
    public const string Verb = "bench-party";

    public static string TaskFile(string folder) => Path.Combine(folder, "task.json");

    public static string NetworkFile(string folder) => Path.Combine(folder, "network.json");

    public static string KeyFile(string folder, int place) => Path.Combine(folder, $"key-{place}.p12");

    public static string OutcomeFile(string folder, int place) => Path.Combine(folder, $"outcome-{place}.json");

    /// <summary>What party 0 opened, as doubles.</summary>
    public static string ValuesFile(string folder) => Path.Combine(folder, "values.bin");
}
