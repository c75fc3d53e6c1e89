using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using SecureTransformer.Architectures;
using SecureTransformer.Distillation.Networks;
using SecureTransformer.Models;

namespace SecureTransformer.Distillation.Training;

/// <summary>A training in stages, each with an optimizer of its own, that can be stopped at any step and resumed.</summary>
internal sealed class StagedTraining
{
    private static readonly TimeSpan s_checkpointEvery = TimeSpan.FromSeconds(30);

    /// <summary>The student's shapes and functions.</summary>
    public required BertConfig Config { get; init; }

    /// <summary>The student's parameters, which training changes; with gradients.</summary>
    public required ParameterSet<float> Parameters { get; init; }

    /// <summary>The teacher; null without one.</summary>
    public (BertConfig Config, ParameterSet<float> Parameters)? Teacher { get; init; }

    /// <summary>What it learns from.</summary>
    public required IReadOnlyList<LabelledText> Texts { get; init; }

    public required IReadOnlyList<Stage> Stages { get; init; }

    /// <summary>The folder of checkpoints; null for none.</summary>
    public string? CheckpointDirectory { get; init; }

    /// <summary>Runs what is left of all stages.</summary>
    /// <exception cref="OperationCanceledException">Cancelled, after a checkpoint of the last step was written.</exception>
    public void Run(IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        Checkpoint? checkpoint = CheckpointDirectory is { } directory ? new Checkpoint(directory, Digest(), new BertArchitecture(Config)) : null;
        Trainer? resumed = null;
        int first = checkpoint?.Read(Parameters, stage => (resumed = Create(RequireStage(stage))).Optimizer) ?? 0;
        for (int i = first; i < Stages.Count; i++)
        {
            using Trainer trainer = resumed ?? Create(Stages[i]);
            resumed = null;
            RunStage(i, trainer, checkpoint, progress, cancellationToken);
        }
    }

    /// <summary>Removes the checkpoint, when what came out is kept elsewhere.</summary>
    public void RemoveCheckpoint()
    {
        if (CheckpointDirectory is { } directory)
        {
            new Checkpoint(directory, "", new BertArchitecture(Config)).Remove();
        }
    }

    private Stage RequireStage(int stage) =>
        stage < Stages.Count ? Stages[stage] : throw new InvalidDataException($"{CheckpointDirectory}: the checkpoint is of stage {stage}; there are {Stages.Count}.");

    private Trainer Create(Stage stage) => new(Config, Parameters, Teacher, Texts, stage.Objective, stage.Options);

    private void RunStage(int index, Trainer trainer, Checkpoint? checkpoint, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        long begun = Stopwatch.GetTimestamp();
        long written = begun;
        double loss = 0;
        while (trainer.Optimizer.Steps < trainer.Steps)
        {
            if (cancellationToken.IsCancellationRequested)
            {
                checkpoint?.Write(Parameters, trainer.Optimizer, index);
                cancellationToken.ThrowIfCancellationRequested();
            }

            double now = trainer.Step();
            if (!double.IsFinite(now))
            {
                throw new InvalidOperationException($"The stage '{Stages[index].Name}' diverged at step {trainer.Optimizer.Steps}: take a smaller learning rate than {Stages[index].Options.LearningRate}.");
            }

            loss = loss == 0 ? now : (0.98 * loss) + (0.02 * now);
            progress?.Report(new TrainingProgress
            {
                Stage = Stages[index].Name,
                Step = trainer.Optimizer.Steps,
                Steps = trainer.Steps,
                Loss = loss,
                Seconds = Stopwatch.GetElapsedTime(begun).TotalSeconds,
            });
            if (checkpoint is not null && Stopwatch.GetElapsedTime(written) >= s_checkpointEvery)
            {
                checkpoint.Write(Parameters, trainer.Optimizer, index);
                written = Stopwatch.GetTimestamp();
            }
        }
    }

    /// <summary>What the training is of; the number of threads, which changes nothing, is left out.</summary>
    private string Digest()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Config.ToJson());
        hash.AppendData(Teacher?.Config.ToJson() ?? []);
        foreach (Differentiation.Variable<float> value in Teacher?.Parameters.Values ?? [])
        {
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(value.Values));
        }

        foreach (Stage stage in Stages)
        {
            TrainingOptions o = stage.Options;
            Append($"{stage.Name}; {o.Epochs}; {o.BatchSize}; {o.LearningRate:R}; {o.WeightDecay:R}; {o.GradientNorm:R}; {o.Seed}\n");
        }

        foreach (LabelledText text in Texts)
        {
            Append($"{text.Label}: {string.Join(',', text.Tokens)}\n");
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());

        void Append(FormattableString line) => hash.AppendData(Encoding.UTF8.GetBytes(line.ToString(CultureInfo.InvariantCulture)));
    }
}
