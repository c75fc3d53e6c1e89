using SecureTransformer.Distillation;
using SecureTransformer.Hosting;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace DistilledTriage;

/// <summary>A model's line of the table.</summary>
/// <param name="Model">Its name.</param>
/// <param name="Functions">Its activation and what makes its attention's probabilities.</param>
/// <param name="Accuracy">On all held-out sentences, in plaintext.</param>
/// <param name="Private">By protocol.</param>
internal sealed record Row(string Model, string Functions, double Accuracy, IReadOnlyList<PrivateRow> Private);

/// <summary>What a model did on secret shares: means of a sentence.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="Accuracy">On the sentences that were classified privately.</param>
/// <param name="PlaintextAccuracy">On the same sentences in plaintext.</param>
/// <param name="SameLabel">The share of them with the plaintext's label.</param>
/// <param name="Seconds">Of a request.</param>
/// <param name="Bytes">Of all parties, the client and the dealer.</param>
/// <param name="OfflineBytes">Of them, what does not depend on the sentence.</param>
/// <param name="Rounds">Messages that depend on one another.</param>
internal sealed record PrivateRow(string Protocol, double Accuracy, double PlaintextAccuracy, double SameLabel, double Seconds, double Bytes, double OfflineBytes, double Rounds);

/// <summary>Classifies held-out sentences in plaintext and on secret shares.</summary>
internal static class Evaluation
{
    public static async Task<Row> RunAsync(
        string name, string directory, IReadOnlyList<LabelledSentence> heldOut, int privately, IReadOnlyList<MpcProtocol> protocols, CancellationToken cancellationToken)
    {
        PlaintextClassifier plain = PlaintextClassifier.FromDirectory(directory);
        IReadOnlyList<LabelledText> texts = SentenceFile.Encode(heldOut, TokenizerLoader.FromDirectory(directory));
        int[] classes = plain.Classify(texts);
        double accuracy = classes.Zip(texts).Count(pair => pair.First == pair.Second.Label) / (double)texts.Count;
        var rows = new List<PrivateRow>();
        foreach (MpcProtocol protocol in protocols)
        {
            rows.Add(await PrivateAsync(name, directory, [.. heldOut.Take(privately)], classes, protocol, cancellationToken));
        }

        return new Row(name, $"{plain.Config.HiddenAct} / {plain.Config.SoftmaxAct}", accuracy, rows);
    }

    private static async Task<PrivateRow> PrivateAsync(
        string name, string directory, IReadOnlyList<LabelledSentence> sentences, int[] plain, MpcProtocol protocol, CancellationToken cancellationToken)
    {
        await using LocalCluster cluster = await LocalCluster.StartAsync(directory, new LocalClusterOptions { Protocol = protocol }, cancellationToken: cancellationToken);
        await using InferenceClient client = cluster.Connect();
        await client.ClassifyAsync(sentences[0].Text, cancellationToken: cancellationToken); // The first request compiles the code and opens masked weights.
        (int right, int rightInPlaintext, int same) = (0, 0, 0);
        (double seconds, double bytes, double offline, double rounds) = (0, 0, 0, 0);
        for (int i = 0; i < sentences.Count; i++)
        {
            Classification answer = await client.ClassifyAsync(sentences[i].Text, cancellationToken: cancellationToken);
            int label = Enumerable.Range(0, answer.Labels.Count).First(l => answer.Labels[l] == answer.Label);
            right += label == sentences[i].Label ? 1 : 0;
            rightInPlaintext += plain[i] == sentences[i].Label ? 1 : 0;
            same += label == plain[i] ? 1 : 0;
            seconds += answer.Cost.Seconds;
            bytes += answer.Cost.BytesTotal;
            offline += answer.Cost.BytesOffline;
            rounds += answer.Cost.RoundsTotal;
            if ((i + 1) % 100 == 0)
            {
                Console.Error.WriteLine($"{name}, {protocol}: {i + 1} of {sentences.Count} sentences");
            }
        }

        double n = sentences.Count;
        return new PrivateRow(protocol.ToString(), right / n, rightInPlaintext / n, same / n, seconds / n, bytes / n, offline / n, rounds / n);
    }
}
