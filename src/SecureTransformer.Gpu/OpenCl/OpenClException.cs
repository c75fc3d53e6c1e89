namespace SecureTransformer.Gpu;

/// <summary>A device, its driver or the OpenCL library does not do what was asked. The message names the call, the device and the cause in words.</summary>
public sealed class OpenClException : Exception
{
    /// <summary>Initializes a new instance of the <see cref="OpenClException"/> class.</summary>
    public OpenClException()
    {
    }

    /// <summary>Initializes a new instance of the <see cref="OpenClException"/> class.</summary>
    /// <param name="message">What happened.</param>
    public OpenClException(string message)
        : base(message)
    {
    }

    /// <summary>Initializes a new instance of the <see cref="OpenClException"/> class.</summary>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">Why.</param>
    public OpenClException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal OpenClException(string message, int status)
        : base(message) => Status = status;

    /// <summary>Gets the status that OpenCL reported, a negative number; 0 where OpenCL was not asked.</summary>
    public int Status { get; }
}
