using System.Reflection;

namespace SecureTransformer.Tests.Structure;

/// <summary>The graph of docs/design.md, read from the compiled assemblies.</summary>
public class LayerGraphTests
{
    private static readonly Dictionary<string, string[]> s_allowed = new()
    {
        ["SecureTransformer.Numerics"] = [],
        ["SecureTransformer.Transport"] = [],
        ["SecureTransformer.Models"] = [],
        ["SecureTransformer.Sharing"] = ["SecureTransformer.Numerics"],
        ["SecureTransformer.Gpu"] = ["SecureTransformer.Numerics"],
        ["SecureTransformer.Protocols"] = ["SecureTransformer.Numerics", "SecureTransformer.Sharing", "SecureTransformer.Transport"],
        ["SecureTransformer"] =
            ["SecureTransformer.Models", "SecureTransformer.Numerics", "SecureTransformer.Protocols", "SecureTransformer.Sharing", "SecureTransformer.Transport"],
        ["SecureTransformer.Distillation"] =
        [
            "SecureTransformer", "SecureTransformer.Models", "SecureTransformer.Numerics", "SecureTransformer.Protocols", "SecureTransformer.Sharing", "SecureTransformer.Transport",
        ],
    };

    public static TheoryData<string> Layers => [.. s_allowed.Keys];

    [Theory]
    [MemberData(nameof(Layers))]
    public void A_layer_knows_only_the_layers_below_it(string layer)
    {
        var assembly = Assembly.Load(layer);
        IEnumerable<string> known = assembly.GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("SecureTransformer", StringComparison.Ordinal));
        Assert.Empty(known.Except(s_allowed[layer]));
    }

    [Theory]
    [MemberData(nameof(Layers))]
    public void No_shipped_package_opens_its_internals_to_another(string layer)
    {
        IEnumerable<string> friends = Assembly.Load(layer).GetCustomAttributes<System.Runtime.CompilerServices.InternalsVisibleToAttribute>().Select(a => a.AssemblyName);
        Assert.All(friends, friend => Assert.EndsWith(".Tests", friend, StringComparison.Ordinal));
    }
}
