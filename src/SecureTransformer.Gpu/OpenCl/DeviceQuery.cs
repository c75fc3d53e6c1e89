using System.Text;

namespace SecureTransformer.Gpu.OpenCl;

/// <summary>Asks the drivers for their devices.</summary>
internal static unsafe class DeviceQuery
{
    private const ulong AllTypes = 0xFFFFFFFF;
    private const ulong TypeCpu = 2;
    private const ulong TypeGpu = 4;

    internal static IReadOnlyList<OpenClDevice> All()
    {
        List<OpenClDevice> devices = [];
        foreach (nint platform in Platforms())
        {
            foreach (nint id in Devices(platform))
            {
                devices.Add(Describe(platform, id, devices.Count));
            }
        }

        return devices;
    }

    private static nint[] Platforms()
    {
        uint count;
        int status = Cl.GetPlatformIDs(0, null, &count);
        if (status == ClStatus.NoPlatform || (status == ClStatus.Success && count == 0))
        {
            return [];
        }

        ClStatus.Check(status, "clGetPlatformIDs", "this machine");
        nint[] platforms = new nint[count];
        fixed (nint* first = platforms)
        {
            ClStatus.Check(Cl.GetPlatformIDs(count, first, null), "clGetPlatformIDs", "this machine");
        }

        return platforms;
    }

    private static nint[] Devices(nint platform)
    {
        uint count;
        int status = Cl.GetDeviceIDs(platform, AllTypes, 0, null, &count);
        if (status == ClStatus.DeviceNotFound || (status == ClStatus.Success && count == 0))
        {
            return [];
        }

        ClStatus.Check(status, "clGetDeviceIDs", "a driver of this machine");
        nint[] devices = new nint[count];
        fixed (nint* first = devices)
        {
            ClStatus.Check(Cl.GetDeviceIDs(platform, AllTypes, count, first, null), "clGetDeviceIDs", "a driver of this machine");
        }

        return devices;
    }

    private static OpenClDevice Describe(nint platform, nint id, int index)
    {
        ulong type = Number<ulong>(id, 0x1000);
        return new OpenClDevice(platform, id)
        {
            Index = index,
            Name = Text(id, 0x102B),
            Vendor = Text(id, 0x102C),
            DriverVersion = Text(id, 0x102D),
            Version = Text(id, 0x102F),
            Kind = (type & TypeGpu) != 0 ? OpenClDeviceKind.Gpu : (type & TypeCpu) != 0 ? OpenClDeviceKind.Cpu : OpenClDeviceKind.Other,
            ComputeUnits = (int)Number<uint>(id, 0x1002),
            LargestWorkGroup = (long)Number<nuint>(id, 0x1004),
            LargestAllocation = (long)Number<ulong>(id, 0x1010),
            GlobalMemory = (long)Number<ulong>(id, 0x101F),
            LocalMemory = (long)Number<ulong>(id, 0x1023),
            IsLittleEndian = Number<uint>(id, 0x1026) != 0,
            HasCompiler = Number<uint>(id, 0x1028) != 0,
        };
    }

    private static T Number<T>(nint id, uint name)
        where T : unmanaged
    {
        T value;
        ClStatus.Check(Cl.GetDeviceInfo(id, name, (nuint)sizeof(T), &value, null), "clGetDeviceInfo", "a device of this machine");
        return value;
    }

    private static string Text(nint id, uint name)
    {
        nuint size;
        ClStatus.Check(Cl.GetDeviceInfo(id, name, 0, null, &size), "clGetDeviceInfo", "a device of this machine");
        byte[] text = new byte[checked((int)size)];
        fixed (byte* first = text)
        {
            ClStatus.Check(Cl.GetDeviceInfo(id, name, size, first, null), "clGetDeviceInfo", "a device of this machine");
        }

        return Encoding.UTF8.GetString(text).TrimEnd('\0', ' ');
    }
}
