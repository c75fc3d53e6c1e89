using SecureTransformer.Distillation.Networks;
using SecureTransformer.Models;

namespace SecureTransformer.Distillation;

public sealed class TrainingTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("distillation-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_resumed_training_equals_an_uninterrupted_one_bit_for_bit()
    {
        IReadOnlyList<LabelledText> texts = Texts(120);
        Distiller.TrainTeacher(At("whole"), Tokenizer(), texts, TriageSentences.Labels, Small(1));

        using var stop = new CancellationTokenSource();
        var some = new Progress(p =>
        {
            if (p.Step == 7)
            {
                stop.Cancel();
            }
        });
        Assert.Throws<OperationCanceledException>(() => Distiller.TrainTeacher(At("parts"), Tokenizer(), texts, TriageSentences.Labels, Small(2), some, stop.Token));
        Assert.False(File.Exists(Path.Combine(At("parts"), "model.safetensors")));
        var first = 0;
        Distiller.TrainTeacher(At("parts"), Tokenizer(), texts, TriageSentences.Labels, Small(1), new Progress(p => first = first == 0 ? p.Step : first));
        Assert.Equal(8, first);
        Assert.Equal(File.ReadAllBytes(Path.Combine(At("whole"), "model.safetensors")), File.ReadAllBytes(Path.Combine(At("parts"), "model.safetensors")));
        Assert.False(Directory.Exists(Path.Combine(At("parts"), "checkpoint")));
    }

    [Fact]
    public void A_resumed_distillation_equals_an_uninterrupted_one_bit_for_bit()
    {
        IReadOnlyList<LabelledText> texts = Texts(100);
        Distiller.TrainTeacher(At("teacher"), Tokenizer(), texts, TriageSentences.Labels, Small(2));
        Distiller.Distill(At("teacher"), At("whole"), texts, Stages(), null);
        foreach (int step in (int[])[3, 8, 11])
        {
            using var stop = new CancellationTokenSource();
            int seen = 0;
            var some = new Progress(_ =>
            {
                if (++seen == step)
                {
                    stop.Cancel();
                }
            });
            Assert.ThrowsAny<OperationCanceledException>(() => Distiller.Distill(At("teacher"), At($"parts{step}"), texts, Stages(), some, stop.Token));
            Distiller.Distill(At("teacher"), At($"parts{step}"), texts, Stages());
            Assert.Equal(File.ReadAllBytes(Path.Combine(At("whole"), "model.safetensors")), File.ReadAllBytes(Path.Combine(At($"parts{step}"), "model.safetensors")));
        }

        var config = (BertConfig)ModelConfig.FromDirectory(At("whole"));
        Assert.Equal((Activation.Quad, AttentionFunction.TwoQuad), (config.HiddenAct, config.SoftmaxAct));
    }

    [Fact]
    public void A_checkpoint_of_another_training_is_refused()
    {
        IReadOnlyList<LabelledText> texts = Texts(60);
        using var stop = new CancellationTokenSource();
        Assert.Throws<OperationCanceledException>(
            () => Distiller.TrainTeacher(At("a"), Tokenizer(), texts, TriageSentences.Labels, Small(1), new Progress(_ => stop.Cancel()), stop.Token));
        Assert.Contains(
            "another training",
            Assert.Throws<InvalidDataException>(() => Distiller.TrainTeacher(At("a"), Tokenizer(), [.. texts.Skip(1)], TriageSentences.Labels, Small(1))).Message,
            StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(At("a"), "checkpoint", "state.json"), "{}");
        Assert.Throws<InvalidDataException>(() => Distiller.TrainTeacher(At("a"), Tokenizer(), texts, TriageSentences.Labels, Small(1)));
    }

    [Fact]
    public void Training_learns_what_can_be_learnt()
    {
        // The class is whether a word is there.
        IReadOnlyList<LabelledText> texts = [.. Enumerable.Range(0, 256).Select(i => new LabelledText([2, 7 + (i % 5), i % 2 == 0 ? 20 : 21, 3], i % 2))];
        Distiller.TrainTeacher(At("words"), Tokenizer(), texts, TriageSentences.Labels, new TeacherOptions
        {
            Layers = 1, HiddenSize = 16, Heads = 2, IntermediateSize = 32, Training = new TrainingOptions { Epochs = 6, LearningRate = 5e-3, BatchSize = 16 },
        });
        Assert.Equal(1, PlaintextClassifier.FromDirectory(At("words")).Accuracy(texts));
    }

    [Fact]
    public void Texts_and_options_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentException>(() => Train([]));
        Assert.Contains("tokens", Assert.Throws<ArgumentException>(() => Train([new([], 0)])).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => Train([new(new int[100], 0)]));
        Assert.Throws<ArgumentException>(() => Train([new([1_000_000], 0)]));
        Assert.Throws<ArgumentException>(() => Train([new([1], 2)]));
        Assert.Throws<ArgumentException>(() => new TrainingOptions { LearningRate = 0 }.Validate());
        Assert.Throws<ArgumentException>(() => new TrainingOptions { WeightDecay = double.NaN }.Validate());

        void Train(IReadOnlyList<LabelledText> texts) => Distiller.TrainTeacher(At("none"), Tokenizer(), texts, TriageSentences.Labels, Small(1));
    }

    private static TeacherOptions Small(int threads) => new()
    {
        Layers = 1,
        HiddenSize = 16,
        Heads = 2,
        IntermediateSize = 32,
        Training = new TrainingOptions { Epochs = 4, BatchSize = 24, LearningRate = 1e-3, MaxDegreeOfParallelism = threads },
    };

    private static DistillationOptions Stages() => new()
    {
        Hidden = new TrainingOptions { Epochs = 2, BatchSize = 20 },
        Logits = new TrainingOptions { Epochs = 1, BatchSize = 20 },
    };

    private IReadOnlyList<LabelledText> Texts(int count) => SentenceFile.Encode(TriageSentences.Generate(5, count), TokenizerLoader.FromDirectory(Tokenizer()));

    private string Tokenizer()
    {
        string directory = At("tokenizer");
        Directory.CreateDirectory(directory);
        File.WriteAllLines(Path.Combine(directory, "vocab.txt"), TriageSentences.Vocabulary());
        return directory;
    }

    private string At(string name) => Path.Combine(_directory, name);

    private sealed class Progress(Action<TrainingProgress> report) : IProgress<TrainingProgress>
    {
        public void Report(TrainingProgress value) => report(value);
    }
}
