using System.Globalization;

namespace SecureTransformer.Gpu.Products;

/// <summary>How a product is cut up: what one work-group makes of it, and how.</summary>
/// <param name="Name">A name for messages and tests.</param>
/// <param name="GroupRows">Work-items of a group, one below the other.</param>
/// <param name="GroupColumns">Work-items of a group, side by side.</param>
/// <param name="ItemRows">Rows of the product that one work-item makes.</param>
/// <param name="ItemColumns">Columns of the product that one work-item makes.</param>
/// <param name="Step">Terms of the inner dimension in local memory at a time; 0 for a kernel that uses none.</param>
/// <param name="Efficiency">Multiply-adds a second with enough groups, against the large tile's: by the words loaded from local memory for each. An estimate.</param>
internal sealed record RingTile(string Name, int GroupRows, int GroupColumns, int ItemRows, int ItemColumns, int Step, double Efficiency)
{
    /// <summary>The inner dimension is filled up to a multiple of this, as every <see cref="Step"/> divides it; and rows begin at whole cache lines.</summary>
    internal const int InnerMultiple = 16;

    /// <summary>No tile has more rows or columns.</summary>
    internal const int Largest = 128;

    // A slice of fewer steps spends its time on loading the first and writing the sums; which costs about as much as so many terms.
    private const int LeastSteps = 8;
    private const int TermsToBegin = 64;

    /// <summary>64 sums in the registers of each of 256 work-items: 16 words loaded from local memory for 64 multiply-adds.</summary>
    internal static RingTile Large { get; } = new("large", 16, 16, 8, 8, 8, 1);

    /// <summary>For products too small to give every unit of the device a large tile.</summary>
    internal static RingTile Medium { get; } = new("medium", 16, 16, 4, 4, 16, 0.85);

    /// <summary>For small products.</summary>
    internal static RingTile Small { get; } = new("small", 16, 16, 2, 2, 16, 0.5);

    /// <summary>For few rows, which read the right-hand side once.</summary>
    internal static RingTile Few { get; } = new("few", 2, 32, 4, 2, 16, 0.35);

    /// <summary>For processors, and devices too small for the others.</summary>
    internal static RingTile Direct { get; } = new("direct", 1, 4, 8, 8, 0, 0.1);

    internal static IReadOnlyList<RingTile> All { get; } = [Large, Medium, Small, Few, Direct];

    internal int Rows => GroupRows * ItemRows;

    internal int Columns => GroupColumns * ItemColumns;

    internal int GroupSize => GroupRows * GroupColumns;

    // Twice a piece of each operand, as in ring64.cl.
    internal long LocalBytes => 2L * Step * (Rows + 2 + Columns + 2) * sizeof(ulong);

    /// <summary>The tile with which a product should take the device least time: the units' turns, times the work of a group.</summary>
    internal static RingTile For(int units, int count, int rows, long inner, int columns, Func<RingTile, bool> fits)
    {

        RingTile[] tiles = [Large, Medium, Small, Few];
        Array.Sort(tiles, (x, y) => Cost(x).CompareTo(Cost(y)));
        return Array.Find(tiles, t => fits(t)) ?? Direct;

        double Cost(RingTile tile)
        {
            long slices = tile.Slices(units, count, rows, inner, columns);
            long turns = (tile.Groups(count, rows, columns) * slices + units - 1) / units;
            return turns * ((double)inner / slices + TermsToBegin) * tile.Rows * tile.Columns / tile.Efficiency;
        }
    }

    internal bool Fits(OpenClDevice device) => GroupSize <= device.LargestWorkGroup && LocalBytes <= device.LocalMemory;

    /// <summary>In how many slices the inner dimension is cut, so that every unit has a group: as long as each has some steps.</summary>
    internal long Slices(int units, int count, int rows, long inner, int columns) =>
        Step == 0 ? 1 : Math.Max(1, Math.Min(units / Groups(count, rows, columns), inner / Step / LeastSteps));

    internal long Groups(int count, int rows, int columns) => (long)count * ((rows + Rows - 1L) / Rows) * ((columns + Columns - 1L) / Columns);

    internal string BuildOptions(bool transposed) => string.Create(
        CultureInfo.InvariantCulture,
        $"-cl-std=CL1.2 -D WM={GroupRows} -D WN={GroupColumns} -D TM={ItemRows} -D TN={ItemColumns}{(Step > 0 ? $" -D TILED -D KT={Step}" : "")}{(transposed ? " -D TRANSPOSED" : "")}");
}
