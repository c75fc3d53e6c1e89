using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using SecureTransformer.Protocols;

namespace SecureTransformer.Architectures;

public sealed class SessionAgnosticTests
{
    [Fact]
    public void Nothing_above_the_protocols_names_a_session_of_one_protocol()
    {
        IEnumerable<string> concrete = typeof(MpcSession).Assembly.GetTypes().Where(t => !t.IsAbstract && typeof(MpcSession).IsAssignableFrom(t)).Select(t => t.Name);
        string[] named = [.. TypesNamedBy(typeof(ModelArchitecture).Assembly)];
        Assert.Contains(nameof(MpcSession), named);
        Assert.Contains(nameof(ReplicatedSession), concrete);
        Assert.Empty(named.Intersect(concrete));
    }

    private static IEnumerable<string> TypesNamedBy(Assembly assembly)
    {
        using FileStream stream = File.OpenRead(assembly.Location);
        using var file = new PEReader(stream);
        MetadataReader metadata = file.GetMetadataReader();
        return [.. metadata.TypeReferences.Select(handle => metadata.GetString(metadata.GetTypeReference(handle).Name))];
    }
}
