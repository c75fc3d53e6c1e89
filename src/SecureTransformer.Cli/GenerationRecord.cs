using System.Text;
using SecureTransformer.Generation;
using SecureTransformer.Hosting;

namespace SecureTransformer.Cli;

/// <summary>Answers as they come, and what their steps cost.</summary>
internal sealed class GenerationRecord
{
    private readonly List<int>[] _ids;
    private readonly StringBuilder[] _texts;
    private readonly List<Cost> _steps = [];
    private readonly HashSet<string> _faults = [];

    public GenerationRecord(int sequences)
    {
        _ids = [.. Enumerable.Range(0, sequences).Select(_ => new List<int>())];
        _texts = [.. Enumerable.Range(0, sequences).Select(_ => new StringBuilder())];
    }

    /// <summary>The cost of each step, for all sequences together; the first has the prompts in it.</summary>
    public IReadOnlyList<Cost> Steps => _steps;

    /// <summary>What parties did that steps were computed without, each once.</summary>
    public IReadOnlyCollection<string> Faults => _faults;

    /// <summary>The steps after the first.</summary>
    public IReadOnlyList<Cost> Decode => _steps[Math.Min(1, _steps.Count)..];

    public IReadOnlyList<int> IdsOf(int sequence) => _ids[sequence];

    public string TextOf(int sequence) => _texts[sequence].ToString();

    public void Add(GeneratedToken token)
    {
        _ids[token.Sequence].Add(token.Id);
        _texts[token.Sequence].Append(token.Text);
        _faults.UnionWith(token.Faults.Select(fault => fault.What));
        if (token.Index == _steps.Count)
        {
            _steps.Add(token.Cost);
        }
    }

    /// <summary>An answer with the cost of the run; without text where none is wanted.</summary>
    public GenerationReport ReportOf(int sequence, string name, bool full) => new()
    {
        Name = name,
        NewIds = IdsOf(sequence),
        Text = full ? TextOf(sequence) : null,
        SecondsPrefill = _steps.Count > 0 ? _steps[0].Seconds : 0,
        SecondsPerToken = Decode.Select(c => c.Seconds).DefaultIfEmpty().Average(),
        SecondsOfflinePrefill = _steps.Count > 0 ? _steps[0].SecondsOffline : 0,
        SecondsOfflinePerToken = Decode.Select(c => c.SecondsOffline).DefaultIfEmpty().Average(),
        BytesOfflinePrefill = _steps.Count > 0 ? _steps[0].BytesOffline : 0,
        BytesOfflinePerToken = (long)Math.Round(Decode.Select(c => (double)c.BytesOffline).DefaultIfEmpty().Average()),
        BytesPrefill = _steps.Count > 0 ? _steps[0].BytesTotal : 0,
        BytesPerToken = (long)Math.Round(Decode.Select(c => (double)c.BytesTotal).DefaultIfEmpty().Average()),
        RoundsPrefill = full ? _steps.Count > 0 ? _steps[0].RoundsTotal : 0 : null,
        RoundsPerToken = full ? Decode.Select(c => (double)c.RoundsTotal).DefaultIfEmpty().Average() : null,
    };
}
