namespace SecureTransformer.Gpu.Tests;

/// <summary>The devices of this machine that the tests run on.</summary>
internal static class Devices
{
    /// <summary>Set to 1 where a device must be there: without one the tests then fail.</summary>
    public const string Required = "SECURE_TRANSFORMER_REQUIRE_OPENCL";

    public static bool AreRequired => Environment.GetEnvironmentVariable(Required) == "1";

    public static IReadOnlyList<OpenClDevice> Usable { get; } = [.. OpenClDevice.List().Where(d => d.Obstacle is null)];

    /// <summary>Gets why tests on devices do not run; null if they run, or have to.</summary>
    public static string? Skip => Usable.Count > 0 || AreRequired ? null : $"No OpenCL device on this machine; set {Required}=1 to make that a failure.";

    public static OpenClDevice First => Usable.Count > 0 ? Usable[0] : throw new InvalidOperationException($"{Required} is 1, and there is no OpenCL device.");
}
