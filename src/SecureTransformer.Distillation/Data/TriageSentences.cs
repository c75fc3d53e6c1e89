using SecureTransformer.Distillation.Networks;
using SecureTransformer.Numerics;

namespace SecureTransformer.Distillation;

/// <summary>
/// A grammar of sentences as callers to a surgery might say them, each with a class: routine or urgent. The class follows a score of what is complained of, how badly, since when,
/// what is denied and what comes together, and a draw around it: the same words may be either, so that no reader is always right. A toy without medical meaning.
/// </summary>
public static class TriageSentences
{
    private const ulong Purpose = 0x747269616765;

    // How far the draw lies from the score, and the score above which it is urgent.
    private const double Spread = 0.07;
    private const double Threshold = 0.85;

    private static readonly (string Words, double Weight)[] s_callers =
    [
        ("i have", 0), ("my father has", 0.1), ("my mother has", 0.1), ("my son has", 0.1), ("my daughter has", 0.1), ("an elderly neighbour has", 0.35),
        ("a young man has", -0.05), ("the patient reports", 0), ("a pregnant woman has", 0.35), ("my grandfather has", 0.35), ("a colleague has", 0), ("the baby has", 0.45),
    ];

    private static readonly (string Words, double Weight)[] s_complaints =
    [
        ("chest pain", 1.3), ("shortness of breath", 1.2), ("a headache", 0.35), ("a rash", 0.1), ("a sore throat", 0.05), ("a fever", 0.5), ("a nosebleed", 0.35),
        ("dizziness", 0.6), ("numbness in one arm", 1.4), ("a cough", 0.1), ("back pain", 0.2), ("abdominal pain", 0.7), ("blurred vision", 0.9), ("a swollen ankle", 0.1),
        ("confusion", 1.2), ("vomiting", 0.5), ("an earache", 0.05), ("palpitations", 0.8), ("a stiff neck", 0.6), ("itching", 0), ("a deep cut", 0.9), ("a blister", 0),
        ("trouble speaking", 1.4), ("a swollen face", 1), ("knee pain", 0.1), ("a runny nose", 0), ("trouble sleeping", 0.05), ("a burn", 0.7),
    ];

    private static readonly (string Words, double Factor)[] s_grades =
    [
        ("", 1), ("", 1), ("severe", 1.5), ("mild", 0.45), ("slight", 0.4), ("sudden", 1.3), ("worsening", 1.35), ("occasional", 0.55), ("terrible", 1.5), ("some", 0.75),
    ];

    private static readonly (string Words, double Factor)[] s_times =
    [
        ("", 1), ("", 1), ("for ten minutes", 1.3), ("since this morning", 1.15), ("for an hour", 1.2), ("for three weeks", 0.6), ("for years", 0.35), ("since last night", 1.1),
        ("that is gone now", 0.2), ("that keeps getting better", 0.35), ("that keeps coming back", 0.9), ("at rest", 1.25), ("only after running", 0.75), ("after a fall", 1.2),
    ];

    private static readonly string[] s_denials = ["but no", "without", "and denies", "not with"];
    private static readonly string[] s_joins = ["and", "together with", "along with", "and also"];

    private static readonly (string Words, double Weight)[] s_endings =
    [
        ("", 0), ("", 0), ("", 0), ("and wants a repeat prescription", -0.4), ("and feels well otherwise", -0.35), ("and cannot stand up", 0.6), ("and takes blood thinners", 0.3),
        ("and has had heart trouble before", 0.35), ("and asks for an appointment next week", -0.4), ("and looks very pale", 0.5), ("and is eating and drinking", -0.3), ("and nothing helps", 0.25),
    ];

    // Complaints that are worse together than apart.
    private static readonly (string First, string Second, double Weight)[] s_together =
    [
        ("a fever", "a stiff neck", 0.8), ("chest pain", "shortness of breath", 0.5), ("a headache", "blurred vision", 0.6), ("a headache", "confusion", 0.5),
        ("a rash", "a fever", 0.5), ("a rash", "a swollen face", 0.6), ("vomiting", "a headache", 0.4), ("dizziness", "palpitations", 0.5), ("back pain", "numbness in one arm", 0.3),
    ];

    /// <summary>The names of the classes.</summary>
    public static IReadOnlyList<string> Labels { get; } = ["routine", "urgent"];

    /// <summary>Sentences, the same for a seed everywhere; longer runs begin with shorter ones.</summary>
    /// <param name="seed">Where they come from: different seeds share sentences only by chance.</param>
    /// <param name="count">How many.</param>
    public static IReadOnlyList<LabelledSentence> Generate(long seed, int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        using AesCtrPrg random = RandomSource.Create(seed, Purpose);
        var sentences = new LabelledSentence[count];
        for (int i = 0; i < count; i++)
        {
            sentences[i] = Next(random);
        }

        return sentences;
    }

    /// <summary>The words of the grammar and BERT's special tokens, in the order of a vocab.txt.</summary>
    public static IReadOnlyList<string> Vocabulary()
    {
        IEnumerable<string> phrases = s_callers.Select(p => p.Words).Concat(s_complaints.Select(p => p.Words)).Concat(s_grades.Select(p => p.Words)).Concat(s_times.Select(p => p.Words))
            .Concat(s_denials).Concat(s_joins).Concat(s_endings.Select(p => p.Words)).Append("a an .");
        return ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", .. phrases.SelectMany(p => p.Split(' ', StringSplitOptions.RemoveEmptyEntries)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    private static LabelledSentence Next(AesCtrPrg random)
    {
        (string caller, double score) = Pick(random, s_callers);
        var parts = new List<string> { caller };
        int complaints = 1 + RandomSource.Below(random, 3);
        var present = new List<string>();
        for (int i = 0; i < complaints; i++)
        {
            (string complaint, double weight) = Pick(random, s_complaints);
            bool denied = i > 0 && RandomSource.Below(random, 3) == 0;
            if (i > 0)
            {
                parts.Add(denied ? Pick(random, s_denials) : Pick(random, s_joins));
            }

            (string grade, double graded) = denied ? ("", 0) : Pick(random, s_grades);
            (string time, double timed) = denied || RandomSource.Below(random, 2) == 0 ? ("", 1) : Pick(random, s_times);
            parts.Add(grade.Length == 0 ? complaint : $"{grade} {Bare(complaint)}");
            parts.Add(time);
            score += denied ? -0.15 * weight : weight * graded * timed;
            if (!denied && timed > 0.3)
            {
                foreach (string other in present)
                {
                    score += s_together.Where(t => (t.First == complaint && t.Second == other) || (t.First == other && t.Second == complaint)).Sum(t => t.Weight);
                }

                present.Add(complaint);
            }
        }

        (string ending, double last) = Pick(random, s_endings);
        parts.Add(ending);
        score += last;
        double draw = Math.Log(1 / (1 - RandomSource.Uniform(random)) - 1 + 1e-300);
        int label = score - (Spread * draw) > Threshold ? 1 : 0;
        return new LabelledSentence(string.Join(' ', parts.Where(p => p.Length > 0)) + " .", label);
    }

    /// <summary>Without its article, which a grade takes the place of.</summary>
    private static string Bare(string complaint) => complaint.StartsWith("a ", StringComparison.Ordinal) ? complaint[2..] : complaint.StartsWith("an ", StringComparison.Ordinal) ? complaint[3..] : complaint;

    private static TItem Pick<TItem>(AesCtrPrg random, TItem[] items) => items[RandomSource.Below(random, items.Length)];
}
