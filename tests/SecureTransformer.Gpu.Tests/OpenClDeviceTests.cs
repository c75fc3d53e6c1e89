using SecureTransformer.Gpu.OpenCl;
using SecureTransformer.Gpu.Products;

namespace SecureTransformer.Gpu.Tests;

public class OpenClDeviceTests
{
    [Fact]
    public void A_device_is_there_where_one_is_required() =>
        Assert.True(Devices.Usable.Count > 0 || !Devices.AreRequired, $"{Devices.Required} is 1, and there is no OpenCL device.");

    [DeviceFact]
    public void Devices_are_listed_with_what_one_must_know()
    {
        IReadOnlyList<OpenClDevice> devices = OpenClDevice.List();
        for (int i = 0; i < devices.Count; i++)
        {
            OpenClDevice device = devices[i];
            Assert.Equal(i, device.Index);
            Assert.NotEmpty(device.Name);
            Assert.StartsWith("OpenCL ", device.Version, StringComparison.Ordinal);
            Assert.True(device.ComputeUnits > 0);
            Assert.True(device.LargestWorkGroup > 0);
            Assert.True(device.LocalMemory > 0);
            Assert.InRange(device.LargestAllocation, 1, device.GlobalMemory);
            Assert.Contains(device.Name, device.ToString(), StringComparison.Ordinal);
        }

        Assert.Equal(devices[0].Name, OpenClDevice.Get(0).Name);
        Assert.Contains($"this machine has {devices.Count}", Assert.Throws<OpenClException>(() => OpenClDevice.Get(devices.Count)).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => OpenClDevice.Get(-1));
    }

    [Theory]
    [InlineData("OpenCL 1.1 AMD-APP", "OpenCL 1.1")]
    [InlineData("OpenCL 1.0", "OpenCL 1.0")]
    [InlineData("something else", "something else")]
    public void An_old_driver_is_listed_and_refused(string version, string words)
    {
        OpenClDevice device = Describe(version);
        Assert.NotNull(device.Obstacle);
        string message = Assert.Throws<OpenClException>(() => new OpenClBackend(device)).Message;
        Assert.Contains(words, message, StringComparison.Ordinal);
        Assert.Contains("1.2 is needed", message, StringComparison.Ordinal);
        Assert.Contains("Old card", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("OpenCL 1.2 ")]
    [InlineData("OpenCL 2.1 x")]
    [InlineData("OpenCL 3.0 CUDA")]
    public void A_driver_of_1_2_or_later_will_do(string version) => Assert.Null(Describe(version).Obstacle);

    [Fact]
    public void A_driver_without_compiler_is_refused() =>
        Assert.Contains(
            "no compiler", Assert.Throws<OpenClException>(() => new OpenClBackend(Describe("OpenCL 1.2", hasCompiler: false))).Message, StringComparison.Ordinal);

    [Fact]
    public void No_library_is_no_device() =>
        Assert.False(OpenClLibrary.TryLoad(["libNoSuchOpenCL.so.1", "libNoSuchOpenCL.so"], typeof(OpenClDevice).Assembly, null, out _));

    [Fact]
    public void No_platform_is_told_in_words() =>
        Assert.Contains("No OpenCL driver", Assert.Throws<OpenClException>(() => OpenClDevice.Pick([], 0)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_status_names_call_device_and_code_in_words()
    {
        OpenClException error = Assert.Throws<OpenClException>(() => ClStatus.Check(-4, "clEnqueueNDRangeKernel", "OpenCL device 3 (Some card)"));
        Assert.Equal(-4, error.Status);
        Assert.Equal("clEnqueueNDRangeKernel failed on OpenCL device 3 (Some card): too little device memory (OpenCL status -4).", error.Message);
        ClStatus.Check(0, "clFinish", "x");
    }

    [Theory]
    [InlineData(1, 4096, 4096, 4096, "large", 1)]
    [InlineData(1, 2048, 1536, 3072, "large", 1)]
    [InlineData(1, 512, 1536, 768, "large", 5)]
    [InlineData(1, 128, 1536, 768, "medium", 5)]
    [InlineData(1, 1, 1536, 2304, "few", 3)]
    [InlineData(1, 8, 1536, 50257, "few", 1)]
    [InlineData(12, 128, 64, 128, "small", 1)]
    public void Tiles_and_slices_give_the_units_of_a_gpu_work(int count, int rows, int inner, int columns, string name, int slices)
    {
        RingTile tile = RingTile.For(132, count, rows, inner, columns, _ => true);
        Assert.Equal((name, slices), (tile.Name, tile.Slices(132, count, rows, inner, columns)));
    }

    [Fact]
    public void A_device_too_small_for_large_groups_gets_smaller_ones()
    {
        Assert.Equal("few", RingTile.For(132, 1, 4096, 4096, 4096, t => t.GroupSize <= 64).Name);
        Assert.Equal("direct", RingTile.For(132, 1, 4096, 4096, 4096, t => t.GroupSize <= 16).Name);
        Assert.All(RingTile.All, t => Assert.True(t.Rows <= RingTile.Largest && t.Columns <= RingTile.Largest && (t.Step == 0 || RingTile.InnerMultiple % t.Step == 0)));
        Assert.All(RingTile.All, t => Assert.True(t.LocalBytes <= 48 << 10, "Devices of NVIDIA give a work-group 48 KiB."));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4096)]
    [InlineData(4097)]
    [InlineData(100_000)]
    [InlineData(1_000_000_007)]
    public void Idle_memory_has_few_sizes_and_wastes_little(long bytes)
    {
        long size = IdleBuffers<OpenClBackend>.SizeFor(bytes);
        Assert.True(size >= bytes && size % 8 == 0);
        Assert.True(bytes < 4096 || size <= bytes * 1.25 + 1024);
        Assert.Equal(size, IdleBuffers<OpenClBackend>.SizeFor(size));
    }

    private static OpenClDevice Describe(string version, bool hasCompiler = true) => new(0, 0)
    {
        Index = 0,
        Name = "Old card",
        Vendor = "Somebody",
        Version = version,
        DriverVersion = "1",
        Kind = OpenClDeviceKind.Gpu,
        ComputeUnits = 132,
        GlobalMemory = 1L << 37,
        LargestAllocation = 1L << 35,
        LargestWorkGroup = 1024,
        LocalMemory = 48 << 10,
        HasCompiler = hasCompiler,
    };
}
