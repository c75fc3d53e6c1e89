using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using SecureTransformer.Distillation;
using SecureTransformer.Hosting;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Cli.Commands;

/// <summary><c>distill</c>: a student of MPC-friendly functions from a teacher.</summary>
internal static class DistillCommand
{
    public static Command Create()
    {
        var defaults = new DistillationOptions();
        var teacher = new Option<DirectoryInfo>("--teacher") { Description = "The teacher's model directory: a BERT classifier with its tokenizer.", Required = true };
        var data = new Option<FileInfo>("--data") { Description = "Sentences such as the model is for: a line each, the class's name, a tab, the sentence. Their classes are not learnt from.", Required = true };
        var output = new Option<DirectoryInfo>("--out") { Description = "The student's model directory. A run that was stopped is resumed from the checkpoint there.", Required = true };
        var hiddenEpochs = new Option<int>("--hidden-epochs") { Description = "Stage one: how many times the sentences are gone through, to make embedding, hidden states and attention scores like the teacher's.", DefaultValueFactory = _ => defaults.Hidden.Epochs };
        var hiddenRate = new Option<double>("--hidden-rate") { Description = "Stage one: the largest learning rate.", DefaultValueFactory = _ => defaults.Hidden.LearningRate };
        var logitEpochs = new Option<int>("--logit-epochs") { Description = "Stage two: the same, to make the logits like the teacher's.", DefaultValueFactory = _ => defaults.Logits.Epochs };
        var logitRate = new Option<double>("--logit-rate") { Description = "Stage two: the largest learning rate.", DefaultValueFactory = _ => defaults.Logits.LearningRate };
        var batch = new Option<int>("--batch") { Description = "Sentences of one step.", DefaultValueFactory = _ => defaults.Hidden.BatchSize };
        var seed = new Option<long>("--seed") { Description = "What the order of the sentences comes from.", DefaultValueFactory = _ => defaults.Hidden.Seed };
        var heldOut = new Option<FileInfo?>("--held-out") { Description = "Other sentences, in the same form, on which teacher and student are compared." };
        var privately = new Option<int>("--private") { Description = "With --held-out: how many of them the student classifies on secret shares too.", DefaultValueFactory = _ => 0 };
        Option<string> protocol = ProtocolOptions.CreateProtocol();
        var json = new Option<FileInfo?>("--json") { Description = "Write the figures to a file." };
        var command = new Command(
            "distill",
            """
            Make a model that costs less on secret shares: the teacher's GELU becomes Quad, its softmax 2Quad (MPCFormer, Li et al., 2023), and the student is trained, in the clear and on this
            machine, to do as the teacher does. For small models. The student is an ordinary model directory for infer, load and the others.
            """)
        {
            teacher, data, output, hiddenEpochs, hiddenRate, logitEpochs, logitRate, batch, seed, heldOut, privately, protocol, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            string from = parsed.GetValue(teacher)!.FullName;
            string to = parsed.GetValue(output)!.FullName;
            TrainingOptions Stage(Option<int> epochs, Option<double> rate) => new()
            {
                Epochs = parsed.GetValue(epochs),
                LearningRate = parsed.GetValue(rate),
                BatchSize = parsed.GetValue(batch),
                Seed = parsed.GetValue(seed),
            };
            var options = new DistillationOptions { Hidden = Stage(hiddenEpochs, hiddenRate), Logits = Stage(logitEpochs, logitRate) };
            Tokenizer tokenizer = TokenizerLoader.FromDirectory(from);
            IReadOnlyList<string> labels = (ModelConfig.FromDirectory(from) as BertConfig ?? throw new InvalidDataException($"{from}: only BERT classifiers can be distilled.")).Labels;
            IReadOnlyList<LabelledText> texts = SentenceFile.Encode(SentenceFile.Read(parsed.GetValue(data)!.FullName, labels), tokenizer);
            var progress = new Progress();
            Distiller.Distill(from, to, texts, options, progress, cancellationToken);
            progress.Clear();
            Console.WriteLine($"The student is in {to}.");
            if (parsed.GetValue(heldOut) is { } file)
            {
                await CompareAsync(
                    from, to, SentenceFile.Read(file.FullName, labels), tokenizer, parsed.GetValue(privately), ProtocolNames.Parse(parsed.GetValue(protocol)!), parsed.GetValue(json), cancellationToken);
            }

            return 0;
        });
        return command;
    }

    private static async Task CompareAsync(
        string teacher,
        string student,
        IReadOnlyList<LabelledSentence> sentences,
        Tokenizer tokenizer,
        int privately,
        MpcProtocol protocol,
        FileInfo? json,
        CancellationToken cancellationToken)
    {
        IReadOnlyList<LabelledText> texts = SentenceFile.Encode(sentences, tokenizer);
        double taught = PlaintextClassifier.FromDirectory(teacher).Accuracy(texts);
        double learnt = PlaintextClassifier.FromDirectory(student).Accuracy(texts);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"In the clear, right of {texts.Count} sentences: teacher {taught:P2}, student {learnt:P2}."));
        ClassifierEvaluation? shares = null;
        if (privately > 0)
        {
            var progress = new Progress();
            int count = Math.Min(privately, sentences.Count);
            shares = await ClassifierEvaluation.RunAsync(student, [.. sentences.Take(count)], protocol, progress.Of("on secret shares", count), cancellationToken);
            progress.Clear();
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"On secret shares, right of {shares.Sentences}: student {shares.Accuracy:P2} (in the clear {shares.PlaintextAccuracy:P2}; the same class for {shares.SameClass:P2}); a sentence takes {shares.Seconds:F3} s, {shares.Bytes / 1e6:F2} MB and {shares.Rounds:F0} rounds."));
        }

        if (json is not null)
        {
            var figures = new DistillFile
            {
                Sentences = texts.Count,
                TeacherAccuracy = taught,
                StudentAccuracy = learnt,
                PrivateSentences = shares?.Sentences,
                PrivateAccuracy = shares?.Accuracy,
                SameClass = shares?.SameClass,
                Seconds = shares?.Seconds,
                Bytes = shares?.Bytes,
                BytesOffline = shares?.BytesOffline,
                Rounds = shares?.Rounds,
            };
            await File.WriteAllTextAsync(json.FullName, JsonSerializer.Serialize(figures, DistillJson.Default.DistillFile) + "\n", cancellationToken);
        }
    }

    /// <summary>Progress of training and of evaluation on one line.</summary>
    private sealed class Progress : IProgress<TrainingProgress>
    {
        private readonly ConsoleProgress _line = new();

        public void Report(TrainingProgress value) => _line.Report(new InferenceProgress($"distilling: {value.Stage}", (double)value.Step / value.Steps));

        public IProgress<int> Of(string stage, int count) => new Counter(this, stage, count);

        public void Clear() => _line.Clear();

        private sealed class Counter(Progress line, string stage, int count) : IProgress<int>
        {
            public void Report(int value) => line._line.Report(new InferenceProgress(stage, (double)value / count));
        }
    }
}

/// <summary>What <c>distill --json</c> writes.</summary>
internal sealed class DistillFile
{
    public required int Sentences { get; init; }

    public required double TeacherAccuracy { get; init; }

    public required double StudentAccuracy { get; init; }

    public required int? PrivateSentences { get; init; }

    public required double? PrivateAccuracy { get; init; }

    public required double? SameClass { get; init; }

    public required double? Seconds { get; init; }

    public required double? Bytes { get; init; }

    public required double? BytesOffline { get; init; }

    public required double? Rounds { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(DistillFile))]
internal sealed partial class DistillJson : JsonSerializerContext;
