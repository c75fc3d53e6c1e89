namespace SecureTransformer.Protocols;

/// <summary>
/// A function of one number, as data: what it is exactly, where its approximation holds, how far off that is, whose it is, and how to evaluate it on secrets.
/// </summary>
/// <remarks>Sessions over plain numbers use <see cref="Exact"/>; a protocol with a better way than <see cref="EvaluateAsync"/> (a lookup table, say) may use it.</remarks>
public abstract class SecretFunction
{
    /// <summary>The name of the function, such as "gelu".</summary>
    public abstract string Name { get; }

    /// <summary>Where the approximation comes from: paper and section, or "fitted".</summary>
    public abstract string Source { get; }

    /// <summary>The largest error of the approximation on its domain at 18 fractional bits, rounding included; absolute unless the class says otherwise.</summary>
    public abstract double ErrorBound { get; }

    /// <summary>As a ring element the argument must lie within (-2^n, 2^n), or the result is wrong without a word; null where there is no such bound.</summary>
    public virtual int? ArgumentBits => null;

    /// <summary>The function that is approximated.</summary>
    public abstract double Exact(double x);

    /// <summary>Evaluates the approximation on every element, with the session's operations alone. The result has the fractional bits of x.</summary>
    public abstract ValueTask<SecretTensor> EvaluateAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken);
}
