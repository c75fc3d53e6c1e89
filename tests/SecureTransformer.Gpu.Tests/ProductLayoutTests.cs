using SecureTransformer.Gpu.Products;
using SecureTransformer.Numerics;

namespace SecureTransformer.Gpu.Tests;

/// <summary>The kernels check no bounds: what they touch, whole tiles of filled-up operands, must lie in the buffers.</summary>
public class ProductLayoutTests
{
    [Fact]
    public void Whole_tiles_lie_in_the_buffers()
    {
        using AesCtrPrg prg = TestPrg.Create(5);
        for (int i = 0; i < 3000; i++)
        {
            var request = new ProductRequest
            {
                Count = 1 + Next(20) / 4,
                Rows = 1 + Next(300),
                Inner = 1 + Next(300),
                Columns = 1 + Next(300),
                Terms = 1 + Next(2),
                Transposed = Next(2) == 1,
            };
            foreach (RingTile tile in RingTile.All)
            {
                var layout = new ProductLayout(request, tile, 1 + Next(150));
                long lastRow = Padding.Up(request.Rows, tile.Rows) - 1;
                long lastColumn = Padding.Up(request.Columns, tile.Columns) - 1;
                long left = (request.Terms - 1) * layout.LeftTerm + ((long)(request.Count - 1) * request.Rows + lastRow) * layout.Inner + layout.Inner - 1;
                Assert.True(left < layout.LeftBytes / 8, Describe("left", request, tile));
                Assert.True(layout.LeftWords <= layout.LeftBytes / 8, Describe("left", request, tile));
                long right = (request.Terms - 1) * layout.RightTerm + (request.Count - 1) * layout.RightMatrix + LastOfRight(request, tile, layout);
                Assert.True(right < layout.RightBytes / 8, Describe("right", request, tile));
                Assert.True(layout.RightWords <= layout.RightBytes / 8, Describe("right", request, tile));
                long result = (layout.Slices - 1) * layout.ResultSlice + (request.Count - 1) * layout.ResultMatrix + lastRow * layout.ResultStride + lastColumn;
                Assert.Equal(layout.ResultBytes / 8 - 1, result);
                Assert.True(layout.Inner % RingTile.InnerMultiple == 0 && layout.RightStride % 2 == 0 && layout.RightMatrix % 2 == 0 && layout.LeftTerm % 2 == 0);

                Assert.True(tile.Step == 0 ? layout.Slices == 1 : (layout.Slices - 1) * layout.SliceSteps * tile.Step < request.Terms * layout.Inner, Describe("slices", request, tile));
                Assert.True(tile.Step == 0 || layout.Slices * layout.SliceSteps * tile.Step >= request.Terms * layout.Inner, Describe("slices", request, tile));
                Assert.InRange(layout.BlockRows, 1, request.TotalRows);
                Assert.True(layout.BlockRows == request.TotalRows || layout.BlockRows % (request.Count == 1 ? tile.Rows : request.Rows) == 0);
                Assert.True((request.TotalRows + layout.BlockRows - 1) / layout.BlockRows <= 16);
            }
        }

        int Next(int bound) => (int)(prg.NextUInt64() % (ulong)bound);
    }

    [DeviceFact]
    public void Whole_tiles_lie_in_packed_matrices()
    {
        using var backend = new OpenClBackend(Devices.First);
        foreach ((int rows, int columns) in ((int, int)[])[(1, 1), (2, 3), (127, 129), (128, 128), (130, 7), (254, 30), (256, 1), (257, 16), (258, 100)])
        {
            using var packed = (OpenClPackedMatrix)backend.Create(rows, columns);
            foreach (RingTile tile in RingTile.All)
            {
                Check(new ProductRequest { Count = 1, Rows = 5, Inner = rows, Columns = columns, Terms = 1, Packed = packed }, tile);
                Check(new ProductRequest { Count = 1, Rows = 5, Inner = columns, Columns = rows, Terms = 1, Transposed = true, Packed = packed }, tile);
                if (rows % 2 == 0)
                {
                    Check(new ProductRequest { Count = 1, Rows = 5, Inner = columns, Columns = rows / 2, Terms = 2, Transposed = true, Packed = packed }, tile);
                }
            }

            void Check(in ProductRequest request, RingTile tile)
            {
                var layout = new ProductLayout(request, tile, 2);
                Assert.Equal(packed.Stride, layout.RightStride);
                Assert.True((request.Terms - 1) * layout.RightTerm + LastOfRight(request, tile, layout) < packed.Buffer.Bytes / 8, Describe("packed", request, tile));
            }
        }
    }

    private static long LastOfRight(in ProductRequest request, RingTile tile, in ProductLayout layout)
    {
        long lastColumn = Padding.Up(request.Columns, tile.Columns) - 1;
        return request.Transposed ? lastColumn * layout.RightStride + layout.Inner - 1 : (layout.Inner - 1) * layout.RightStride + lastColumn;
    }

    private static string Describe(string what, in ProductRequest request, RingTile tile) =>
        $"{what}: {request.Count} x {request.Rows} x {request.Inner} x {request.Columns}, {request.Terms}, {request.Transposed}, {tile.Name}";
}
