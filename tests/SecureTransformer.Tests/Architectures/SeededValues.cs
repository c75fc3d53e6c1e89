using System.Buffers.Binary;
using SecureTransformer.Numerics;

namespace SecureTransformer.Architectures;

/// <summary>Reproducible numbers. Never a source of secrets.</summary>
internal sealed class SeededValues : IDisposable
{
    private readonly AesCtrPrg _prg;

    public SeededValues(ulong seed)
    {
        byte[] key = new byte[AesCtrPrg.KeyByteCount];
        BinaryPrimitives.WriteUInt64LittleEndian(key, seed);
        _prg = new AesCtrPrg(key, 0x7e57);
    }

    /// <summary>Uniform in (0, 1].</summary>
    public double Uniform() => ((_prg.NextUInt64() >> 11) + 1) * Math.ScaleB(1, -53);

    public int Below(int bound) => (int)(_prg.NextUInt64() % (ulong)bound);

    /// <summary>Normal with mean 0, by Box and Muller.</summary>
    public double Normal(double deviation) => deviation * Math.Sqrt(-2 * Math.Log(Uniform())) * Math.Cos(2 * Math.PI * Uniform());

    public double[] Normals(int count, double deviation, double mean = 0)
    {
        double[] values = new double[count];
        for (int i = 0; i < count; i++)
        {
            values[i] = mean + Normal(deviation);
        }

        return values;
    }

    public void Dispose() => _prg.Dispose();
}
