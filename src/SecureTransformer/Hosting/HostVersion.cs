namespace SecureTransformer.Hosting;

/// <summary>The version that clients and parties compare.</summary>
internal static class HostVersion
{
    public static string Current { get; } = typeof(HostVersion).Assembly.GetName().Version?.ToString(3) ?? "0.0.0";
}
