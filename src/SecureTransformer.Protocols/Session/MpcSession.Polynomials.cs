namespace SecureTransformer.Protocols;

/// <content>Chains of quadratic forms.</content>
public abstract partial class MpcSession
{
    /// <summary>A chain of quadratic forms of u, each summed exactly and truncated once; the result of the last.</summary>
    /// <param name="steps">The steps: value 0 is u, value i the result of step i (from 1).</param>
    /// <param name="u">The input.</param>
    /// <param name="addend">A tensor with as many fractional bits as the last step's sum, which joins it, or null.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>Costs a sum of products for each step, or less where a protocol saves by their following one another. Each sum must lie in [-2^62, 2^62) as a ring element.</remarks>
    /// <exception cref="ArgumentException">There is no step, a term names a value that does not exist yet, a step has no product, or fractional bits do not match.</exception>
    public ValueTask<SecretTensor> PolynomialAsync(
        IReadOnlyList<PolynomialStep> steps, SecretTensor u, SecretTensor? addend = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(steps);
        Require(u);
        if (addend is not null)
        {
            Require(addend);
        }

        if (steps.Count == 0)
        {
            throw new ArgumentException("A polynomial has at least one step.", nameof(steps));
        }

        PolynomialScheme.RequireSteps(steps);
        return ComposeAsync("polynomial", () => PolynomialCoreAsync(steps, u, addend, cancellationToken));
    }

    /// <summary>Evaluates the steps one by one; a protocol with a better way overrides this.</summary>
    protected virtual ValueTask<SecretTensor> PolynomialCoreAsync(
        IReadOnlyList<PolynomialStep> steps, SecretTensor u, SecretTensor? addend, CancellationToken cancellationToken) =>
        PolynomialScheme.StepsAsync(this, steps, u, addend, cancellationToken);
}
