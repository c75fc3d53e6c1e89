using System.Diagnostics;
using System.Runtime.InteropServices;

namespace SecureTransformer.Numerics;

/// <summary>Measures the kernels on the machine at hand.</summary>
public static unsafe class RingMatrixDiagnostics
{
    /// <summary>Gets the name of the path that products take here: Avx512, Avx2 or Portable.</summary>
    public static string Path => RingMatrix.BestPath.ToString();

    /// <summary>
    /// The rate of the register tile alone, 8 x k times k x 24 with k = 96, on data in the first-level cache: the bound for every product.
    /// </summary>
    /// <param name="duration">How long to measure.</param>
    /// <returns>Multiply-adds a second on one core, the best of many short measurements.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="duration"/> is not positive.</exception>
    public static double MeasureTile(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(duration, TimeSpan.Zero);
        return RingMatrix.BestPath switch
        {
            RingTilePath.Avx512 => Measure<Avx512Tile>(duration),
            RingTilePath.Avx2 => Measure<Avx2Tile>(duration),
            _ => Measure<PortableTile>(duration),
        };
    }

    private static double Measure<TTile>(TimeSpan duration)
        where TTile : struct, IRingTile
    {
        const int K = 96;
        const int Calls = 200;
        const int Words = K * 8 + K * 24 + 8 * 24;
        const double Products = (double)Calls * 8 * 24 * K;
        ulong* a = (ulong*)NativeMemory.AlignedAlloc(Words * sizeof(ulong), SecretBufferPool.Alignment);
        try
        {
            new Span<ulong>(a, Words).Fill(0x9e3779b97f4a7c15);
            ulong* b = a + K * 8;
            ulong* c = b + K * 24;
            double best = 0;
            long end = Stopwatch.GetTimestamp() + (long)(duration.TotalSeconds * Stopwatch.Frequency);
            do
            {
                long start = Stopwatch.GetTimestamp();
                for (int i = 0; i < Calls; i++)
                {
                    TTile.Multiply(8, 24, a, 1, 8, b, 24, K, c, 24, accumulate: true);
                }

                best = Math.Max(best, Products / Stopwatch.GetElapsedTime(start).TotalSeconds);
            }
            while (Stopwatch.GetTimestamp() < end);

            return best;
        }
        finally
        {
            NativeMemory.AlignedFree(a);
        }
    }
}
