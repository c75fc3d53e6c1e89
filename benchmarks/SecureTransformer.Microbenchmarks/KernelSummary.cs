using System.Diagnostics;
using System.Globalization;
using SecureTransformer.Numerics;

namespace SecureTransformer.Microbenchmarks;

/// <summary>The few figures that matter, in seconds: <c>dotnet run -c Release -- kernel</c>. One core; the best of several runs each.</summary>
internal static class KernelSummary
{
    private const double Giga = 1e9;

    public static void Run(TextWriter output)
    {
        // The first run takes the methods to their optimized form.
        RingMatrixDiagnostics.MeasureTile(TimeSpan.FromSeconds(0.3));
        Print(output, $"path {RingMatrixDiagnostics.Path}");

        // Tile and product in turn, the product in fresh memory each time: both speeds vary with what else the machine does, the product's also with where its memory lies.
        const int Turns = 7;
        var tiles = new double[Turns];
        var cubes = new double[Turns];
        for (int i = 0; i < Turns; i++)
        {
            tiles[i] = RingMatrixDiagnostics.MeasureTile(TimeSpan.FromSeconds(0.4));
            cubes[i] = Product(TextWriter.Null, 1024, 1024, 1024, 1);
        }

        Array.Sort(tiles);
        Array.Sort(cubes);
        Print(output, $"{"tile 8x24 in L1",-32}{tiles[^1] / Giga,8:F1} G multiply-adds/s, median {tiles[Turns / 2] / Giga:F1}");
        Print(output, $"{"1024 x 1024 x 1024",-32}{cubes[^1] / Giga,8:F1} G multiply-adds/s, median {cubes[Turns / 2] / Giga:F1}");
        Print(output, $"{"ratio of 1024^3 to the tile",-32}{cubes[^1] / tiles[^1],8:P0} of the best, {cubes[Turns / 2] / tiles[Turns / 2]:P0} of the medians");
        Product(output, 128, 768, 3072, 1);
        Product(output, 128, 768, 768, 1);
        Product(output, 128, 1536, 768, 1);
        Once(output, 128, 768, 768);
        Once(output, 256, 768, 768);
        Once(output, 256, 256, 256);
        Once(output, 512, 768, 768);
        foreach (int m in (int[])[1, 2, 4, 7])
        {
            Product(output, m, 768, 3072, 1);
        }

        Product(output, 1, 768, 768, 1);
        Vocabulary(output, 50_257, 768);
        Attention(output, 128, 128, transposed: true);
        Attention(output, 128, 128, transposed: false);
        Attention(output, 1, 128, transposed: true);
        Attention(output, 1, 128, transposed: false);
        ulong[] weights = Right(768, 3072);
        Print(output, $"{"pack 768x3072",-32}{Best(() => PackedMatrix.Pack(weights, 768, 3072, 3072).Dispose()) * 1e3,8:F2} ms");
        Print(output, $"{"pack 768x3072, transposed",-32}{Best(() => PackedMatrix.Pack(weights, 768, 3072, 768, transposed: true).Dispose()) * 1e3,8:F2} ms");
        Random(output, 1 << 24);
        Random(output, 1 << 14);
        Random(output, 64);
        Elementwise(output, 4096);
        Elementwise(output, 1 << 22);
    }

    private static void Elementwise(TextWriter output, int words)
    {
        ulong[] x = Right(1, words);
        ulong[] y = Right(2, words / 2);
        ulong[] z = new ulong[words];
        double[] d = Array.ConvertAll(x, w => (int)w * 1e-6);
        void Line(string name, Action action) => Print(output, $"{$"{name}, {words} words",-32}{words / Best(action) / Giga,8:F2} G words/s");
        Line("add", () => RingKernels.Add(x, y, z));
        Line("multiply", () => RingKernels.Multiply(x, y, z));
        Line("multiply and add", () => RingKernels.MultiplyAddInto(z, x, y));
        Line("shift right, signed", () => RingKernels.ShiftRightArithmetic(x, 18, z));
        Line("transpose 64 rows", () => RingKernels.Transpose(x, 64, words / 64, z));
        Line("encode", () => FixedPointFormat.Default.Encode(d, z, nameof(d)));
        Line("decode", () => FixedPointFormat.Default.Decode(z, d));
    }

    private static double Product(TextWriter output, int m, int k, int n, int threads)
    {
        ulong[] a = Right(m, k);
        ulong[] c = new ulong[m * n];
        using PackedMatrix b = PackedMatrix.Pack(Right(k, n), k, n, n);
        double seconds = Best(() => RingMatrix.Multiply(new MatrixView(a, m, k), b, c, n, false, threads));
        double rate = (double)m * k * n / seconds;
        Print(output, $"{$"{m} x {k} x {n}",-32}{rate / Giga,8:F1} G multiply-adds/s {seconds * 1e6,10:F1} us");
        return rate;
    }

