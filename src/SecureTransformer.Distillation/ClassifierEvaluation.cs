using SecureTransformer.Hosting;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Distillation;

/// <summary>How a classifier does on labelled sentences on secret shares, beside the same in plaintext: means of a sentence where nothing else is said.</summary>
public sealed class ClassifierEvaluation
{
    private ClassifierEvaluation()
    {
    }

    /// <summary>The protocol.</summary>
    public required MpcProtocol Protocol { get; init; }

    /// <summary>The number of sentences.</summary>
    public required int Sentences { get; init; }

    /// <summary>The share of sentences whose class on secret shares is their label.</summary>
    public required double Accuracy { get; init; }

    /// <summary>The share of the same sentences whose class in plaintext is their label.</summary>
    public required double PlaintextAccuracy { get; init; }

    /// <summary>The share of the same sentences whose class is the same on secret shares and in plaintext.</summary>
    public required double SameClass { get; init; }

    /// <summary>Seconds of a request, all parties in this process.</summary>
    public required double Seconds { get; init; }

    /// <summary>Bytes sent by all parties, the client and the dealer.</summary>
    public required double Bytes { get; init; }

    /// <summary>Of them those that do not depend on the sentence: a dealer's material.</summary>
    public required double BytesOffline { get; init; }

    /// <summary>Messages that depend on one another.</summary>
    public required double Rounds { get; init; }

    /// <summary>Classifies sentences one after another between parties in this process, after one request that is not counted.</summary>
    /// <param name="directory">The model directory.</param>
    /// <param name="sentences">The sentences.</param>
    /// <param name="protocol">The protocol, between its smallest number of parties.</param>
    /// <param name="progress">Is told how many sentences are done.</param>
    /// <param name="cancellationToken">Cancels between sentences or in the middle of one.</param>
    /// <exception cref="ArgumentException">There are no sentences.</exception>
    /// <exception cref="InvalidDataException">The model is damaged, or no BERT classifier.</exception>
    public static async Task<ClassifierEvaluation> RunAsync(
        string directory, IReadOnlyList<LabelledSentence> sentences, MpcProtocol protocol, IProgress<int>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(sentences);
        if (sentences.Count == 0)
        {
            throw new ArgumentException("There are no sentences to classify.", nameof(sentences));
        }

        int[] plain = PlaintextClassifier.FromDirectory(directory).Classify(SentenceFile.Encode(sentences, TokenizerLoader.FromDirectory(directory)));
        LocalCluster cluster = await LocalCluster.StartAsync(directory, new LocalClusterOptions { Protocol = protocol }, cancellationToken: cancellationToken).ConfigureAwait(false);
        await using (cluster.ConfigureAwait(false))
        {
            InferenceClient client = cluster.Connect();
            await using (client.ConfigureAwait(false))
            {
                return await RunAsync(client, sentences, plain, protocol, progress, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static async Task<ClassifierEvaluation> RunAsync(
        InferenceClient client, IReadOnlyList<LabelledSentence> sentences, int[] plain, MpcProtocol protocol, IProgress<int>? progress, CancellationToken cancellationToken)
    {
        // The first request compiles the code, and opens masked weights.
        await client.ClassifyAsync(sentences[0].Text, cancellationToken: cancellationToken).ConfigureAwait(false);
        var answers = new List<(int Class, Cost Cost)>();
        foreach (LabelledSentence sentence in sentences)
        {
            Classification answer = await client.ClassifyAsync(sentence.Text, cancellationToken: cancellationToken).ConfigureAwait(false);
            answers.Add((answer.Labels.ToList().IndexOf(answer.Label), answer.Cost));
            progress?.Report(answers.Count);
        }

        double Share(Func<int, bool> holds) => Enumerable.Range(0, sentences.Count).Count(holds) / (double)sentences.Count;
        return new ClassifierEvaluation
        {
            Protocol = protocol,
            Sentences = sentences.Count,
            Accuracy = Share(i => answers[i].Class == sentences[i].Label),
            PlaintextAccuracy = Share(i => plain[i] == sentences[i].Label),
            SameClass = Share(i => answers[i].Class == plain[i]),
            Seconds = answers.Average(a => a.Cost.Seconds),
            Bytes = answers.Average(a => (double)a.Cost.BytesTotal),
            BytesOffline = answers.Average(a => (double)a.Cost.BytesOffline),
            Rounds = answers.Average(a => (double)a.Cost.RoundsTotal),
        };
    }
}
