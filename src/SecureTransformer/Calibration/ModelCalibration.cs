using SecureTransformer.Architectures;
using SecureTransformer.Hosting;
using SecureTransformer.Models;

namespace SecureTransformer.Calibration;

/// <summary>
/// Runs a model in the clear on texts like those it is for, and tells by part and kind of operation how large its values become and how much room the
/// fixed-point range of the private protocols leaves them. A private run that leaves its range is wrong without a word; this is how to know beforehand.
/// </summary>
/// <remarks>For the model's owner, who sees weights and texts alike. Nothing is secret here, and nothing is sent.</remarks>
public static class ModelCalibration
{
    /// <summary>Calibrates a model on texts.</summary>
    /// <param name="modelDirectory">A directory with config.json, safetensors files and a tokenizer.</param>
    /// <param name="texts">The texts; the more like those of real requests, and the longer, the better.</param>
    /// <param name="options">The fixed-point numbers to calibrate for.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The report, also of a model that does not fit: see <see cref="CalibrationReport.RequireFit"/>.</returns>
    /// <exception cref="ArgumentException">There is no text, or one is longer than the model takes.</exception>
    /// <exception cref="InvalidDataException">A file is damaged or not supported.</exception>
    /// <exception cref="IOException">A file is missing or cannot be read.</exception>
    public static Task<CalibrationReport> RunAsync(
        string modelDirectory,
        IReadOnlyList<string> texts,
        CalibrationOptions? options = null,
        IProgress<InferenceProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ModelConfig config = ModelConfig.FromDirectory(modelDirectory);
        Tokenizer tokenizer = TokenizerLoader.FromDirectory(modelDirectory);
        InferenceClient.RequireVocabulary(config, tokenizer);
        CalibrationText[] inputs =
        [
            .. texts.Select((text, i) =>
            {
                TokenEncoding encoding = tokenizer.Encode(text);
                return CalibrationText.Create(config, i + 1, encoding.InputIds.ToArray(), encoding.TokenTypeIds.ToArray());
            }),
        ];
        return RunAsync(modelDirectory, config, inputs, options ?? new CalibrationOptions(), progress, cancellationToken);
    }

    /// <summary>Calibrates a model on token ids.</summary>
    /// <param name="modelDirectory">A directory with config.json and safetensors files.</param>
    /// <param name="tokens">The token ids of each text.</param>
    /// <param name="options">The fixed-point numbers to calibrate for.</param>
    /// <param name="progress">Told how far it is.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <inheritdoc cref="RunAsync(string, IReadOnlyList{string}, CalibrationOptions?, IProgress{InferenceProgress}?, CancellationToken)"/>
    public static Task<CalibrationReport> RunAsync(
        string modelDirectory,
        IReadOnlyList<IReadOnlyList<int>> tokens,
        CalibrationOptions? options = null,
        IProgress<InferenceProgress>? progress = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(tokens);
        ModelConfig config = ModelConfig.FromDirectory(modelDirectory);
        CalibrationText[] inputs = [.. tokens.Select((ids, i) => CalibrationText.Create(config, i + 1, ids))];
        return RunAsync(modelDirectory, config, inputs, options ?? new CalibrationOptions(), progress, cancellationToken);
    }

    private static async Task<CalibrationReport> RunAsync(
        string directory, ModelConfig config, CalibrationText[] texts, CalibrationOptions options, IProgress<InferenceProgress>? progress, CancellationToken cancellationToken)
    {
        options.Validate();
        if (texts.Length == 0)
        {
            throw new ArgumentException("There is no text to calibrate on.", nameof(texts));
        }

        var architecture = ModelArchitecture.Create(config, options.Nonlinear);
        using ModelWeights weights = ModelWeights.Open(directory);
        WeightSource.Validate(weights, architecture);
        var runs = new CalibrationRuns(architecture, weights, texts, options.CheckInFixedPoint, progress, cancellationToken);
        (RangeRecorder measured, string? failure) = await runs.TryAsync(options.FractionalBits).ConfigureAwait(false);
        bool fits = failure is null && measured.FirstOverflow is null;
        int? suggested = fits ? null : await runs.LargestBelowAsync(options.FractionalBits).ConfigureAwait(false);
        return new CalibrationReport(directory, options.FractionalBits, texts.Length, texts.Sum(t => (long)t.Length), measured, failure, suggested);
    }
}
