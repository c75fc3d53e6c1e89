using SecureTransformer.Distillation;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace DistilledTriage;

/// <summary>A model's lines of the table.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Functions">Its activation and what makes its attention's probabilities.</param>
/// <param name="Accuracy">On all held-out sentences, in plaintext.</param>
/// <param name="Private">By protocol.</param>
internal sealed record Row(string Model, string Functions, double Accuracy, IReadOnlyList<ClassifierEvaluation> Private);

/// <summary>Classifies held-out sentences in plaintext and on secret shares.</summary>
internal static class Evaluation
{
    public static async Task<Row> RunAsync(
        string name, string directory, IReadOnlyList<LabelledSentence> heldOut, int privately, IReadOnlyList<MpcProtocol> protocols, CancellationToken cancellationToken)
    {
        PlaintextClassifier plain = PlaintextClassifier.FromDirectory(directory);
        double accuracy = plain.Accuracy(SentenceFile.Encode(heldOut, TokenizerLoader.FromDirectory(directory)));
        var rows = new List<ClassifierEvaluation>();
        foreach (MpcProtocol protocol in protocols)
        {
            using var line = new ProgressLine($"{name}, {protocol}", privately);
            rows.Add(await ClassifierEvaluation.RunAsync(directory, [.. heldOut.Take(privately)], protocol, line, cancellationToken));
        }

        return new Row(name, $"{plain.Config.HiddenAct} / {plain.Config.SoftmaxAct}", accuracy, rows);
    }
}
