using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;

namespace SecureTransformer.Layers;

/// <summary>
/// Causal self-attention with a cache of keys and values (Vaswani et al., 2017, section 3.2), also with fewer heads of keys and values than of queries
/// (grouped queries: Ainslie et al., 2023) and rotary positions.
/// </summary>
public sealed class SecureCausalAttention : IDisposable
{
    private readonly SecureLinear _queryKeyValue;
    private readonly SecureLinear _output;
    private readonly RotaryEmbedding? _rotary;
    private readonly int _heads;
    private readonly int _keyValueHeads;
    private readonly int _headSize;
    private readonly RowFunction _function;

    /// <summary>Takes over the weights, which it disposes with itself.</summary>
    /// <param name="queryKeyValue">One product for queries, keys and values, H to (heads + 2 kv heads) d; 1/sqrt(d) is folded into the queries' weights and biases.</param>
    /// <param name="output">The output projection, heads * d to H.</param>
    /// <param name="heads">The number of heads of queries.</param>
    /// <param name="keyValueHeads">The number of heads of keys and values, which divides that of queries.</param>
    /// <param name="rotary">Turns queries and keys by their positions; null where the model has other positions.</param>
    /// <param name="function">What makes probabilities of scores; by default softmax.</param>
    /// <exception cref="ArgumentException">The shapes do not match.</exception>
    public SecureCausalAttention(SecureLinear queryKeyValue, SecureLinear output, int heads, int keyValueHeads, RotaryEmbedding? rotary = null, RowFunction? function = null)
    {
        ArgumentNullException.ThrowIfNull(queryKeyValue);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(keyValueHeads, 1);
        _headSize = output.InputSize / heads;
        if (heads % keyValueHeads != 0 || output.InputSize != heads * _headSize || queryKeyValue.OutputSize != (heads + (2 * keyValueHeads)) * _headSize)
        {
            throw new ArgumentException(
                $"{heads} heads of queries and {keyValueHeads} of keys, a query-key-value product of width {queryKeyValue.OutputSize} and an output projection from {output.InputSize} do not fit.",
                nameof(heads));
        }

        _queryKeyValue = queryKeyValue;
        _output = output;
        _rotary = rotary;
        _heads = heads;
        _keyValueHeads = keyValueHeads;
        _function = function ?? Softmax.Default;
    }

    /// <summary>[N, H] to [R, H]: what the asking rows gather from the cache, to which all N rows are added.</summary>
    /// <param name="session">The session.</param>
    /// <param name="x">The input, a row for each new token of the step.</param>
    /// <param name="step">The step.</param>
    /// <param name="layer">The number of this block in the cache.</param>
    /// <param name="rows">The rows that ask, in order.</param>
    /// <param name="observe">
    /// Is shown "q" [sequences * heads, r, d], "k" and "v" [sequences * kv heads, T, d], "probabilities" [sequences * heads, r, T], once for each run of rows, and at last
    /// "context" [R, heads * d]. Only sequences that ask are in a run; r is the most rows of one of them.
    /// </param>
    /// <param name="cancellationToken">Cancels; inside an operation that ends the session.</param>
    /// <remarks>
    /// Four batched products, a truncation for the rotation, and one row function, all heads and sequences at once. Where the scores, filled up to the longest sequence, would be
    /// more than 2^21, the asking rows are attended in several runs, one after another: memory is bounded, and two of the products and the row function cost their rounds for each run.
    /// </remarks>
    public async ValueTask<SecretTensor> ForwardAsync(
        MpcSession session,
        SecretTensor x,
        DecoderStep step,
        int layer,
        IReadOnlyList<int> rows,
        TensorObserver? observe = null,
        CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(step);
        ArgumentNullException.ThrowIfNull(rows);
        ArgumentOutOfRangeException.ThrowIfZero(rows.Count, nameof(rows));
        using SessionScope scope = session.BeginScope("attention");
        IReadOnlyList<AttentionPlan> plans = step.PlansOf(rows, _heads, _keyValueHeads);

        SecretTensor joined = await NamedOperation.RunAsync(
            session, "query, key, value", () => _queryKeyValue.ForwardAsync(session, x, cancellationToken)).ConfigureAwait(false);       // [N, (heads + 2 kv) d]
        SecretTensor split = session.Permute(session.Reshape(joined, new TensorShape(step.Count, _heads + (2 * _keyValueHeads), _headSize)), 1, 0, 2);
        joined.Dispose();
        SecretTensor turned = session.Slice(split, 0, 0, _heads + _keyValueHeads);                                                     // [heads + kv, N, d]
        if (_rotary is not null)
        {
            turned = await _rotary.ForwardAsync(session, turned, step.Positions, cancellationToken).ConfigureAwait(false);
        }

        SecretTensor q = session.Slice(turned, 0, 0, _heads);                                                                          // [heads, N, d]
        (SecretTensor keys, SecretTensor values) = step.Cache.Append(
            step, layer, session.Slice(turned, 0, _heads, _keyValueHeads), session.Slice(split, 0, _heads + _keyValueHeads, _keyValueHeads));
        var parts = new SecretTensor[plans.Count];
        for (int i = 0; i < parts.Length; i++)
        {
            parts[i] = await AttendAsync(session, q, keys, values, plans[i], observe, cancellationToken).ConfigureAwait(false);
        }

        SecretTensor context = parts.Length == 1 ? parts[0] : session.Concatenate(parts, 0);                                           // [R, heads d]
        await observe.ShowAsync(session, "context", context).ConfigureAwait(false);
        return scope.Keep(await NamedOperation.RunAsync(
            session, "output projection", () => _output.ForwardAsync(session, context, cancellationToken)).ConfigureAwait(false));       // [R, H]
    }

