using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace SecureTransformer.Tests.Structure;

/// <summary>
/// The public API stands in text files; a change of one without the other fails. After a wanted change run the tests once with UPDATE_PUBLIC_API set
/// to the folder of those files, and add a line to CHANGELOG.md.
/// </summary>
public class PublicApiTests
{
    [Theory]
    [MemberData(nameof(LayerGraphTests.Layers), MemberType = typeof(LayerGraphTests))]
    public void The_public_API_is_the_one_written_down(string layer)
    {
        string actual = Describe(Assembly.Load(layer));
        string name = $"{layer}.txt";
        if (Environment.GetEnvironmentVariable("UPDATE_PUBLIC_API") is { Length: > 0 } folder)
        {
            File.WriteAllText(Path.Combine(folder, name), actual);
        }

        string expected = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Structure", "PublicApi", name)).ReplaceLineEndings("\n");
        Assert.Equal(expected, actual);
    }

    private static string Describe(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (Type type in assembly.GetExportedTypes().OrderBy(t => t.FullName, StringComparer.Ordinal))
        {
            string kind = type.IsEnum ? "enum" : type.IsInterface ? "interface" : type.IsValueType ? "struct" : typeof(Delegate).IsAssignableFrom(type) ? "delegate" : "class";
            string modifiers = type is { IsAbstract: true, IsSealed: true } ? "static " : type.IsAbstract && !type.IsInterface ? "abstract " : type is { IsSealed: true, IsClass: true } ? "sealed " : "";
            text.Append(CultureInfo.InvariantCulture, $"{modifiers}{kind} {Name(type)}\n");
            IEnumerable<string> members = type
                .GetMembers(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
                .Where(IsVisible)
                .Select(Describe)
                .OrderBy(m => m, StringComparer.Ordinal);
            foreach (string member in members)
            {
                text.Append(CultureInfo.InvariantCulture, $"    {member}\n");
            }
        }

        return text.ToString();
    }

    private static bool IsVisible(MemberInfo member) => member switch
    {
        _ when member.GetCustomAttribute<CompilerGeneratedAttribute>() is not null => false,
        MethodBase { IsSpecialName: true } method => method.IsConstructor && (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly),
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        FieldInfo field => (field.IsPublic || field.IsFamily) && !field.IsSpecialName,
        PropertyInfo property => property.GetAccessors(true).Any(a => a.IsPublic || a.IsFamily || a.IsFamilyOrAssembly),
        EventInfo => true,
        _ => false,
    };

    private static string Describe(MemberInfo member)
    {
        string Parameters(MethodBase method) => string.Join(", ", method.GetParameters().Select(p => $"{Name(p.ParameterType)} {p.Name}{(p.HasDefaultValue ? "?" : "")}"));
        string Prefix(MethodBase method) =>
            (method.IsPublic ? "" : "protected ") + (method.IsStatic ? "static " : method.IsAbstract ? "abstract " : method is { IsVirtual: true, IsFinal: false } ? "virtual " : "");
        return member switch
        {
            ConstructorInfo constructor => $"{(constructor.IsPublic ? "" : "protected ")}new({Parameters(constructor)})",
            MethodInfo method => $"{Prefix(method)}{Name(method.ReturnType)} {method.Name}({Parameters(method)})",
            FieldInfo { IsLiteral: true } constant => $"const {constant.Name} = {Convert.ToString(constant.GetRawConstantValue(), CultureInfo.InvariantCulture)}",
            FieldInfo field => $"{(field.IsStatic ? "static " : "")}{Name(field.FieldType)} {field.Name}",
            PropertyInfo property => $"{Prefix(property.GetAccessors(true)[0])}{Name(property.PropertyType)} {property.Name} {{ {string.Join(" ", property.GetAccessors(true).Where(a => !a.IsPrivate && !a.IsAssembly).Select(a => a.Name[..3] + ";"))} }}",
            _ => member.ToString()!,
        };
    }

    private static string Name(Type type)
    {
        if (type.IsByRef)
        {
            return "ref " + Name(type.GetElementType()!);
        }

        if (type.IsArray)
        {
            return Name(type.GetElementType()!) + "[]";
        }

        if (!type.IsGenericType)
        {
            return type.Namespace?.StartsWith("System", StringComparison.Ordinal) == true ? type.Name : type.FullName ?? type.Name;
        }

        string bare = (type.Namespace?.StartsWith("System", StringComparison.Ordinal) == true ? type.Name : type.FullName ?? type.Name).Split('`')[0];
        return $"{bare}<{string.Join(", ", type.GetGenericArguments().Select(Name))}>";
    }
}
