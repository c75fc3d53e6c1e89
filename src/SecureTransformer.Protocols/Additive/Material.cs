using System.Runtime.InteropServices;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>
/// The correlated randomness of one operation: its public description, what the dealer computes, and what a party reads. Each kind has one class that knows both sides.
/// </summary>
internal abstract class Material
{
    /// <summary>The request that ends a session.</summary>
    public const int End = 0;

    /// <summary>The largest number of operands or terms of one operation.</summary>
    public const int MaxTerms = 128;

    /// <summary>The largest request in bytes.</summary>
    public const int MaxRequest = (16 + (4 * MaxTerms)) * sizeof(int);

    /// <summary>Words that the dealer holds at once for one operand: 2 GiB. What it works on chunk by chunk has no such bound.</summary>
    public const int MaxWords = 1 << 28;

    /// <summary>The kind and its public parameters, as sent to the dealer.</summary>
    public abstract int[] Describe();

    /// <summary>The dealer: draws all shares and sends the corrections.</summary>
    public abstract ValueTask DealAsync(DealerHand hand, CancellationToken cancellationToken);

    /// <summary>Reads a description; null at the end of the session.</summary>
    /// <exception cref="ProtocolException">It makes no sense, or asks for more than one operation may.</exception>
    public static Material? Parse(ReadOnlySpan<byte> request)
    {
        if (request.Length is 0 or > MaxRequest || request.Length % sizeof(int) != 0)
        {
            throw new ProtocolException($"A request for material has {request.Length} bytes.");
        }

        var reader = new MaterialReader(MemoryMarshal.Cast<byte, int>(request));
        int kind = reader.Next(0, PolynomialMaterial.Kind, "kind");
        Material? material = kind switch
        {
            End => null,
            ProductMaterial.Kind => ProductMaterial.Read(ref reader),
            DotMaterial.Kind => DotMaterial.Read(ref reader),
            MatrixMaterial.Kind => MatrixMaterial.Read(ref reader),
            FixedMatrixMaterial.Kind => FixedMatrixMaterial.Read(ref reader),
            TruncationMaterial.Kind => TruncationMaterial.Read(ref reader),
            AndMaterial.Kind => AndMaterial.Read(ref reader),
            CompareMaterial.Kind => CompareMaterial.Read(ref reader),
            BitNumberMaterial.Kind => BitNumberMaterial.Read(ref reader),
            ShuffleMaterial.Kind => ShuffleMaterial.Read(ref reader),
            NormalizeMaterial.Kind => NormalizeMaterial.Read(ref reader),
            _ => PolynomialMaterial.Read(ref reader),
        };
        reader.RequireEnd();
        return material;
    }
}
