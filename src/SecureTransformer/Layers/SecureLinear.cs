using SecureTransformer.Protocols;

namespace SecureTransformer.Layers;

/// <summary>y = x W + b with secret weights, arranged once for many products.</summary>
public sealed class SecureLinear : IDisposable
{
    private readonly SecretMatrix _weight;
    private readonly SecretTensor? _bias;

    /// <summary>Takes over the weights, which it disposes with itself.</summary>
    /// <param name="weight">W, [K, N].</param>
    /// <param name="bias">b, [N]; or null.</param>
    /// <exception cref="ArgumentException">The shapes or the fractional bits do not match.</exception>
    public SecureLinear(SecretMatrix weight, SecretTensor? bias)
    {
        ArgumentNullException.ThrowIfNull(weight);
        if (bias is not null && (bias.Shape != new TensorShape(weight.Columns) || bias.FractionalBits != weight.FractionalBits))
        {
            throw new ArgumentException($"A bias of {bias} does not fit the weights {weight}.", nameof(bias));
        }

        _weight = weight;
        _bias = bias;
    }

    /// <summary>The width of what goes in, K.</summary>
    public int InputSize => _weight.Rows;

    /// <summary>The width of what comes out, N.</summary>
    public int OutputSize => _weight.Columns;

    /// <summary>[..., K] to [..., N].</summary>
    /// <remarks>Costs one product and one truncation for each element of the result.</remarks>
    /// <exception cref="ArgumentException">The last extent of <paramref name="x"/> is not K.</exception>
    public async ValueTask<SecretTensor> ForwardAsync(MpcSession session, SecretTensor x, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        SecretTensor product = await session.MatMulAsync(x, _weight, fractionalBits: _weight.FractionalBits, cancellationToken: cancellationToken).ConfigureAwait(false);
        if (_bias is null)
        {
            return product;
        }

        using (product)
        {
            return session.Add(product, _bias);
        }
    }

    /// <summary>Zeroes and frees the weights.</summary>
    public void Dispose()
    {
        _weight.Dispose();
        _bias?.Dispose();
    }
}
