using System.Globalization;
using SecureTransformer.Protocols;

namespace SecureTransformer.Calibration;

/// <summary>
/// How large the values of a model became on given texts, and how much room the fixed-point range leaves them. It tells about the texts as well as about the
/// weights: it is for the model's owner.
/// </summary>
public sealed class CalibrationReport
{
    internal CalibrationReport(string model, int fractionalBits, int texts, long tokens, RangeRecorder measured, string? fixedPointFailure, int? suggestedFractionalBits)
    {
        Model = model;
        FractionalBits = fractionalBits;
        Texts = texts;
        Tokens = tokens;
        Operations = measured.Ranges;
        FirstOverflow = measured.FirstOverflow;
        FixedPointFailure = fixedPointFailure;
        SuggestedFractionalBits = suggestedFractionalBits;
    }

    /// <summary>The model directory.</summary>
    public string Model { get; }

    /// <summary>The fractional bits of values.</summary>
    public int FractionalBits { get; }

    /// <summary>The number of texts.</summary>
    public int Texts { get; }

    /// <summary>The number of tokens of all texts.</summary>
    public long Tokens { get; }

    /// <summary>The narrowest range of each kind of operation in each part of the model, over all texts, in the order in which each came first.</summary>
    public IReadOnlyList<OperationRange> Operations { get; }

    /// <summary>The first range that was left in the fixed-point run, within the approximation of a function for example; null where none was, or where there was no such run.</summary>
    public string? FixedPointFailure { get; }

    /// <summary>Where the model does not fit: the largest number of fractional bits with which it does, on these texts; null where there is none.</summary>
    public int? SuggestedFractionalBits { get; }

    /// <summary>Whether every value stayed in its range.</summary>
    public bool Fits => FirstOverflow is null && FixedPointFailure is null;

    /// <summary>The operation whose values left their range first, in the order in which the model computes; null where none did.</summary>
    public OperationRange? FirstOverflow { get; }

    /// <summary>Where each kind of operation has the least room, the narrowest first.</summary>
    public IReadOnlyList<OperationRange> NarrowestByOperation =>
        [.. Operations.GroupBy(o => o.Operation).Select(kind => kind.MinBy(o => o.HeadroomBits)!).OrderBy(o => o.HeadroomBits)];

    /// <summary>The bits, sign included, on which every value compared by itself could be compared: what <see cref="MpcSession.LessThanZeroAsync"/> takes as width. Without a margin.</summary>
    public int ComparisonBits => Operations.Where(o => o.Operation == "comparison" && o.Fits)
        .Select(o => 1 + (int)Math.Ceiling(Math.Max(1, o.RangeBits - o.HeadroomBits))).DefaultIfEmpty(2).Max();

    /// <summary>Throws unless the model fits.</summary>
    /// <exception cref="OverflowException">A value left its range; the message names the part of the model and the operation, and suggests fewer fractional bits.</exception>
    public void RequireFit()
    {
        if (Fits)
        {
            return;
        }

        string what = FirstOverflow is { } first
            ? string.Create(CultureInfo.InvariantCulture, $"{first}: values up to {first.Magnitude:G3} need {-first.HeadroomBits:F1} bits more than there are")
            : FixedPointFailure!;
        string advice = SuggestedFractionalBits is { } bits
            ? $"With --precision-bits {bits} these texts fit."
            : $"No number of fractional bits from {CalibrationOptions.FewestBits} on fits: the model's values are too large.";
        throw new OverflowException($"{Model} does not fit {FractionalBits} fractional bits. {what.TrimEnd('.')}. {advice}");
    }
}
