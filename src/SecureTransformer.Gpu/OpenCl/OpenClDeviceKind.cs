namespace SecureTransformer.Gpu;

/// <summary>What an OpenCL device is.</summary>
public enum OpenClDeviceKind
{
    /// <summary>Neither processor nor GPU.</summary>
    Other,

    /// <summary>The processor, as with PoCL.</summary>
    Cpu,

    /// <summary>A graphics processor.</summary>
    Gpu,
}
