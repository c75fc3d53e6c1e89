using SecureTransformer.Gpu.Products;
using SecureTransformer.Numerics;

namespace SecureTransformer.Gpu.Tests;

/// <summary>One contract, on the processor and on every device with every way to cut up a product.</summary>
public class BackendContractTests
{
    public static TheoryData<string> Cases => [.. BackendContract.Names];

    public static TheoryData<int, string, string> DeviceCases
    {
        get
        {
            TheoryData<int, string, string> data = [];
            foreach (OpenClDevice device in (IEnumerable<OpenClDevice>)[Devices.First, .. Devices.Usable.Skip(1)])
            {
                foreach (string tile in RingTile.All.Where(t => t.Fits(device)).Select(t => t.Name).Prepend("chosen"))
                {
                    foreach (string name in BackendContract.Names)
                    {
                        data.Add(device.Index, tile, name);
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void On_the_processor(string name)
    {
        using CpuMatMulBackend backend = new();
        BackendContract.Run(name, backend);
    }

    [DeviceTheory]
    [MemberData(nameof(DeviceCases))]
    public void On_a_device(int device, string tile, string name)
    {
        using var backend = new OpenClBackend(OpenClDevice.Get(device), measure: false, RingTile.All.FirstOrDefault(t => t.Name == tile));
        BackendContract.Run(name, backend);
    }
}