    // Right-hand sides that are used once, and sums of two.
    private static void Once(TextWriter output, int m, int k, int n)
    {
        ulong[] a = Right(m, k);
        ulong[] b = Right(k, n);
        ulong[] other = Right(k, n);
        ulong[] c = new ulong[m * n];
        Line("once", Best(() => RingMatrix.Multiply(new MatrixView(a, m, k), new MatrixView(b, k, n), c, n)));
        Line("once, transposed", Best(() => RingMatrix.Multiply(new MatrixView(a, m, k), new MatrixView(b, n, k).Transpose(), c, n)));
        Line("a sum, once", Best(() => RingMatrix.MultiplySum(new MatrixView(a, m, k), new MatrixView(b, k, n), new MatrixView(other, k, n), c, n)));

        void Line(string name, double seconds) =>
            Print(output, $"{$"{m} x {k} x {n}, {name}",-32}{(double)m * k * n / seconds / Giga,8:F1} G multiply-adds/s {seconds * 1e6,10:F1} us");
    }

    // The logits of a few tokens: a table that no cache holds, read once. One packing by rows serves this and the embedding; the other is the bound.
    private static void Vocabulary(TextWriter output, int tokens, int width)
    {
        const int Most = 8;
        ulong[] table = Right(tokens, width);
        ulong[] x = Right(Most, width);
        ulong[] c = new ulong[Most * tokens];
        using PackedMatrix rows = PackedMatrix.Pack(new MatrixView(table, tokens, width));
        using PackedMatrix columns = PackedMatrix.Pack(new MatrixView(table, tokens, width).Transpose());
        foreach (int m in (int[])[1, 4, Most])
        {
            Line($"{m} x {width} x {tokens}", Best(() => RingMatrix.Multiply(new MatrixView(x.AsSpan(0, m * width), m, width), columns, c, tokens)));
            Line($"{m} x {width} x {tokens}, transposed", Best(() => RingMatrix.MultiplyTransposed(new MatrixView(x.AsSpan(0, m * width), m, width), rows, c, tokens)));
        }

        void Line(string name, double seconds) =>
            Print(output, $"{name,-32}{(double)tokens * width * sizeof(ulong) / seconds / Giga,8:F1} GB/s {seconds * 1e6,10:F1} us");
    }

    private static void Attention(TextWriter output, int queries, int keys, bool transposed)
    {
        const int Heads = 12, Width = 64;
        ulong[] q = Right(queries, Heads * Width);
        ulong[] kv = Right(keys, Heads * Width);
        ulong[] scores = Right(queries, keys);
        ulong[] c = new ulong[queries * Math.Max(keys, Width)];
        double seconds = Best(() =>
        {
            for (int head = 0; head < Heads; head++)
            {
                MatrixView right = new(kv.AsSpan(head * Width), keys, Width, Heads * Width);
                if (transposed)
                {
                    RingMatrix.Multiply(new MatrixView(q.AsSpan(head * Width), queries, Width, Heads * Width), right.Transpose(), c, keys);
                }
                else
                {
                    RingMatrix.Multiply(new MatrixView(scores, queries, keys), right, c, Width);
                }
            }
        });
        double rate = (double)Heads * queries * keys * Width / seconds;
        string name = transposed ? $"12 x ({queries}x64 x 64x{keys}), packing" : $"12 x ({queries}x{keys} x {keys}x64), packing";
        Print(output, $"{name,-32}{rate / Giga,8:F1} G multiply-adds/s {seconds * 1e6,10:F1} us");
    }

    private static void Random(TextWriter output, int bytes)
    {
        using AesCtrPrg prg = new(new byte[16], 1);
        byte[] buffer = new byte[bytes];
        int repeats = Math.Max(1, (1 << 20) / bytes);
        double seconds = Best(() =>
        {
            for (int i = 0; i < repeats; i++)
            {
                prg.Fill(buffer);
            }
        });
        Print(output, $"{$"AES-CTR, fills of {bytes} bytes",-32}{(double)bytes * repeats / seconds / Giga,8:F2} GB/s");
    }

    private static ulong[] Right(int rows, int columns)
    {
        using AesCtrPrg prg = new(new byte[16], (ulong)rows << 32 | (uint)columns);
        ulong[] words = new ulong[rows * columns];
        prg.Fill(words);
        return words;
    }

    private static double Best(Action action)
    {
        double best = double.MaxValue;
        long end = Stopwatch.GetTimestamp() + Stopwatch.Frequency / 2;
        int runs = 0;
        do
        {
            long start = Stopwatch.GetTimestamp();
            action();
            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalSeconds);
            runs++;
        }
        while (runs < 5 || Stopwatch.GetTimestamp() < end);

        return best;
    }

    private static void Print(TextWriter output, FormattableString line) => output.WriteLine(line.ToString(CultureInfo.InvariantCulture));
}
