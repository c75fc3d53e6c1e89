using SecureTransformer.Numerics;

namespace SecureTransformer.Protocols.Shamir;

/// <summary>
/// The sum of a run of elements times different powers of a number, from the first power on: linear in the elements, and a polynomial in the number whose degree is less than
/// the number of elements, each run rounded up to whole blocks. Those who add runs of the same lengths give an element the same power.
/// </summary>
internal sealed class PowerSum
{
    /// <summary>The elements of a block.</summary>
    public const int Block = 256;

    private readonly SecretBuffer _sums;
    private readonly Mersenne127 _number;
    private readonly Mersenne127 _step;

    /// <param name="sums">Zeros, for a block.</param>
    /// <param name="number">The number.</param>
    public PowerSum(SecretBuffer sums, Mersenne127 number)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(sums.Length, Block * Mersenne127.WordCount, nameof(sums));
        _sums = sums;
        _number = number;
        _step = number;
        for (int power = 1; power < Block; power *= 2)
        {
            _step *= _step;
        }
    }

    /// <summary>Takes a run.</summary>
    public void Add(ReadOnlySpan<ulong> elements)
    {
        Span<ulong> sums = _sums.Span;
        while (!elements.IsEmpty)
        {
            ReadOnlySpan<ulong> block = elements[..Math.Min(elements.Length, sums.Length)];
            FieldKernels.MultiplyScalar(sums, _step, sums);
            FieldKernels.AddInto(sums[..block.Length], block);
            elements = elements[block.Length..];
        }
    }

    /// <summary>Adds the sum to another element.</summary>
    public Mersenne127 AddTo(Mersenne127 other)
    {
        Mersenne127 sum = Mersenne127.Zero;
        foreach (Mersenne127 element in Mersenne127.AsElements(_sums.Span))
        {
            sum = (sum + element) * _number;
        }

        return sum + other;
    }
}
