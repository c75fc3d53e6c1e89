using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Estimates;

/// <summary>
/// Plays operations through, frame by frame: each place has a time and a logical clock, and each direction between two places a time until which it is busy. A place computes,
/// sends, and waits for frames in the order in which the operation's program does, so that what overlaps in a run overlaps here.
/// </summary>
internal sealed class RunTimeline
{
    private const double HeaderBits = 8 * 32;

    private readonly NetworkConditions? _network;
    private readonly MachineRates? _rates;
    private readonly int _parties;
    private readonly double[] _times;
    private readonly int[] _clocks;
    private readonly double[] _busyUntil;

    /// <summary>At time zero, with all clocks equal.</summary>
    /// <param name="parties">The number of parties; a client takes the place after them.</param>
    /// <param name="network">Delay and bandwidth; null for neither.</param>
    /// <param name="rates">What computing takes; null for nothing.</param>
    public RunTimeline(int parties, NetworkConditions? network = null, MachineRates? rates = null)
    {
        _network = network;
        _rates = rates;
        _parties = parties;
        _times = new double[parties + 1];
        _clocks = new int[parties + 1];
        _busyUntil = new double[(parties + 1) * (parties + 1)];
    }

    /// <summary>Seconds until the last place is done.</summary>
    public double Seconds => _times.Max();

    /// <summary>The longest chain of messages so far.</summary>
    public int Rounds => _clocks.Max();

    /// <summary>The clock of a place.</summary>
    public int ClockOf(int place) => _clocks[place];

    public void Run(EstimatedOperation operation)
    {
        OperationMessages messages = operation.Messages;
        (double before, double spread, double client) = SecondsOf(operation.Work);
        int steps = messages.Steps.Count;
        int parts = messages.Parts;
        double share = spread / ((steps + 1) * parts);
        MessageStep? last = null;
        Arrival[] arrivals = [];
        for (int s = 0; s <= steps; s++)
        {
            MessageStep? step = s < steps ? messages.Steps[s] : null;
            var sent = new Arrival[(step?.Messages.Length ?? 0) * parts];
            for (int place = 0; place <= _parties; place++)
            {
                if (step is not { Follows: true })
                {
                    for (int part = 0; part < parts; part++)
                    {
                        Receive(place, part);
                    }
                }

                for (int part = 0; part < parts; part++)
                {
                    if (step is { Follows: true })
                    {
                        Receive(place, part);
                    }

                    _times[place] += (place < _parties ? share : 0) + (s > 0 ? 0 : (place == _parties ? client : before) / parts);
                    foreach (int m in step is null ? [] : step.From(place))
                    {
                        sent[(m * parts) + part] = Send(step!.Messages[m], parts, messages.IsOffline);
                    }
                }
            }

            (last, arrivals) = (step, sent);
        }

        void Receive(int place, int part)
        {
            foreach (int m in last is null ? [] : last.To(place))
            {
                Arrival arrival = arrivals[(m * parts) + part];
                _times[place] = Math.Max(_times[place], arrival.Time) + (_rates?.SecondsOf(WorkKind.Message, 1) ?? 0);
                _clocks[place] = Math.Max(_clocks[place], arrival.Clock);
            }
        }
    }

    private Arrival Send(Message message, int parts, bool isOffline)
    {
        int link = (message.From * (_parties + 1)) + message.To;
        double bits = HeaderBits + (8.0 * message.Bytes / parts);
        _busyUntil[link] = Math.Max(_busyUntil[link], _times[message.From]) + (_network is null ? 0 : bits / _network.BitsPerSecond);
        return new Arrival(_busyUntil[link] + (_network?.OneWayDelay.TotalSeconds ?? 0), isOffline ? 0 : _clocks[message.From] + 1);
    }

    /// <summary>What is done before each part of the first message, what is done all along, and what a client does.</summary>
    private (double Before, double Spread, double Client) SecondsOf(Work[] work)
    {
        (double before, double spread, double client) = (0, 0, 0);
        foreach ((WorkKind kind, double amount) in work)
        {
            double seconds = _rates?.SecondsOf(kind, amount) ?? 0;
            switch (kind)
            {
                case WorkKind.Splitting:
                    client += seconds;
                    break;
                case WorkKind.MultiplyAdd or WorkKind.MatrixRead or WorkKind.Packing or WorkKind.Product or WorkKind.InnerProduct or WorkKind.Local:
                    before += seconds;
                    break;
                default:
                    spread += seconds;
                    break;
            }
        }

        return (before, spread, client);
    }

    private readonly record struct Arrival(double Time, int Clock);
}
