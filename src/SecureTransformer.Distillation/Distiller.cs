using SecureTransformer.Architectures;
using SecureTransformer.Distillation.Networks;
using SecureTransformer.Distillation.Training;
using SecureTransformer.Models;
using SecureTransformer.Numerics;

namespace SecureTransformer.Distillation;

/// <summary>
/// MPCFormer's method (Li et al., ICLR 2023, arXiv 2211.01452): a teacher's nonlinear functions are replaced by quadratic ones, which cost little under MPC, and the student is
/// trained to do as the teacher does. In plaintext, on the processor, for small models; results depend neither on the number of threads nor on interruptions.
/// </summary>
public static class Distiller
{
    private const ulong BeginningPurpose = 1;
    private const string Checkpoints = "checkpoint";

    /// <summary>Trains a BERT classifier from nothing and writes it as a model directory.</summary>
    /// <param name="directory">The model directory to write; a checkpoint in it is resumed.</param>
    /// <param name="tokenizerDirectory">A directory with the tokenizer, which is copied.</param>
    /// <param name="texts">What it learns from.</param>
    /// <param name="labels">The names of the classes.</param>
    /// <param name="options">Shapes and training.</param>
    /// <param name="progress">Is told of each step.</param>
    /// <param name="cancellationToken">Stops after a checkpoint.</param>
    /// <exception cref="ArgumentException">Options are out of range, or a text does not fit.</exception>
    /// <exception cref="InvalidDataException">The tokenizer or a checkpoint is damaged or of another training.</exception>
    public static void TrainTeacher(
        string directory,
        string tokenizerDirectory,
        IReadOnlyList<LabelledText> texts,
        IReadOnlyList<string> labels,
        TeacherOptions options,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(labels);
        ArgumentNullException.ThrowIfNull(options);
        options.Training.Validate();
        var config = new BertConfig
        {
            Architectures = ["BertForSequenceClassification"],
            VocabSize = TokenizerLoader.FromDirectory(tokenizerDirectory).VocabularySize,
            HiddenSize = options.HiddenSize,
            NumHiddenLayers = options.Layers,
            NumAttentionHeads = options.Heads,
            IntermediateSize = options.IntermediateSize,
            MaxPositionEmbeddings = options.MaxTokens,
            HiddenAct = Activation.GeluTanh,
            Labels = labels,
        };
        config.Validate();
        RequireTexts(texts, config);
        ParameterSet<float> parameters = ParameterSet<float>.Create(new BertArchitecture(config), differentiated: true);
        using (AesCtrPrg random = RandomSource.Create(options.Training.Seed, BeginningPurpose))
        {
            parameters.Initialize(random);
        }

        Run(directory, new StagedTraining
        {
            Config = config,
            Parameters = parameters,
            Texts = texts,
            Stages = [new Stage("teacher", Objectives.Labels, options.Training)],
            CheckpointDirectory = Path.Combine(directory, Checkpoints),
        }, tokenizerDirectory, progress, cancellationToken);
    }

    /// <summary>Writes the student before its training: the teacher's weights under other functions.</summary>
    /// <param name="teacherDirectory">The teacher's model directory.</param>
    /// <param name="directory">The model directory to write.</param>
    /// <param name="options">The student's functions.</param>
    /// <exception cref="InvalidDataException">The teacher is no BERT classifier, or a file is damaged.</exception>
    public static void WriteUndistilled(string teacherDirectory, string directory, DistillationOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        (BertConfig teacher, ParameterSet<float> parameters) = ModelFiles.Read(teacherDirectory);
        ModelFiles.Write(directory, teacher.WithFunctions(options.HiddenAct, options.SoftmaxAct), parameters, teacherDirectory);
    }

    /// <summary>
    /// Distills a teacher: the student begins with the teacher's weights under other functions; stage one makes its embedding, hidden states and attention scores like the
    /// teacher's, stage two its logits.
    /// </summary>
    /// <param name="teacherDirectory">The teacher's model directory.</param>
    /// <param name="directory">The model directory to write; a checkpoint in it is resumed.</param>
    /// <param name="texts">Texts such as the model is for; their labels are not looked at.</param>
    /// <param name="options">The student's functions and the stages.</param>
    /// <param name="progress">Is told of each step.</param>
    /// <param name="cancellationToken">Stops after a checkpoint.</param>
    /// <exception cref="ArgumentException">Options are out of range, or a text does not fit.</exception>
    /// <exception cref="InvalidDataException">The teacher is no BERT classifier, a file is damaged, or a checkpoint is of another training.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; a checkpoint was written.</exception>
    public static void Distill(
        string teacherDirectory,
        string directory,
        IReadOnlyList<LabelledText> texts,
        DistillationOptions options,
        IProgress<TrainingProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(options);
        options.Hidden.Validate();
        options.Logits.Validate();
        (BertConfig teacher, ParameterSet<float> parameters) = ModelFiles.Read(teacherDirectory);
        RequireTexts(texts, teacher);
        ParameterSet<float> student = ParameterSet<float>.Create(new BertArchitecture(teacher), differentiated: true);
        for (int i = 0; i < student.Values.Count; i++)
        {
            parameters.Values[i].Values.CopyTo(student.Values[i].Values);
        }

        Run(directory, new StagedTraining
        {
            Config = teacher.WithFunctions(options.HiddenAct, options.SoftmaxAct),
            Parameters = student,
            Teacher = (teacher, parameters),
            Texts = texts,
            Stages = [new Stage("hidden states and attention", Objectives.Hidden, options.Hidden), new Stage("logits", Objectives.Logits, options.Logits)],
            CheckpointDirectory = Path.Combine(directory, Checkpoints),
        }, teacherDirectory, progress, cancellationToken);
    }

    private static void Run(string directory, StagedTraining training, string tokenizerOf, IProgress<TrainingProgress>? progress, CancellationToken cancellationToken)
    {
        training.Run(progress, cancellationToken);
        ModelFiles.Write(directory, training.Config, training.Parameters, tokenizerOf);
        training.RemoveCheckpoint();
    }

    private static void RequireTexts(IReadOnlyList<LabelledText> texts, BertConfig config)
    {
        if (texts.Count == 0)
        {
            throw new ArgumentException("There are no texts to learn from.", nameof(texts));
        }

        for (int i = 0; i < texts.Count; i++)
        {
            (int[] tokens, int label) = texts[i];
            if (tokens.Length == 0 || tokens.Length > config.MaxPositionEmbeddings)
            {
                throw new ArgumentException($"Text {i} has {tokens.Length} tokens; the model takes 1 to {config.MaxPositionEmbeddings}.", nameof(texts));
            }

            if (tokens.Any(token => token < 0 || token >= config.VocabSize) || label < 0 || label >= config.NumLabels)
            {
                throw new ArgumentException($"Text {i} has a token or a class that the model, with {config.VocabSize} tokens and {config.NumLabels} classes, does not have.", nameof(texts));
            }
        }
    }
}
