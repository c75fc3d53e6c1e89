using SecureTransformer.Distillation.Differentiation;
using SecureTransformer.Distillation.Networks;

namespace SecureTransformer.Distillation.Training;

/// <summary>What a stage of training makes small: a number for a few texts, from the student's forward pass and, where there is one, the teacher's.</summary>
/// <param name="tape">Where the computation is noted.</param>
/// <param name="student">The student's pass.</param>
/// <param name="teacher">The teacher's pass on the same texts; null without a teacher.</param>
/// <param name="batch">The texts.</param>
internal delegate Variable<float> Objective(Tape<float> tape, BertActivations<float> student, BertActivations<float>? teacher, TextBatch batch);

/// <summary>The objectives of teachers and of MPCFormer's two stages.</summary>
internal static class Objectives
{
    /// <summary>Cross-entropy with the labels: how a teacher is trained.</summary>
    public static Variable<float> Labels(Tape<float> tape, BertActivations<float> student, BertActivations<float>? teacher, TextBatch batch) =>
        tape.CrossEntropy(student.Logits, batch.Labels);

    /// <summary>
    /// Stage one (Li et al., arXiv 2211.01452, section 3.3, after Jiao et al., TinyBERT, 2020, section 3): the mean squared errors of the embedding, of each block's output and of
    /// each block's attention scores.
    /// </summary>
    public static Variable<float> Hidden(Tape<float> tape, BertActivations<float> student, BertActivations<float>? teacher, TextBatch batch)
    {
        ArgumentNullException.ThrowIfNull(teacher);
        var terms = new List<(Variable<float>, double)> { (tape.MeanSquaredError(student.Embedding, teacher.Embedding.Array), 1) };
        for (int i = 0; i < student.Hidden.Count; i++)
        {
            terms.Add((tape.MeanSquaredError(student.Hidden[i], teacher.Hidden[i].Array), 1));
            terms.Add((tape.MeanSquaredError(student.Scores[i], teacher.Scores[i].Array), 1));
        }

        return tape.WeightedSum([.. terms]);
    }

    /// <summary>Stage two: cross-entropy with the teacher's probabilities.</summary>
    public static Variable<float> Logits(Tape<float> tape, BertActivations<float> student, BertActivations<float>? teacher, TextBatch batch)
    {
        ArgumentNullException.ThrowIfNull(teacher);
        var probabilities = new float[teacher.Logits.Count];
        for (int i = 0; i < teacher.Logits.Rows; i++)
        {
            System.Numerics.Tensors.TensorPrimitives.SoftMax(teacher.Logits.Row(i), probabilities.AsSpan(i * teacher.Logits.Columns, teacher.Logits.Columns));
        }

        return tape.SoftCrossEntropy(student.Logits, probabilities);
    }
}
