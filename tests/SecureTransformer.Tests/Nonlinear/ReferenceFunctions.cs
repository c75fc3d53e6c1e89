using System.Text.Json;

namespace SecureTransformer.Nonlinear;

/// <summary>The expected values of a folder such as Reference/functions.</summary>
internal sealed class ReferenceFunctions(string folder)
{
    /// <summary>Those beside the test assembly.</summary>
    public static ReferenceFunctions Default { get; } = new(Path.Combine(AppContext.BaseDirectory, "Reference", "functions"));

    public (double[] X, double[] Y) Scalars(string name)
    {
        using JsonDocument document = Read(name);
        return (Numbers(document.RootElement, "x"), Numbers(document.RootElement, "y"));
    }

    public List<(string Name, double[] X, bool[] Mask, double[] Y)> SoftmaxRows()
    {
        using JsonDocument document = Read("softmax");
        return [.. document.RootElement.GetProperty("rows").EnumerateArray().Select(r => (
            r.GetProperty("name").GetString()!, Numbers(r, "x"), Numbers(r, "mask").Select(m => m != 0).ToArray(), Numbers(r, "y")))];
    }

    public List<NormCase> NormCases(string name)
    {
        using JsonDocument document = Read(name);
        return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(c => new NormCase(
            c.GetProperty("name").GetString()!,
            c.GetProperty("eps").GetDouble(),
            Numbers(c, "x"),
            Numbers(c, "weight"),
            c.TryGetProperty("bias", out _) ? Numbers(c, "bias") : null,
            Numbers(c, "y"),
            c.GetProperty(c.TryGetProperty("variance", out _) ? "variance" : "mean_square").GetDouble()))];
    }

    private JsonDocument Read(string name) =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(folder, name + ".json")));

    private static double[] Numbers(JsonElement element, string property) =>
        [.. element.GetProperty(property).EnumerateArray().Select(v => v.GetDouble())];

    internal sealed record NormCase(string Name, double Eps, double[] X, double[] Weight, double[]? Bias, double[] Y, double Variance);
}
