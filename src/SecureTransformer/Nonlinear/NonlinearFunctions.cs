using System.Collections.ObjectModel;
using System.Globalization;
using SecureTransformer.Models;

namespace SecureTransformer.Nonlinear;

/// <summary>
/// Which functions a model is computed with, by model and by block: an immutable choice by names, which the model's owner, the parties and the client make alike. A model is right
/// with the functions that it was trained or distilled with; the default is what its configuration says.
/// </summary>
public sealed class NonlinearFunctions
{
    /// <summary>The most blocks that have choices of their own.</summary>
    internal const int MaxLayers = 1024;

    private const string ExactName = "exact";
    private const string PumaName = "puma";
    private const string MpcFormerName = "mpcformer";

    private readonly ReadOnlyDictionary<int, BlockChoice> _layers = ReadOnlyDictionary<int, BlockChoice>.Empty;

    /// <summary>The library's own accurate fits of what the model's configuration says. The default.</summary>
    public static NonlinearFunctions Exact { get; } = new();

    /// <summary>PUMA's piecewise GELU and its exp with 5 squarings (Dong et al., arXiv 2307.12533), where the model has GELU and softmax; for comparison.</summary>
    public static NonlinearFunctions Puma { get; } = new() { Default = new BlockChoice { Activation = FunctionNames.Puma, Attention = FunctionNames.Puma } };

    /// <summary>Quad and 2Quad (Li et al., MPCFormer, arXiv 2211.01452), whatever the model's configuration says: for models distilled for them; others give nonsense.</summary>
    public static NonlinearFunctions MpcFormer { get; } = new() { Default = new BlockChoice { Activation = Gelu.Quad.Name, Attention = TwoQuad.Default.Name } };

    /// <summary>The names of the presets: exact, puma, mpcformer.</summary>
    public static IReadOnlyList<string> Presets { get; } = [ExactName, PumaName, MpcFormerName];

    /// <summary>The choice for blocks that have none of their own.</summary>
    public BlockChoice Default { get; init; } = new();

    /// <summary>The choices of single blocks, counted from 0.</summary>
    public IReadOnlyDictionary<int, BlockChoice> Layers
    {
        get => _layers;
        init => _layers = new(new SortedDictionary<int, BlockChoice>(value.ToDictionary()));
    }

    /// <summary>The function of a classifier's pooler: "model", which is tanh, or the name of an activation.</summary>
    public string Pooler { get; init; } = FunctionNames.Model;

    /// <summary>Finds a preset by its name, or reads a file.</summary>
    /// <param name="presetOrFile">exact, puma, mpcformer, or the path of a JSON file such as {"default": {"activation": "gelu_quad", "attention": "2quad"}, "layers": {"0": {"attention": "softmax"}}}.</param>
    /// <exception cref="InvalidDataException">The file is not of the expected form; the message names it and what is wrong.</exception>
    /// <exception cref="FileNotFoundException">There is neither such a preset nor such a file.</exception>
    public static NonlinearFunctions Load(string presetOrFile)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(presetOrFile);
        return presetOrFile switch
        {
            ExactName => Exact,
            PumaName => Puma,
            MpcFormerName => MpcFormer,
            _ => File.Exists(presetOrFile)
                ? NonlinearJson.Read(presetOrFile)
                : throw new FileNotFoundException($"'{presetOrFile}' is neither a set of nonlinear functions ({string.Join(", ", Presets)}) nor a file.", presetOrFile),
        };
    }

    /// <summary>Reads a choice that came by other ways than a file.</summary>
    /// <param name="utf8Json">The choice, at most 1 MB.</param>
    /// <param name="source">Where it came from, for messages.</param>
    /// <exception cref="InvalidDataException">The text is not of the expected form; the message says what is wrong.</exception>
    public static NonlinearFunctions Parse(ReadOnlyMemory<byte> utf8Json, string source)
    {
        ArgumentException.ThrowIfNullOrEmpty(source);
        return NonlinearJson.Parse(utf8Json, source);
    }

    /// <summary>The choice as UTF-8 JSON, as <see cref="Parse"/> reads it. Equal choices give equal bytes.</summary>
    public byte[] ToJson() => NonlinearJson.Write(this);

    /// <summary>Checks every name.</summary>
    /// <exception cref="ArgumentException">There is no such function; the message names the place and the functions there are.</exception>
    public void Validate()
    {
        if (Layers.Count > MaxLayers)
        {
            throw new ArgumentException($"{Layers.Count} blocks have choices of their own; at most {MaxLayers} may.");
        }

        Default.Validate("default.");
        foreach ((int layer, BlockChoice choice) in Layers)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(layer, nameof(Layers));
            choice.Validate(string.Create(CultureInfo.InvariantCulture, $"layers.{layer}."));
        }

        if (Pooler == FunctionNames.Puma || !FunctionNames.IsActivation(Pooler))
        {
            throw BlockChoice.Unknown("", "pooler", Pooler, FunctionNames.Activations.Replace($"{FunctionNames.Puma}, ", "", StringComparison.Ordinal));
        }
    }

    /// <summary>The functions of a model.</summary>
    /// <param name="config">The model's configuration.</param>
    /// <exception cref="ArgumentException">A name is that of no function, or a choice is for a block or a pooler that the model does not have.</exception>
    public ModelFunctions For(ModelConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        Validate();
        (int blocks, Activation activation, AttentionFunction attention) = config switch
        {
            BertConfig bert => (bert.NumHiddenLayers, bert.HiddenAct, bert.SoftmaxAct),
            DecoderConfig decoder => (decoder.NumHiddenLayers, decoder.HiddenAct, AttentionFunction.Softmax),
            _ => throw new NotSupportedException($"{config.Source}: models of type '{config.ModelType}' are not supported."),
        };
        foreach (int layer in Layers.Keys.Where(layer => layer >= blocks))
        {
            throw new ArgumentException($"layers.{layer}: the model of {config.Source} has {blocks} blocks, 0 to {blocks - 1}.");
        }

        bool pools = config is BertConfig;
        if (!pools && Pooler != FunctionNames.Model)
        {
            throw new ArgumentException($"pooler: the model of {config.Source} has none.");
        }

        return new ModelFunctions(
            [.. Enumerable.Range(0, blocks).Select(Resolve)],
            pools ? FunctionNames.ActivationOf(Pooler, Activation.Tanh) : null);

        BlockFunctions Resolve(int layer)
        {
            BlockChoice choice = Layers.GetValueOrDefault(layer, Default);
            return new BlockFunctions(FunctionNames.ActivationOf(choice.Activation, activation), FunctionNames.AttentionOf(choice.Attention, attention));
        }
    }
}
