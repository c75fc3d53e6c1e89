using System.Numerics;
using SecureTransformer.Architectures;
using SecureTransformer.Distillation.Differentiation;
using SecureTransformer.Numerics;

namespace SecureTransformer.Distillation.Networks;

/// <summary>The parameters of a model, by Hugging Face's names, in the order of its architecture.</summary>
internal sealed class ParameterSet<T>
    where T : struct, IBinaryFloatingPointIeee754<T>
{
    private ParameterSet(IReadOnlyList<string> names, IReadOnlyList<Variable<T>> values)
    {
        Names = names;
        Values = values;
    }

    public IReadOnlyList<string> Names { get; }

    /// <summary>Matrices; vectors are matrices of one row.</summary>
    public IReadOnlyList<Variable<T>> Values { get; }

    /// <summary>Parameters of zeros for an architecture.</summary>
    /// <param name="architecture">Whose names and shapes.</param>
    /// <param name="differentiated">Whether there is room for gradients.</param>
    public static ParameterSet<T> Create(ModelArchitecture architecture, bool differentiated)
    {
        var values = new List<Variable<T>>();
        foreach (WeightSpec weight in architecture.Weights)
        {
            int columns = weight.Shape[-1];
            int rows = weight.Shape.Count / columns;
            values.Add(new Variable<T>(rows, columns, new T[rows * columns], differentiated ? new T[rows * columns] : null));
        }

        return new ParameterSet<T>([.. architecture.Weights.Select(w => w.Name)], values);
    }

    /// <summary>The same values, with or without gradients of their own: for a thread of its own.</summary>
    public ParameterSet<T> Share(bool differentiated) =>
        new(Names, [.. Values.Select(v => new Variable<T>(v.Rows, v.Columns, v.Array, differentiated ? new T[v.Count] : null))]);

    /// <summary>
    /// Random values as BERT begins with: normal with a standard deviation of 0.02, biases zero, LayerNorm the identity (Devlin et al., 2019).
    /// </summary>
    public void Initialize(AesCtrPrg random)
    {
        for (int i = 0; i < Values.Count; i++)
        {
            bool norm = Names[i].Contains("LayerNorm", StringComparison.Ordinal);
            bool bias = Names[i].EndsWith(".bias", StringComparison.Ordinal);
            Span<T> values = Values[i].Values;
            for (int j = 0; j < values.Length; j++)
            {
                values[j] = bias ? T.Zero : norm ? T.One : T.CreateChecked(0.02 * RandomSource.Normal(random));
            }
        }
    }

    /// <summary>Sets gradients to zero.</summary>
    public void ClearGradients()
    {
        foreach (Variable<T> value in Values)
        {
            value.Gradient.Clear();
        }
    }
}
