using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using SecureTransformer.Calibration;
using SecureTransformer.Protocols;

namespace SecureTransformer.Cli.Commands;

/// <summary><c>calibrate</c>: whether a model's values fit the fixed-point range.</summary>
internal static class CalibrateCommand
{
    private const long MaxBytes = 64L << 20;

    public static Command Create()
    {
        var model = new Option<DirectoryInfo>("--model") { Description = "Model directory: config.json, *.safetensors and the tokenizer's files.", Required = true };
        var texts = new Option<FileInfo>("--texts") { Description = "Texts like those of real requests, one a line.", Required = true };
        var bits = new Option<int>("--precision-bits") { Description = "Fractional bits of the fixed-point numbers.", DefaultValueFactory = _ => 18 };
        Option<string> nonlinear = NonlinearOption.Create();
        var json = new Option<FileInfo?>("--json") { Description = "Write the figures to a file." };
        var command = new Command(
            "calibrate", "Run a model in the clear on texts of your own and tell, by layer, how large its values become and how much room fixed-point numbers leave them. Fails where they do not fit.")
        {
            model, texts, bits, nonlinear, json,
        };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            var progress = new ConsoleProgress();
            CalibrationReport report = await ModelCalibration.RunAsync(
                parsed.GetValue(model)!.FullName,
                await ReadAsync(parsed.GetValue(texts)!, cancellationToken),
                new CalibrationOptions { FractionalBits = parsed.GetValue(bits), Nonlinear = NonlinearOption.ValueOf(parsed, nonlinear) },
                progress,
                cancellationToken);
            progress.Clear();
            Show(report);
            if (parsed.GetValue(json) is { } file)
            {
                await File.WriteAllTextAsync(file.FullName, JsonSerializer.Serialize(CalibrationFile.Of(report), CalibrationJson.Default.CalibrationFile) + "\n", cancellationToken);
            }

            report.RequireFit();
            return 0;
        });
        return command;
    }

    private static async Task<string[]> ReadAsync(FileInfo file, CancellationToken cancellationToken)
    {
        if (!file.Exists)
        {
            throw new FileNotFoundException($"There is no file {file.FullName}.");
        }

        if (file.Length > MaxBytes)
        {
            throw new InvalidDataException($"{file.Name} has {file.Length} bytes; a file of texts has at most {MaxBytes}.");
        }

        string[] lines = [.. (await File.ReadAllLinesAsync(file.FullName, cancellationToken)).Where(l => !string.IsNullOrWhiteSpace(l))];
        return lines.Length > 0 ? lines : throw new InvalidDataException($"{file.Name} holds no text.");
    }

    private static void Show(CalibrationReport report)
    {
        Console.WriteLine($"{"part",-36} {"operation",-20} {"largest",10} {"limit",10} {"headroom bits",14}");
        foreach (OperationRange range in report.Operations)
        {
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{range.Scope,-36} {range.Operation,-20} {range.Magnitude,10:G4} {Math.ScaleB(1, range.RangeBits - range.FractionalBits),10:G4} {range.HeadroomBits,14:F1}{(range.Fits ? "" : "  TOO LARGE")}"));
        }

        Console.WriteLine($"least room of each kind of operation:");
        foreach (OperationRange range in report.NarrowestByOperation)
        {
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {range.Operation,-20} {range.HeadroomBits,6:F1} bits in {range.Scope}"));
        }

        Console.WriteLine($"{report.Texts} texts, {report.Tokens} tokens, {report.FractionalBits} fractional bits. Comparisons take {report.ComparisonBits} of {MpcSession.DefaultWidth} bits.");
    }
}

/// <summary>What <c>calibrate --json</c> writes.</summary>
internal sealed class CalibrationFile
{
    public required string Model { get; init; }

    public required int PrecisionBits { get; init; }

    public required int Texts { get; init; }

    public required long Tokens { get; init; }

    public required bool Fits { get; init; }

    public required int? SuggestedPrecisionBits { get; init; }

    public required string? FixedPointFailure { get; init; }

    public required int ComparisonBits { get; init; }

    public required IReadOnlyList<CalibratedOperation> Operations { get; init; }

    public static CalibrationFile Of(CalibrationReport report) => new()
    {
        Model = report.Model,
        PrecisionBits = report.FractionalBits,
        Texts = report.Texts,
        Tokens = report.Tokens,
        Fits = report.Fits,
        SuggestedPrecisionBits = report.SuggestedFractionalBits,
        FixedPointFailure = report.FixedPointFailure,
        ComparisonBits = report.ComparisonBits,
        Operations = [.. report.Operations.Select(CalibratedOperation.Of)],
    };
}

/// <summary>One row of <c>calibrate --json</c>; what is not finite is null.</summary>
internal sealed class CalibratedOperation
{
    public required string? Part { get; init; }

    public required string Operation { get; init; }

    public required double? Magnitude { get; init; }

    public required int FractionalBits { get; init; }

    public required int RangeBits { get; init; }

    public required double? HeadroomBits { get; init; }

    public static CalibratedOperation Of(OperationRange range) => new()
    {
        Part = range.Scope,
        Operation = range.Operation,
        Magnitude = double.IsFinite(range.Magnitude) ? range.Magnitude : null,
        FractionalBits = range.FractionalBits,
        RangeBits = range.RangeBits,
        HeadroomBits = double.IsFinite(range.HeadroomBits) ? range.HeadroomBits : null,
    };
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(CalibrationFile))]
internal sealed partial class CalibrationJson : JsonSerializerContext;
