namespace SecureTransformer.Gpu.Tests;

/// <summary>A theory that needs a device, and is reported as not run where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DeviceTheoryAttribute : TheoryAttribute
{
    public DeviceTheoryAttribute() => Skip = Devices.Skip;
}
