namespace SecureTransformer.Protocols;

/// <summary>A bit and a number; the term is the number where the bit is 1, else zero.</summary>
public readonly record struct SelectedTerm(SecretBits Bit, SecretTensor Value);

/// <content>Sums of selected numbers.</content>
public abstract partial class MpcSession
{
    /// <summary>The sum of those values whose bits are 1, element by element. Exact.</summary>
    /// <param name="terms">At least one; all values have one shape and one number of fractional bits.</param>
    /// <param name="cancellationToken">Cancels; inside the operation that ends the session.</param>
    /// <remarks>Costs a selection for each term, or less where a protocol saves by opening the sum alone.</remarks>
    /// <exception cref="ArgumentException">There is no term, or shapes or fractional bits differ.</exception>
    public async ValueTask<SecretTensor> SumOfSelectedAsync(IReadOnlyList<SelectedTerm> terms, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(terms);
        if (terms.Count == 0)
        {
            throw new ArgumentException("A sum has at least one term.", nameof(terms));
        }

        SecretTensor first = terms[0].Value;
        foreach ((SecretBits bit, SecretTensor value) in terms)
        {
            Require(bit, nameof(terms));
            RequireSameShape(first, value);
            RequireCount(bit, first.Shape);
            if (value.FractionalBits != first.FractionalBits)
            {
                throw new ArgumentException($"Values of {first.FractionalBits} and {value.FractionalBits} fractional bits are added.", nameof(terms));
            }
        }

        SecretTensor result = Allocate(first.Shape, first.FractionalBits);
        await RunAsync("select", ct => Done(SumOfSelectedCoreAsync(terms, result, ct)), cancellationToken).ConfigureAwait(false);
        return result;
    }

    /// <summary>result = the sum of the values whose bits are set. By default one after another.</summary>
    protected virtual async ValueTask SumOfSelectedCoreAsync(IReadOnlyList<SelectedTerm> terms, SecretTensor result, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(terms);
        await MultiplyBitCoreAsync(terms[0].Bit, terms[0].Value, result, cancellationToken).ConfigureAwait(false);
        foreach ((SecretBits bit, SecretTensor value) in terms.Skip(1))
        {
            using SecretTensor next = Allocate(value.Shape, value.FractionalBits);
            await MultiplyBitCoreAsync(bit, value, next, cancellationToken).ConfigureAwait(false);
            AddCore(result, next, result);
        }
    }
}
