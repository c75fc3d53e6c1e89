using SecureTransformer.Gpu.Products;
using SecureTransformer.Numerics;

namespace SecureTransformer.Gpu.Tests;

/// <summary>One contract, on the processor and on every device with every way to cut up a product.</summary>
public class BackendContractTests
{
    private const string Chosen = "chosen";

    public static TheoryData<string> Cases => [.. BackendContract.Names];

    public static TheoryData<int, string, int, string> DeviceCases
    {
        get
        {
            TheoryData<int, string, int, string> data = [];
            foreach (OpenClDevice device in (IEnumerable<OpenClDevice>)[Devices.First, .. Devices.Usable.Skip(1)])
            {
                // As many units as the device has cut products into few blocks; as many as a large GPU's into more, and into slices.
                string[] tiles = [Chosen, .. RingTile.All.Where(t => t.Fits(device)).Select(t => t.Name)];
                foreach ((string tile, int units) in tiles.Select(t => (t, device.ComputeUnits)).Concat(tiles.Skip(1).Select(t => (t, 132))))
                {
                    foreach (string name in BackendContract.Names)
                    {
                        data.Add(device.Index, tile, units, name);
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

    [Theory]
    [MemberData(nameof(Cases))]
    public void On_the_processor_with_pooled_memory(string name)
    {
        using SecretBufferPool pool = new();
        using (CpuMatMulBackend backend = new(pool))
        {
            BackendContract.Run(name, backend);
        }

        Assert.Equal(0, pool.OutstandingCount);
    }

    [DeviceTheory]
    [MemberData(nameof(DeviceCases))]
    public void On_a_device(int device, string tile, int units, string name)
    {
        using var backend = new OpenClBackend(OpenClDevice.Get(device), measure: false, RingTile.All.FirstOrDefault(t => t.Name == tile), units);
        BackendContract.Run(name, backend);
    }
}
