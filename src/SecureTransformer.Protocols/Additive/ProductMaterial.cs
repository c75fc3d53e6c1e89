using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>Material of a sum of element-wise products (Beaver 1991): a mask for each distinct operand, and the sum of the masks' products.</summary>
internal sealed class ProductMaterial(int count, int shift, int operands, (int Left, int Right)[] terms) : Material
{
    public const int Kind = 1;

    public static ProductMaterial Read(ref MaterialReader reader)
    {
        int count = reader.NextCount();
        int shift = reader.NextShift();
        int operands = reader.Next(1, MaxTerms, "number of operands");
        var terms = new (int, int)[reader.Next(1, MaxTerms, "number of terms")];
        for (int i = 0; i < terms.Length; i++)
        {
            terms[i] = (reader.Next(0, operands - 1, "operand"), reader.Next(0, operands - 1, "operand"));
        }

        return new ProductMaterial(count, shift, operands, terms);
    }

    /// <summary>The distinct operands of a sum of products, and each product as a pair of them.</summary>
    public static (SecretTensor[] Operands, (int Left, int Right)[] Terms) Operands(IReadOnlyList<SecretProduct> products)
    {
        SecretTensor[] operands = [.. products.SelectMany(product => new[] { product.Left, product.Right }).Distinct()];
        return (operands, [.. products.Select(product => (Array.IndexOf(operands, product.Left), Array.IndexOf(operands, product.Right)))]);
    }

    public override int[] Describe() => [Kind, count, shift, operands, terms.Length, .. terms.SelectMany(term => new[] { term.Left, term.Right })];

    public override async ValueTask DealAsync(DealerHand hand, CancellationToken cancellationToken)
    {
        using SecretBuffer masks = hand.Pool.Rent((operands + 1L) * Math.Min(count, Chunks.Size));
        for (int start = 0; start < count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, count - start);
            FrameBuffer frame = await hand.RentAsync(OutputMaterial.FrameBytes(length, shift), cancellationToken).ConfigureAwait(false);
            for (int j = 0; j < operands; j++)
            {
                hand.Sum(Purpose.OperandMask, masks.Span.Slice(j * length, length));
            }

            Span<ulong> c = masks.Span.Slice(operands * length, length);
            c.Clear();
            foreach ((int left, int right) in terms)
            {
                RingKernels.MultiplyAddInto<ulong>(c, masks.Span.Slice(left * length, length), masks.Span.Slice(right * length, length));
            }

            OutputMaterial.Deal(hand, c, shift, frame);
            hand.Send(frame);
        }
    }
}
