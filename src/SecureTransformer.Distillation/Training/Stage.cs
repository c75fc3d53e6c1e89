namespace SecureTransformer.Distillation.Training;

/// <summary>A stage of a training: its name, what becomes small, and how.</summary>
internal sealed record Stage(string Name, Objective Objective, TrainingOptions Options);
