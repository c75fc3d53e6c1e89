namespace SecureTransformer.Gpu.Tests;

/// <summary>A test that needs a device, and is reported as not run where there is none.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DeviceFactAttribute : FactAttribute
{
    public DeviceFactAttribute() => Skip = Devices.Skip;
}
