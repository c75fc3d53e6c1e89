using SecureTransformer.Distillation;

namespace DistilledTriage;

/// <summary>How much is trained and evaluated.</summary>
internal sealed class Plan
{
    public required int TrainingSentences { get; init; }

    /// <summary>Sentences of another seed, for accuracy in plaintext.</summary>
    public required int HeldOutSentences { get; init; }

    /// <summary>How many of them are classified on secret shares too.</summary>
    public required int PrivateSentences { get; init; }

    public required TeacherOptions Teacher { get; init; }

    public required DistillationOptions Student { get; init; }

    /// <summary>Where the models go; null for a temporary folder.</summary>
    public string? Directory { get; init; }

    /// <summary>Where the figures go as JSON; null for nowhere.</summary>
    public string? Json { get; init; }

    public static Plan Parse(string[] args)
    {
        string? Value(string name)
        {
            int at = Array.IndexOf(args, name);
            return at < 0 ? null : at + 1 < args.Length ? args[at + 1] : throw new ArgumentException($"{name} needs a value.");
        }

        string? unknown = args.Where((a, i) => a is not ("--quick" or "--out" or "--json") && (i == 0 || args[i - 1] is not ("--out" or "--json"))).FirstOrDefault();
        if (unknown is not null)
        {
            throw new ArgumentException($"Unknown argument '{unknown}': there are --quick, --out DIR and --json FILE.");
        }

        return args.Contains("--quick") ? Quick(Value("--out"), Value("--json")) : Whole(Value("--out"), Value("--json"));
    }

    private static Plan Whole(string? directory, string? json) => new()
    {
        TrainingSentences = 20_000,
        HeldOutSentences = 5_000,
        PrivateSentences = 1_000,
        Teacher = new TeacherOptions(),
        Student = new DistillationOptions(),
        Directory = directory,
        Json = json,
    };

    private static Plan Quick(string? directory, string? json) => new()
    {
        TrainingSentences = 2_000,
        HeldOutSentences = 500,
        PrivateSentences = 10,
        Teacher = new TeacherOptions { Training = new TrainingOptions { Epochs = 5, LearningRate = 1e-3 } },
        Student = new DistillationOptions
        {
            Hidden = new TrainingOptions { Epochs = 4, LearningRate = 1e-3 },
            Logits = new TrainingOptions { Epochs = 2, LearningRate = 2e-4 },
        },
        Directory = directory,
        Json = json,
    };
}
