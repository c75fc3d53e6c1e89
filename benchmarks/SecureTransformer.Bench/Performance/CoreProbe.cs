using System.Diagnostics;
using SecureTransformer.Numerics;

namespace SecureTransformer.Bench;

/// <summary>Rates of the processor and the memory.</summary>
internal static class CoreProbe
{
    private const int Windows = 3;

    private static readonly TimeSpan s_window = TimeSpan.FromSeconds(0.4);

    public static CoreRate Product(int m, int k, int n) => Measure((double)m * k * n, () =>
    {
        ulong[] a = Words(m * k);
        ulong[] c = new ulong[m * n];
        PackedMatrix b = PackedMatrix.Pack(Words(k * n), k, n, n);
        return () => RingMatrix.Multiply(new MatrixView(a, m, k), b, c, n);
    });

    public static CoreRate Products()
    {
        const int Count = 1024;
        return Measure(Count, () =>
        {
            (ulong[] x, ulong[] y, ulong[] z) = (Words(Count), Words(Count), new ulong[Count]);
            return () => RingKernels.Multiply<ulong>(x, y, z);
        });
    }

    public static CoreRate Aes()
    {
        const int Count = 2048;
        return Measure(Count * sizeof(ulong), () =>
        {
            var words = new ulong[Count];
            var prg = new AesCtrPrg(new byte[AesCtrPrg.KeyByteCount], 1);
            return () => prg.Fill(words);
        });
    }

    public static CoreRate Copy()
    {
        const int Count = 1 << 24;
        return Measure(Count * (double)sizeof(ulong), () =>
        {
            (ulong[] from, ulong[] to) = (Words(Count), new ulong[Count]);
            return () => from.CopyTo(to, 0);
        });
    }

    /// <summary>The best of several windows, so that what else the machine does counts little.</summary>
    private static CoreRate Measure(double amount, Func<Action> prepare) => new(Best(1, amount, prepare), Best(Environment.ProcessorCount, amount, prepare));

    private static double Best(int threads, double amount, Func<Action> prepare)
    {
        Action[] work = [.. Enumerable.Range(0, threads).Select(_ => prepare())];
        Array.ForEach(work, action => action());
        return Enumerable.Range(0, Windows).Max(_ => Window(work) * amount);
    }

    /// <summary>Runs each in a thread of its own for a while; calls a second, of all together.</summary>
    private static double Window(Action[] work)
    {
        var rates = new double[work.Length];
        using var start = new Barrier(work.Length);
        Thread[] threads = [.. work.Select((action, i) => new Thread(() =>
        {
            start.SignalAndWait();
            long began = Stopwatch.GetTimestamp();
            int calls = 0;
            do
            {
                action();
                calls++;
            }
            while (Stopwatch.GetElapsedTime(began) < s_window);

            rates[i] = calls / Stopwatch.GetElapsedTime(began).TotalSeconds;
        }))];
        Array.ForEach(threads, thread => thread.Start());
        Array.ForEach(threads, thread => thread.Join());
        return rates.Sum();
    }

    private static ulong[] Words(int count)
    {
        using AesCtrPrg prg = new(new byte[AesCtrPrg.KeyByteCount], (ulong)count);
        var words = new ulong[count];
        prg.Fill(words);
        return words;
    }
}