    /// <summary>Queries [heads, N, d] on keys and values [kv heads, cached rows, d]: the contexts of a plan's r rows, [r, heads * d].</summary>
    private async ValueTask<SecretTensor> AttendAsync(
        MpcSession session, SecretTensor q, SecretTensor keys, SecretTensor values, AttentionPlan plan, TensorObserver? observe, CancellationToken cancellationToken)
    {
        using SessionScope scope = session.BeginScope();
        int batch = plan.Sequences * _keyValueHeads;
        SecretTensor asked = Arrange(q, plan.QueryRows, new TensorShape(batch, _heads / _keyValueHeads * plan.QueryCount, _headSize)); // [B kv, group r, d]
        SecretTensor k = Arrange(Run(keys), plan.KeyRows, new TensorShape(batch, plan.KeyCount, _headSize));                           // [B kv, T, d]
        SecretTensor v = Arrange(Run(values), plan.KeyRows, k.Shape);                                                                  // [B kv, T, d]
        await ShowPerHeadAsync("q", asked, _headSize).ConfigureAwait(false);
        await observe.ShowAsync(session, "k", k).ConfigureAwait(false);
        await observe.ShowAsync(session, "v", v).ConfigureAwait(false);

        SecretTensor scores = await NamedOperation.RunAsync(
            session, "scores", () => session.MatMulAsync(asked, k, transposeRight: true, cancellationToken: cancellationToken)).ConfigureAwait(false); // [B kv, group r, T]
        SecretTensor probabilities = await _function.EvaluateAsync(session, scores, plan.MakeMask(_heads), cancellationToken).ConfigureAwait(false);
        scores.Dispose();
        await ShowPerHeadAsync("probabilities", probabilities, plan.KeyCount).ConfigureAwait(false);

        SecretTensor gathered = await NamedOperation.RunAsync(
            session, "context", () => session.MatMulAsync(probabilities, v, cancellationToken: cancellationToken)).ConfigureAwait(false); // [B kv, group r, d]
        SecretTensor flat = session.Reshape(gathered, new TensorShape((long)plan.Sequences * _heads * plan.QueryCount, _headSize));
        return scope.Keep(session.Reshape(session.GatherRows(flat, plan.ContextRows), new TensorShape(plan.RowCount, _heads * _headSize))); // [r, heads d]

        SecretTensor Run(SecretTensor rows) => plan.KeyRows is null && plan.KeyCount < rows.Shape[1] ? session.Slice(rows, 1, plan.KeyStart, plan.KeyCount) : rows;

        SecretTensor Arrange(SecretTensor tensor, int[]? order, TensorShape shape) => order is null
            ? session.Reshape(tensor, shape)
            : session.Reshape(session.GatherRows(session.Reshape(tensor, new TensorShape(tensor.Shape.Rows, _headSize)), order), shape);

        ValueTask ShowPerHeadAsync(string name, SecretTensor tensor, int width) => observe is null
            ? ValueTask.CompletedTask
            : observe.ShowAsync(session, name, session.Reshape(tensor, new TensorShape((long)plan.Sequences * _heads, plan.QueryCount, width)));
    }

    /// <summary>Zeroes and frees the weights.</summary>
    public void Dispose()
    {
        _queryKeyValue.Dispose();
        _output.Dispose();
    }
}
