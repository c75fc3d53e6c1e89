using SecureTransformer.Layers;
using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>Receives the weights of an architecture one after another. What it received is freed with it, unless <see cref="Complete"/> was called.</summary>
internal sealed class WeightReceiver : IDisposable
{
    private readonly MpcSession _session;
    private readonly SessionScope _scope;
    private readonly IReadOnlyList<WeightSpec> _weights;
    private readonly Func<WeightSpec, CancellationToken, ValueTask<SecretTensor>> _receive;
    private readonly Func<WeightSpec, IEnumerable<SecretTensor>>? _runs;
    private readonly List<SecretMatrix> _matrices = [];
    private readonly List<SecretTensor> _vectors = [];
    private int _next;

    /// <param name="session">The session that receives.</param>
    /// <param name="weights">What it receives, in order.</param>
    /// <param name="receive">Receives one weight.</param>
    /// <param name="runs">Gives the matrix of a linear layer as runs of rows; null where it is received whole like the others.</param>
    public WeightReceiver(
        MpcSession session,
        IReadOnlyList<WeightSpec> weights,
        Func<WeightSpec, CancellationToken, ValueTask<SecretTensor>> receive,
        Func<WeightSpec, IEnumerable<SecretTensor>>? runs = null)
    {
        _session = session;
        _weights = weights;
        _receive = receive;
        _runs = runs;
        _scope = session.BeginScope();
    }

    /// <summary>A weight to be packed.</summary>
    public async ValueTask<SecretTensor> NextAsync(CancellationToken cancellationToken)
    {
        WeightSpec weight = _weights[_next++];
        SecretTensor tensor = await _receive(weight, cancellationToken).ConfigureAwait(false);
        if (tensor.Shape != weight.Shape || tensor.FractionalBits != _session.FractionalBits)
        {
            throw new InvalidOperationException($"For the weight {weight} with {_session.FractionalBits} fractional bits, {tensor} was received.");
        }

        return tensor;
    }

    /// <summary>A weight that the model keeps as it is.</summary>
    public async ValueTask<SecretTensor> NextKeptAsync(CancellationToken cancellationToken)
    {
        SecretTensor tensor = await NextAsync(cancellationToken).ConfigureAwait(false);
        _vectors.Add(tensor);
        return tensor;
    }

    /// <summary>Packs [K, N], or [N, K] transposed, and frees the weights it came from.</summary>
    public SecretMatrix Pack(bool transposed, params ReadOnlySpan<SecretTensor> parts)
    {
        SecretTensor raw = parts[0];
        if (parts.Length > 1)
        {
            raw = _session.Concatenate(parts.ToArray(), 0);
            foreach (SecretTensor part in parts)
            {
                part.Dispose();
            }
        }

        using (raw)
        {
            SecretMatrix matrix = _session.Pack(raw, transposed);
            _matrices.Add(matrix);
            return matrix;
        }
    }

    private SecretMatrix PackRuns(bool transposed, params ReadOnlySpan<WeightSpec> parts)
    {
        int rows = 0;
        IEnumerable<SecretTensor> runs = [];
        foreach (WeightSpec part in parts)
        {
            rows += part.Shape[0];
            runs = runs.Concat(_runs!(part));
        }

        SecretMatrix matrix = _session.Pack(rows, parts[0].Shape[1], _session.FractionalBits, runs, transposed);
        _matrices.Add(matrix);
        return matrix;
    }

    /// <summary>A weight and a bias [N], if there is one: [N, K] as PyTorch stores a linear layer, or [K, N] as GPT-2 does.</summary>
    public async ValueTask<SecureLinear> LinearAsync(CancellationToken cancellationToken, bool transposed = true, bool bias = true)
    {
        SecretMatrix weight = _runs is null ? Pack(transposed, await NextAsync(cancellationToken).ConfigureAwait(false)) : PackRuns(transposed, _weights[_next++]);
        return new SecureLinear(weight, bias ? await NextKeptAsync(cancellationToken).ConfigureAwait(false) : null);
    }

    /// <summary>Several weights [N, K], with their biases [N] if there are some, as one layer, side by side.</summary>
    public async ValueTask<SecureLinear> JoinedLinearAsync(int count, CancellationToken cancellationToken, bool bias = true)
    {
        var weights = new SecretTensor[count];
        var specs = new WeightSpec[count];
        var biases = new SecretTensor[bias ? count : 0];
        for (int i = 0; i < count; i++)
        {
            if (_runs is null)
            {
                weights[i] = await NextAsync(cancellationToken).ConfigureAwait(false);
            }
            else
            {
                specs[i] = _weights[_next++];
            }

            if (bias)
            {
                biases[i] = await NextAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        SecretMatrix weight = _runs is null ? Pack(transposed: true, weights) : PackRuns(transposed: true, specs);
        if (!bias)
        {
            return new SecureLinear(weight, null);
        }

        SecretTensor joined = _session.Concatenate(biases, 0);
        _vectors.Add(joined);
        return new SecureLinear(weight, joined);
    }

    /// <summary>Gains and offsets of a LayerNorm.</summary>
    public async ValueTask<SecureLayerNorm> LayerNormAsync(double eps, CancellationToken cancellationToken)
    {
        SecretTensor weight = await NextKeptAsync(cancellationToken).ConfigureAwait(false);
        return new SecureLayerNorm(weight, await NextKeptAsync(cancellationToken).ConfigureAwait(false), eps);
    }

    /// <summary>Gains of an RMSNorm.</summary>
    public async ValueTask<SecureRmsNorm> RmsNormAsync(double eps, CancellationToken cancellationToken) =>
        new(await NextKeptAsync(cancellationToken).ConfigureAwait(false), eps);

    /// <summary>Hands everything over to the model.</summary>
    public void Complete()
    {
        if (_next != _weights.Count)
        {
            throw new InvalidOperationException($"{_next} of {_weights.Count} weights were received.");
        }

        foreach (SecretTensor vector in _vectors)
        {
            _scope.Keep(vector);
        }

        _matrices.Clear();
    }

    public void Dispose()
    {
        foreach (SecretMatrix matrix in _matrices)
        {
            matrix.Dispose();
        }

        _scope.Dispose();
    }
}
