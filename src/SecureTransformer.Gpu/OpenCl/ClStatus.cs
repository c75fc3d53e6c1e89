using System.Globalization;

namespace SecureTransformer.Gpu.OpenCl;

/// <summary>The status codes of OpenCL 1.2, and what they mean to somebody who does not know it.</summary>
internal static class ClStatus
{
    internal const int Success = 0;
    internal const int DeviceNotFound = -1;
    internal const int BufferAllocationFailure = -4;
    internal const int OutOfResources = -5;
    internal const int OutOfHostMemory = -6;
    internal const int BuildProgramFailure = -11;
    internal const int FailedEvent = -14;
    internal const int InvalidBufferSize = -61;
    internal const int NoPlatform = -1001;

    /// <summary>Throws unless a call succeeded.</summary>
    internal static void Check(int status, string call, string device)
    {
        if (status != Success)
        {
            throw Error(status, call, device);
        }
    }

    internal static OpenClException Error(int status, string call, string device) =>
        new(string.Create(CultureInfo.InvariantCulture, $"{call} failed on {device}: {Words(status)} (OpenCL status {status})."), status);

    internal static string Words(int status) => status switch
    {
        DeviceNotFound => "there is no such device",
        -2 => "the device is not available",
        -3 => "the driver has no compiler",
        BufferAllocationFailure => "too little device memory",
        OutOfResources => "too few resources on the device",
        OutOfHostMemory => "too little memory on the host",
        -7 => "the driver measures no times",
        BuildProgramFailure => "a kernel does not build",
        -12 => "memory cannot be mapped to the host",
        FailedEvent => "a command that this one waits for has failed",
        -30 => "the driver takes an argument for an invalid value",
        -33 => "the device is invalid",
        -34 => "the context is invalid",
        -36 => "the command queue is invalid, as after a fault of a kernel",
        -38 => "the buffer is invalid",
        -43 => "the driver does not know a build option",
        -46 => "the program has no such kernel",
        -51 => "a kernel's argument has another size",
        -52 => "a kernel's arguments are incomplete",
        -54 => "the work-group is larger than the device allows",
        -55 => "a side of the work-group is longer than the device allows",
        -58 => "an event is invalid",
        InvalidBufferSize => "the buffer is larger than the device's largest allocation",
        -63 => "there are too many work-items",
        NoPlatform => "no driver is installed",
        -9999 => "a kernel read or wrote outside its buffers",
        _ => "an error without words here",
    };
}
