using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>One weight of a model as its owner sends it and the parties receive it. Public.</summary>
public sealed class WeightSpec
{
    /// <summary>Describes a weight.</summary>
    /// <param name="name">The name in the model file.</param>
    /// <param name="shape">The shape in the model file.</param>
    /// <param name="scale">What every value is multiplied by before it is encoded.</param>
    public WeightSpec(string name, TensorShape shape, double scale = 1)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        Shape = shape;
        Scale = scale;
    }

    /// <summary>The name of the tensor as Hugging Face has it.</summary>
    public string Name { get; }

    /// <summary>The shape as stored in the file.</summary>
    public TensorShape Shape { get; }

    /// <summary>What every value is multiplied by before it is encoded, such as 1/sqrt(d) for the queries of attention.</summary>
    public double Scale { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Shape}";
}
