using SecureTransformer.Models;
using SecureTransformer.Nonlinear;
using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>What a configuration says of a model, without its weights: known to the model's owner, the parties and the client alike.</summary>
public abstract class ModelArchitecture
{
    private protected ModelArchitecture(ModelConfig config, string supported, NonlinearFunctions? functions)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        if (config.Architectures.Count > 0 && !config.Architectures.Contains(supported))
        {
            throw new NotSupportedException(
                $"{config.Source}: the architecture '{config.Architectures[0]}' of type '{config.ModelType}' is not supported; supported are {supported}.");
        }

        Config = config;
        Functions = (functions ?? NonlinearFunctions.Exact).For(config);
    }

    /// <summary>The configuration.</summary>
    public ModelConfig Config { get; }

    /// <summary>The functions that the model is computed with.</summary>
    public ModelFunctions Functions { get; }

    /// <summary>All weights, in the order in which the owner sends and the parties receive them.</summary>
    public abstract IReadOnlyList<WeightSpec> Weights { get; }

    /// <summary>The architecture of a configuration.</summary>
    /// <param name="config">The configuration.</param>
    /// <param name="functions">The functions to compute with; by default those that the configuration says.</param>
    /// <exception cref="ArgumentException">The functions do not fit the model.</exception>
    /// <exception cref="InvalidDataException">A value of the configuration is out of bounds.</exception>
    /// <exception cref="NotSupportedException">There is no such architecture here; the message names it and those there are.</exception>
    public static ModelArchitecture Create(ModelConfig config, NonlinearFunctions? functions = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        return config switch
        {
            BertConfig bert => new BertArchitecture(bert, functions),
            Gpt2Config gpt2 => new Gpt2Architecture(gpt2, functions),
            LlamaConfig llama => new LlamaArchitecture(llama, functions),
            _ => throw new NotSupportedException($"{config.Source}: models of type '{config.ModelType}' are not supported; supported are bert, gpt2 and llama."),
        };
    }

    /// <summary>Receives this party's shares of the weights and arranges them for many forward passes.</summary>
    /// <param name="session">The session that receives; the weights live as long as it does, or until the model is disposed.</param>
    /// <param name="receive">Receives one weight, encoded with the session's fractional bits. It is called once for each of <see cref="Weights"/>, in order.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <remarks>What was received before an error is freed.</remarks>
    /// <exception cref="InvalidOperationException">A received tensor has another shape than its specification, or other fractional bits than the session.</exception>
    public abstract ValueTask<SecureModel> BuildAsync(
        MpcSession session, Func<WeightSpec, CancellationToken, ValueTask<SecretTensor>> receive, CancellationToken cancellationToken = default);

    /// <summary>The most memory that the weights take at once when they are read as they are needed; null where this architecture cannot do so.</summary>
    /// <param name="bytesPerWeight">What one weight takes where it is arranged for products.</param>
    internal virtual long? StreamedBytes(long bytesPerWeight) => null;

    /// <summary>Makes the model of kept shares, of which few stand in memory at any time. It serves one request at a time.</summary>
    /// <param name="session">The session to whose requests the weights belong; nothing else may use it while a request runs.</param>
    /// <param name="shares">The kept share of a weight by name; read as long as the model lives.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="NotSupportedException">This architecture cannot be streamed.</exception>
    internal virtual ValueTask<SecureModel> StreamAsync(MpcSession session, Func<string, IShareReader> shares, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"The weights of a model of type '{Config.ModelType}' cannot be streamed.");
}
