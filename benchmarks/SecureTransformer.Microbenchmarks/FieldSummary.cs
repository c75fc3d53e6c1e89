using System.Diagnostics;
using System.Globalization;
using SecureTransformer.Numerics;

namespace SecureTransformer.Microbenchmarks;

/// <summary>The few figures of field arithmetic that matter: <c>dotnet run -c Release -- fields</c>. One core; the best of several runs each.</summary>
internal static class FieldSummary
{
    public static void Run(TextWriter output)
    {
        foreach ((int m, int k, int n) in ((int, int, int)[])[(256, 256, 256), (128, 128, 128), (128, 768, 768), (1, 768, 768), (768, 768, 1), (3, 3, 100_000), (5, 7, 100_000), (64, 16, 64)])
        {
            Product(output, m, k, n, transposed: false);
        }

        Product(output, 256, 256, 256, transposed: true);
        foreach (int count in (int[])[1 << 9, 1 << 20])
        {
            Elementwise(output, count);
        }

        for (int degree = BinaryField.MinDegree; degree <= BinaryField.MaxDegree; degree++)
        {
            Planes(output, degree, 1 << 8);
            Planes(output, degree, 1 << 18);
        }

        DecodingBenchmarks decoding = new();
        decoding.Setup();
        Values("reconstruct, 7 parties", () => decoding.Honest());
        Values("reconstruct, two of them lie", () => decoding.TwoLiars());
        double decode = Best(() => decoding.Decode());
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{"decode, 7 shares, 2 wrong",-40}{decode * 1e6,8:F2} us"));

        void Values(string name, Action action) =>
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-40}{Best(action) * 1e9 / DecodingBenchmarks.Count,8:F2} ns a value"));
    }

    private static void Product(TextWriter output, int m, int k, int n, bool transposed)
    {
        ulong[] a = Uniform(m * k), b = Uniform(k * n), c = new ulong[2 * m * n];
        double seconds = Best(() =>
        {
            FieldMatrixView right = transposed ? new FieldMatrixView(b, n, k).Transpose() : new FieldMatrixView(b, k, n);
            FieldMatrix.Multiply(new FieldMatrixView(a, m, k), right, c, n);
        });
        string name = $"{m} x {k} x {n}{(transposed ? ", transposed" : string.Empty)}";
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-32}{seconds * 1e3,10:F3} ms {seconds * 1e9 / ((double)m * k * n),8:F2} ns a product"));
    }

    private static void Elementwise(TextWriter output, int count)
    {
        ulong[] x = Uniform(count), y = Uniform(count), z = new ulong[2 * count], one = new ulong[2];
        Mersenne127 scalar = Mersenne127.FromInt64(-3) * Mersenne127.FromInt64(long.MaxValue);
        using AesCtrPrg prg = new(new byte[16], 2);
        Line("add", () => FieldKernels.Add(x, y, z));
        Line("subtract", () => FieldKernels.Subtract(x, y, z));
        Line("multiply", () => FieldKernels.Multiply(x, y, z));
        Line("multiply into", () => FieldKernels.MultiplyInto(z, x, y));
        Line("multiply by a scalar", () => FieldKernels.MultiplyScalar(x, scalar, z));
        Line("scalar product into", () => FieldKernels.MultiplyScalarInto(z, x, scalar));
        Line("product with 35 into", () => FieldKernels.MultiplyScalarInto(z, x, Mersenne127.FromInt64(35)));
        Line("product with -35 into", () => FieldKernels.MultiplyScalarInto(z, x, Mersenne127.FromInt64(-35)));
        Line("dot", () => FieldKernels.DotRows(x, y, 1, count, one));
        Line("sum", () => FieldKernels.SumRows(x, 1, count, one));
        Line("uniform", () => FieldKernels.FillUniform(prg, z));
        Line("encode", () => FieldKernels.EncodeSigned(x.AsSpan(0, count), z));
        Line("decode", () => FieldKernels.DecodeSigned(x, z.AsSpan(0, count)));

        void Line(string name, Action action)
        {
            int repeats = Math.Max(1, (1 << 16) / count);
            double seconds = Best(() =>
            {
                for (int i = 0; i < repeats; i++)
                {
                    action();
                }
            }) / repeats;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{$"{name}, {count} elements",-40}{seconds * 1e9 / count,8:F2} ns an element"));
        }
    }

    private static void Planes(TextWriter output, int degree, int words)
    {
        var field = BinaryField.OfDegree(degree);
        ulong[] x = Uniform(words * degree)[..(words * degree)], y = Uniform(words * degree)[(words * degree)..], z = new ulong[words * degree];
        Line("and", () => BinaryPlanes.Multiply(field, x, y, z));
        Line("and, accumulated", () => BinaryPlanes.Multiply(field, x, y, z, accumulate: true));
        Line("by a public element", () => BinaryPlanes.MultiplyPublicInto(field, field.Order - 1, x, z));

        void Line(string name, Action action)
        {
            int repeats = Math.Max(1, (1 << 16) / words);
            double seconds = Best(() =>
            {
                for (int i = 0; i < repeats; i++)
                {
                    action();
                }
            }) / repeats;
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{$"{name}, degree {degree}, {words} words a plane",-48}{seconds * 1e9 / words,8:F3} ns for 64 bits"));
        }
    }

    private static ulong[] Uniform(int count)
    {
        using AesCtrPrg prg = new(new byte[16], 1);
        ulong[] words = new ulong[2 * count];
        FieldKernels.FillUniform(prg, words);
        return words;
    }

    private static double Best(Action action)
    {
        double best = double.MaxValue;
        long end = Stopwatch.GetTimestamp() + (Stopwatch.Frequency / 3);
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
}
