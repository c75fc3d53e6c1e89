using SecureTransformer.Protocols;

namespace SecureTransformer.Calibration;

/// <summary>Keeps the narrowest range of each kind of operation in each scope, in the order in which they came first.</summary>
internal sealed class RangeRecorder : IRangeObserver
{
    private readonly Dictionary<(string?, string), int> _places = [];
    private readonly List<OperationRange> _ranges = [];
    private int? _firstOverflow;

    public IReadOnlyList<OperationRange> Ranges => _ranges.AsReadOnly();

    /// <summary>The range that was left first; null where none was.</summary>
    public OperationRange? FirstOverflow => _firstOverflow is { } place ? _ranges[place] : null;

    public void Observe(OperationRange range)
    {
        if (!_places.TryGetValue((range.Scope, range.Operation), out int place))
        {
            place = _ranges.Count;
            _places.Add((range.Scope, range.Operation), place);
            _ranges.Add(range);
        }
        else if (range.HeadroomBits < _ranges[place].HeadroomBits)
        {
            _ranges[place] = range;
        }

        if (!range.Fits)
        {
            _firstOverflow ??= place;
        }
    }
}
