// MPCFormer's table (Li et al., ICLR 2023), end to end and at small scale: a teacher with GELU and softmax, the same weights under quadratic functions, and a student that was
// distilled for them: accuracy in plaintext and on secret shares, seconds, bytes and rounds, for two protocols.
// Usage: dotnet run -c Release --project examples/DistilledTriage [-- --quick] [--out DIR] [--json FILE]
// The whole table takes less than an hour on two cores, --quick about a minute; stopped with Ctrl+C and started again with the same --out, it goes on where it was.
using System.Globalization;
using DistilledTriage;
using SecureTransformer.Distillation;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
using var stop = new CancellationTokenSource();
Console.CancelKeyPress += (_, pressed) =>
{
    pressed.Cancel = true;
    stop.Cancel();
};

try
{
    Plan plan = Plan.Parse(args);
    string models = plan.Directory ?? Directory.CreateTempSubdirectory("distilled-triage-").FullName;
    Console.WriteLine($"Models are written to {models}.");

    string tokenizer = Path.Combine(models, "tokenizer");
    Directory.CreateDirectory(tokenizer);
    File.WriteAllLines(Path.Combine(tokenizer, "vocab.txt"), TriageSentences.Vocabulary());
    IReadOnlyList<LabelledSentence> sentences = TriageSentences.Generate(seed: 1, plan.TrainingSentences);
    IReadOnlyList<LabelledText> training = SentenceFile.Encode(sentences, TokenizerLoader.FromDirectory(tokenizer));

    // None that was learnt from, and none twice.
    HashSet<string> learnt = [.. sentences.Select(s => s.Text)];
    LabelledSentence[] heldOut = [.. TriageSentences.Generate(seed: 2, 3 * plan.HeldOutSentences).Where(s => learnt.Add(s.Text)).Take(plan.HeldOutSentences)];

    string teacher = Path.Combine(models, "teacher");
    string undistilled = Path.Combine(models, "undistilled");
    string distilled = Path.Combine(models, "distilled");
    if (!File.Exists(Path.Combine(teacher, "model.safetensors")))
    {
        using var line = new ProgressLine();
        Distiller.TrainTeacher(teacher, tokenizer, training, TriageSentences.Labels, plan.Teacher, line, stop.Token);
    }

    Distiller.WriteUndistilled(teacher, undistilled, plan.Student);
    if (!File.Exists(Path.Combine(distilled, "model.safetensors")))
    {
        using var line = new ProgressLine();
        Distiller.Distill(teacher, distilled, training, plan.Student, line, stop.Token);
    }

    var rows = new List<Row>();
    foreach ((string name, string directory) in (IEnumerable<(string, string)>)[("teacher", teacher), ("student, undistilled", undistilled), ("student, distilled", distilled)])
    {
        rows.Add(await Evaluation.RunAsync(name, directory, heldOut, plan.PrivateSentences, [MpcProtocol.Replicated3, MpcProtocol.Additive], stop.Token));
    }

    Table.Show(rows, plan);
    Table.Write(rows, plan.Json);
    return 0;
}
catch (OperationCanceledException)
{
    Console.Error.WriteLine("stopped; the same command with the same --out goes on from here");
    return 130;
}
catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException or InvalidOperationException)
{
    Console.Error.WriteLine($"error: {error.Message}");
    return 1;
}
