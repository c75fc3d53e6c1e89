using SecureTransformer.Architectures;
using SecureTransformer.Hosting;
using SecureTransformer.Models;
using SecureTransformer.Protocols;

namespace SecureTransformer.Calibration;

/// <summary>Runs of one model on the same texts with several numbers of fractional bits.</summary>
internal sealed class CalibrationRuns(
    ModelArchitecture architecture,
    ModelWeights weights,
    IReadOnlyList<CalibrationText> texts,
    bool checkInFixedPoint,
    IProgress<InferenceProgress>? progress,
    CancellationToken cancellationToken)
{
    /// <summary>The magnitudes of every operation and, where they fit, what the fixed-point run has to say.</summary>
    public async Task<(RangeRecorder Measured, string? Failure)> TryAsync(int fractionalBits)
    {
        RangeRecorder measured = await MeasureAsync(fractionalBits).ConfigureAwait(false);
        string? failure = checkInFixedPoint && measured.FirstOverflow is null ? await CheckAsync(fractionalBits).ConfigureAwait(false) : null;
        return (measured, failure);
    }

    /// <summary>The largest number of fractional bits below a given one with which the model fits; null where there is none. With fewer bits every range is wider.</summary>
    public async Task<int?> LargestBelowAsync(int fractionalBits)
    {
        int fits = CalibrationOptions.FewestBits - 1;
        int overflows = fractionalBits;
        while (overflows - fits > 1)
        {
            int middle = (fits + overflows) / 2;
            bool all = (await MeasureAsync(middle).ConfigureAwait(false)).FirstOverflow is null;
            (fits, overflows) = all ? (middle, overflows) : (fits, middle);
        }

        while (fits >= CalibrationOptions.FewestBits && checkInFixedPoint && await CheckAsync(fits).ConfigureAwait(false) is not null)
        {
            fits--;
        }

        return fits >= CalibrationOptions.FewestBits ? fits : null;
    }

    private async Task<RangeRecorder> MeasureAsync(int fractionalBits)
    {
        var recorder = new RangeRecorder();
        await RunAsync(MpcProtocol.PlaintextFloat64, $"measuring with {fractionalBits} fractional bits", fractionalBits, recorder).ConfigureAwait(false);
        return recorder;
    }

    /// <summary>What left its range first in fixed point; null where nothing did.</summary>
    private async Task<string?> CheckAsync(int fractionalBits)
    {
        try
        {
            await RunAsync(MpcProtocol.PlaintextFixedPoint, $"checking {fractionalBits} fractional bits in fixed point", fractionalBits, null).ConfigureAwait(false);
            return null;
        }
        catch (OverflowException error)
        {
            return error.Message;
        }
    }

    private async Task RunAsync(MpcProtocol protocol, string stage, int fractionalBits, IRangeObserver? ranges)
    {
        var options = new SessionOptions { FractionalBits = fractionalBits, Ranges = ranges };
        var parties = LocalParties.Create(protocol, options);
        await using (parties.ConfigureAwait(false))
        {
            await parties.RunAsync(
                async session =>
                {
                    progress?.Report(new InferenceProgress("reading weights"));
                    using SecureModel model = await architecture.BuildAsync(session, (spec, _) => LoadAsync(session, spec), cancellationToken).ConfigureAwait(false);
                    for (int i = 0; i < texts.Count; i++)
                    {
                        progress?.Report(new InferenceProgress(stage, (double)i / texts.Count));
                        await texts[i].RunAsync(session, model, cancellationToken).ConfigureAwait(false);
                    }
                },
                cancellationToken).ConfigureAwait(false);
        }
    }

    private async ValueTask<SecretTensor> LoadAsync(MpcSession session, WeightSpec spec)
    {
        using SessionScope scope = session.BeginScope("weights");
        var values = new double[spec.Shape.Count];
        WeightSource.Reader(weights, spec)(0, values);
        try
        {
            return scope.Keep(await session.InputAsync(0, spec.Shape, values, cancellationToken: cancellationToken).ConfigureAwait(false));
        }
        catch (OverflowException error)
        {
            throw new OverflowException($"weights: {spec.Name}: {error.Message}", error);
        }
    }
}
