using SecureTransformer.Nonlinear;

namespace SecureTransformer.Calibration;

/// <summary>For which fixed-point numbers a model is calibrated.</summary>
public sealed class CalibrationOptions
{
    /// <summary>The fewest fractional bits there are.</summary>
    internal const int FewestBits = 8;

    /// <summary>The fractional bits of values, from 8 to 24. The default is 18.</summary>
    public int FractionalBits { get; init; } = 18;

    /// <summary>The functions that the model is computed with. By default those that its configuration says.</summary>
    public NonlinearFunctions Nonlinear { get; init; } = NonlinearFunctions.Exact;

    /// <summary>
    /// Whether what fits by its magnitudes is run once more in the clear with the fixed-point arithmetic of the private protocols, which checks every range,
    /// also within the approximations of functions. The default is true; it takes several times as long as measuring.
    /// </summary>
    public bool CheckInFixedPoint { get; init; } = true;

    /// <summary>Checks every property.</summary>
    /// <exception cref="ArgumentException">A property is out of its range; the exception names it.</exception>
    public void Validate()
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(FractionalBits, FewestBits);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(FractionalBits, 24);
        ArgumentNullException.ThrowIfNull(Nonlinear);
        Nonlinear.Validate();
    }
}
