using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

/// <summary>One weight of a model as its owner sends it and the parties receive it. Public.</summary>
public sealed class WeightSpec
{
    /// <summary>Describes a weight.</summary>
    /// <param name="name">The name in the model file.</param>
    /// <param name="shape">The shape in the model file.</param>
    /// <param name="scale">What values are multiplied by before they are encoded.</param>
    /// <param name="scaledColumns">How many entries of each row, from the first, are multiplied; by default all.</param>
    public WeightSpec(string name, TensorShape shape, double scale = 1, int? scaledColumns = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        Shape = shape;
        Scale = scale;
        ScaledColumns = scaledColumns ?? (shape.Rank == 0 ? 1 : shape[-1]);
    }

    /// <summary>The name of the tensor as Hugging Face has it.</summary>
    public string Name { get; }

    /// <summary>The shape as stored in the file.</summary>
    public TensorShape Shape { get; }

    /// <summary>What values are multiplied by before they are encoded, such as 1/sqrt(d) for the queries of attention.</summary>
    public double Scale { get; }

    /// <summary>How many entries of each row, from the first, are multiplied by <see cref="Scale"/>: the queries' where one matrix gives queries, keys and values.</summary>
    public int ScaledColumns { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Name} {Shape}";
}
