using System.Globalization;
using SecureTransformer.Gpu.OpenCl;

namespace SecureTransformer.Gpu;

/// <summary>An OpenCL device of this machine.</summary>
public sealed class OpenClDevice
{
    internal OpenClDevice(nint platform, nint id)
    {
        Platform = platform;
        Id = id;
    }

    /// <summary>Gets the number of the device, from 0, in the order in which the drivers list theirs.</summary>
    public int Index { get; internal init; }

    /// <summary>Gets the name of the device.</summary>
    public string Name { get; internal init; } = "";

    /// <summary>Gets who made the device.</summary>
    public string Vendor { get; internal init; } = "";

    /// <summary>Gets the version of OpenCL, such as "OpenCL 3.0 CUDA".</summary>
    public string Version { get; internal init; } = "";

    /// <summary>Gets the version of the driver.</summary>
    public string DriverVersion { get; internal init; } = "";

    /// <summary>Gets what the device is.</summary>
    public OpenClDeviceKind Kind { get; internal init; }

    /// <summary>Gets the number of processors that work side by side.</summary>
    public int ComputeUnits { get; internal init; }

    /// <summary>Gets the memory of the device, in bytes.</summary>
    public long GlobalMemory { get; internal init; }

    /// <summary>Gets the largest piece of memory that can be had at once, in bytes.</summary>
    public long LargestAllocation { get; internal init; }

    /// <summary>Gets the most work-items of a group.</summary>
    public long LargestWorkGroup { get; internal init; }

    /// <summary>Gets the fast memory of a work-group, in bytes.</summary>
    public long LocalMemory { get; internal init; }

    /// <summary>Gets why the device cannot be used, such as a driver older than OpenCL 1.2; null if it can.</summary>
    public string? Obstacle
    {
        get
        {
            if (!HasVersion(1, 2))
            {
                return $"its driver offers {Version}, and OpenCL 1.2 is needed";
            }

            return !HasCompiler ? "its driver has no compiler" : !IsLittleEndian ? "its words are big-endian" : null;
        }
    }

    internal nint Platform { get; }

    internal nint Id { get; }

    internal bool HasCompiler { get; init; } = true;

    internal bool IsLittleEndian { get; init; } = true;

    internal string Title => $"OpenCL device {Index} ({Name})";

    /// <summary>Lists the devices of all drivers.</summary>
    /// <returns>The devices; none where there is no OpenCL library, no driver or no device.</returns>
    /// <exception cref="OpenClException">A driver fails.</exception>
    public static IReadOnlyList<OpenClDevice> List() => OpenClLibrary.IsPresent ? DeviceQuery.All() : [];

    /// <summary>Finds a device by its number.</summary>
    /// <param name="index">The number, from 0.</param>
    /// <returns>The device.</returns>
    /// <exception cref="OpenClException">There is no OpenCL library, no driver, or no such device.</exception>
    public static OpenClDevice Get(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        if (!OpenClLibrary.IsPresent)
        {
            throw new OpenClException("This machine has no OpenCL library: install the driver of the device, or the package ocl-icd-libopencl1.");
        }

        IReadOnlyList<OpenClDevice> devices = List();
        return Pick(devices, index);
    }

    /// <summary>Name, kind and memory.</summary>
    /// <returns>One line.</returns>
    public override string ToString() =>
        string.Create(CultureInfo.InvariantCulture, $"{Index}: {Name} ({Vendor}), {Kind}, {Version}, {ComputeUnits} units, {GlobalMemory / (double)(1L << 30):0.0} GiB");

    internal static OpenClDevice Pick(IReadOnlyList<OpenClDevice> devices, int index) =>
        devices.Count == 0 ? throw new OpenClException("No OpenCL driver is installed, or none has a device.", ClStatus.NoPlatform) :
        index >= devices.Count ? throw new OpenClException($"There is no OpenCL device {index}: this machine has {devices.Count}, numbered from 0.", ClStatus.DeviceNotFound) :
        devices[index];

    /// <summary>Throws where the device cannot be used.</summary>
    internal void Require()
    {
        if (Obstacle is { } obstacle)
        {
            throw new OpenClException($"{Title} cannot be used: {obstacle}.");
        }
    }

    // "OpenCL 3.0 CUDA": OpenCL's name, the version, what the driver adds.
    private bool HasVersion(int major, int minor)
    {
        string[] words = Version.Split(' ');
        return words.Length > 1 && System.Version.TryParse(words[1], out Version? version) && version >= new Version(major, minor);
    }
}
