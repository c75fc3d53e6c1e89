using System.Text.Json;

namespace SecureTransformer.Nonlinear;

/// <summary>The expected values in Reference/functions.</summary>
internal static class ReferenceFunctions
{
    public static (double[] X, double[] Y) Scalars(string name)
    {
        using JsonDocument document = Read(name);
        return (Numbers(document.RootElement, "x"), Numbers(document.RootElement, "y"));
    }

    public static List<(string Name, double[] X, bool[] Mask, double[] Y)> SoftmaxRows()
    {
        using JsonDocument document = Read("softmax");
        return [.. document.RootElement.GetProperty("rows").EnumerateArray().Select(r => (
            r.GetProperty("name").GetString()!, Numbers(r, "x"), Numbers(r, "mask").Select(m => m != 0).ToArray(), Numbers(r, "y")))];
    }

    public static List<NormCase> NormCases(string name)
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

    private static JsonDocument Read(string name) =>
        JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Reference", "functions", name + ".json")));

    private static double[] Numbers(JsonElement element, string property) =>
        [.. element.GetProperty(property).EnumerateArray().Select(v => v.GetDouble())];

    internal sealed record NormCase(string Name, double Eps, double[] X, double[] Weight, double[]? Bias, double[] Y, double Variance);
}
