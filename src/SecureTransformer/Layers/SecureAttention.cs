using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;

namespace SecureTransformer.Layers;

/// <summary>Multi-head self-attention (Vaswani et al., 2017, section 3.2).</summary>
public sealed class SecureAttention : IDisposable
{
    private readonly SecureLinear _queryKeyValue;
    private readonly SecureLinear _output;
    private readonly int _heads;
    private readonly RowFunction _function;

    /// <summary>Takes over the weights, which it disposes with itself.</summary>
    /// <param name="queryKeyValue">One product for queries, keys and values, H to 3H; 1/sqrt(H / heads) is folded into the queries' weights and biases.</param>
    /// <param name="output">The output projection, H to H.</param>
    /// <param name="heads">The number of heads, which divides H.</param>
    /// <param name="function">What makes probabilities of scores; by default softmax.</param>
    /// <exception cref="ArgumentException">The shapes do not match.</exception>
    public SecureAttention(SecureLinear queryKeyValue, SecureLinear output, int heads, RowFunction? function = null)
    {
        ArgumentNullException.ThrowIfNull(queryKeyValue);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        int width = output.InputSize;
        if (queryKeyValue.OutputSize != 3 * width || width % heads != 0)
        {
            throw new ArgumentException(
                $"{heads} heads, a query-key-value product of width {queryKeyValue.OutputSize} and an output projection of width {width} do not fit.", nameof(heads));
        }

        _queryKeyValue = queryKeyValue;
        _output = output;
        _heads = heads;
        _function = function ?? Softmax.Default;
    }

    /// <summary>[T, H] to [R, H]: what the first R positions gather from all T.</summary>
    /// <param name="session">The session.</param>
    /// <param name="x">The input, [T, H].</param>
    /// <param name="rows">R, the number of positions wanted, from the first; by default all.</param>
    /// <param name="keep">The public mask: which of the T positions are attended to, by all [T] or by each [R * T]; by default all. Others get the probability 0 exactly. The cost of a mask [T] is that of none.</param>
    /// <param name="observe">Is shown "q", "k", "v" [heads, T, d], "probabilities" [heads, R, T] and "context" [R, H].</param>
    /// <param name="cancellationToken">Cancels; inside an operation that ends the session.</param>
    /// <exception cref="ArgumentException">The input does not have the width H, or the mask does not fit or leaves a position nothing to attend to.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="rows"/> is below 1 or above T.</exception>
    /// <remarks>Four batched products and one row function, all heads at once.</remarks>
    public async ValueTask<SecretTensor> ForwardAsync(
        MpcSession session, SecretTensor x, int? rows = null, bool[]? keep = null, TensorObserver? observe = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        using SessionScope scope = session.BeginScope("attention");
        int length = x.Shape.Rows;
        int wanted = rows ?? length;
        ArgumentOutOfRangeException.ThrowIfLessThan(wanted, 1, nameof(rows));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(wanted, length, nameof(rows));
        int width = _output.InputSize;
        int head = width / _heads;
        var perHead = new TensorShape(_heads, length, head);

        SecretTensor joined = await NamedOperation.RunAsync(session, "query, key, value", () => _queryKeyValue.ForwardAsync(session, x, cancellationToken)).ConfigureAwait(false); // [T, 3H]
        SecretTensor split = session.Permute(session.Reshape(joined, new TensorShape(length, 3, _heads, head)), 1, 2, 0, 3);      // [3, heads, T, d]
        SecretTensor q = session.Reshape(session.Slice(split, 0, 0, 1), perHead);                                                // [heads, T, d]
        SecretTensor k = session.Reshape(session.Slice(split, 0, 1, 1), perHead);                                                // [heads, T, d]
        SecretTensor v = session.Reshape(session.Slice(split, 0, 2, 1), perHead);                                                // [heads, T, d]
        joined.Dispose();
        await observe.ShowAsync(session, "q", q).ConfigureAwait(false);
        await observe.ShowAsync(session, "k", k).ConfigureAwait(false);
        await observe.ShowAsync(session, "v", v).ConfigureAwait(false);

        SecretTensor asked = wanted == length ? q : session.Slice(q, 1, 0, wanted);                                              // [heads, R, d]
        SecretTensor scores = await NamedOperation.RunAsync(
            session, "scores", () => session.MatMulAsync(asked, k, transposeRight: true, cancellationToken: cancellationToken)).ConfigureAwait(false); // [heads, R, T]
        SecretTensor probabilities = keep?.Length == length
            ? await _function.EvaluatePaddedAsync(session, scores, keep, cancellationToken).ConfigureAwait(false)
            : await _function.EvaluateAsync(session, scores, keep, cancellationToken).ConfigureAwait(false);                        // [heads, R, T]
        scores.Dispose();
        await observe.ShowAsync(session, "probabilities", probabilities).ConfigureAwait(false);

        SecretTensor perHeadContext = await NamedOperation.RunAsync(
            session, "context", () => session.MatMulAsync(probabilities, v, cancellationToken: cancellationToken)).ConfigureAwait(false); // [heads, R, d]
        probabilities.Dispose();
        SecretTensor context = session.Reshape(session.Permute(perHeadContext, 1, 0, 2), new TensorShape(wanted, width));         // [R, H]
        await observe.ShowAsync(session, "context", context).ConfigureAwait(false);
        return scope.Keep(await NamedOperation.RunAsync(
            session, "output projection", () => _output.ForwardAsync(session, context, cancellationToken)).ConfigureAwait(false)); // [R, H]
    }

    /// <summary>Zeroes and frees the weights.</summary>
    public void Dispose()
    {
        _queryKeyValue.Dispose();
        _output.Dispose();
    }
}
