using System.Numerics;

namespace SecureTransformer.Distillation.Differentiation;

/// <summary>
/// Reverse-mode differentiation (Linnainmaa 1970; Griewank and Walther, "Evaluating Derivatives", 2008): each operation computes its result and notes how its operands'
/// gradients follow from the result's; <see cref="Differentiate"/> goes through the notes backwards. One tape serves one forward pass after another and is a single flow.
/// </summary>
/// <typeparam name="T">float for training, double where gradients are checked.</typeparam>
internal sealed partial class Tape<T>
    where T : struct, IBinaryFloatingPointIeee754<T>
{
    private readonly Arrays<T> _arrays = new();
    private readonly List<Action> _backward = [];
    private readonly bool _differentiates;

    /// <param name="differentiates">False for forward passes alone, which note nothing.</param>
    public Tape(bool differentiates = true) => _differentiates = differentiates;

    /// <summary>Forgets the pass and uses its memory again: variables made by this tape are dead.</summary>
    public void Clear()
    {
        _backward.Clear();
        _arrays.ReturnAll();
    }

    /// <summary>Adds the gradient of a result, by all that it was computed from, to theirs.</summary>
    /// <param name="result">A number, 1 x 1.</param>
    /// <exception cref="ArgumentException">The result is not one number, or not of a pass that differentiates.</exception>
    public void Differentiate(Variable<T> result)
    {
        if (result.Count != 1 || !result.HasGradient)
        {
            throw new ArgumentException($"A result of {result.Rows} x {result.Columns}{(result.HasGradient ? "" : " without a gradient")} cannot be differentiated; it must be one number of a pass that differentiates.", nameof(result));
        }

        result.Gradient[0] = T.One;
        for (int i = _backward.Count - 1; i >= 0; i--)
        {
            _backward[i]();
        }
    }

    private Variable<T> New(int rows, int columns, params ReadOnlySpan<Variable<T>> operands)
    {
        bool wanted = false;
        foreach (Variable<T> operand in operands)
        {
            wanted |= operand.HasGradient;
        }

        return new Variable<T>(rows, columns, _arrays.Rent(rows * columns), wanted && _differentiates ? _arrays.Rent(rows * columns) : null);
    }

    /// <summary>Notes how gradients go back from a result, if it has one.</summary>
    private Variable<T> Note(Variable<T> result, Action backward)
    {
        if (result.HasGradient)
        {
            _backward.Add(backward);
        }

        return result;
    }

    private static void Require(bool fits, string what)
    {
        if (!fits)
        {
            throw new ArgumentException($"The shapes of {what} do not fit.");
        }
    }
}
