using SecureTransformer.Numerics;
using SecureTransformer.Protocols.Randomness;
using SecureTransformer.Transport;

namespace SecureTransformer.Protocols.Additive;

/// <summary>
/// Material of a sum of element-wise products (Beaver 1991): a mask for each distinct operand, in its own size, and the sum of the masks' products. An operand that is
/// repeated has one mask that is repeated likewise: it is opened once.
/// </summary>
internal sealed class ProductMaterial : Material
{
    public const int Kind = 1;

    private readonly int _count;
    private readonly int _shift;

    public ProductMaterial(int count, int shift, Repetition[] operands, (int Left, int Right)[] terms)
    {
        _count = count;
        _shift = shift;
        Operands = operands;
        Terms = terms;
    }

    /// <summary>How each distinct operand is repeated; a whole one has all elements.</summary>
    public Repetition[] Operands { get; }

    /// <summary>Each product as a pair of operands.</summary>
    public (int Left, int Right)[] Terms { get; }

    /// <summary>The sizes of the operands that are repeated.</summary>
    public int[] Repeated => [.. Operands.Where(operand => operand.Elements < _count).Select(operand => operand.Elements)];

    public static ProductMaterial Read(ref MaterialReader reader)
    {
        int count = reader.NextCount();
        int shift = reader.NextShift();
        var operands = new Repetition[reader.Next(1, MaxTerms, "number of operands")];
        var terms = new (int, int)[reader.Next(1, MaxTerms, "number of terms")];
        int room = MaxWords;
        for (int j = 0; j < operands.Length; j++)
        {
            int elements = reader.Next(1, count, "number of an operand's elements");
            operands[j] = new Repetition(elements, elements == count ? 1 : reader.Next(1, count / elements, "run"));
            if (elements < count && (elements > room || count % (elements * operands[j].Run) != 0))
            {
                throw new ProtocolException($"A request for material repeats an operand of {elements} elements in runs of {operands[j].Run} to {count}.");
            }

            room -= elements < count ? elements : 0;
        }

        for (int i = 0; i < terms.Length; i++)
        {
            terms[i] = (reader.Next(0, operands.Length - 1, "operand"), reader.Next(0, operands.Length - 1, "operand"));
        }

        return new ProductMaterial(count, shift, operands, terms);
    }

    /// <summary>The material of a sum of products, and its distinct operands.</summary>
    public static ProductMaterial Of(IReadOnlyList<SecretProduct> products, TensorShape shape, int shift, out SecretTensor[] operands)
    {
        SecretTensor[] distinct = [.. products.SelectMany(product => new[] { product.Left, product.Right }).Distinct()];
        operands = distinct;
        return new ProductMaterial(
            shape.Count,
            shift,
            [.. distinct.Select(operand => operand.Shape.Count == shape.Count ? new Repetition(shape.Count, 1) : Repetition.Of(operand.Shape, shape)!.Value)],
            [.. products.Select(product => (Array.IndexOf(distinct, product.Left), Array.IndexOf(distinct, product.Right)))]);
    }

    /// <summary>Whether an operand is repeated.</summary>
    public bool IsRepeated(int operand) => Operands[operand].Elements < _count;

    public override int[] Describe() =>
    [
        Kind, _count, _shift, Operands.Length, Terms.Length,
        .. Operands.SelectMany(operand => operand.Elements == _count ? new[] { _count } : [operand.Elements, operand.Run]),
        .. Terms.SelectMany(term => new[] { term.Left, term.Right }),
    ];

    public override async ValueTask DealAsync(DealerHand hand, CancellationToken cancellationToken)
    {
        using SecretBuffer small = hand.Pool.Rent(Math.Max(1, Repeated.Sum()));
        using SecretBuffer masks = hand.Pool.Rent((Operands.Length + 1L) * Math.Min(_count, Chunks.Size));
        int offset = 0;
        foreach (int elements in Repeated)
        {
            MatrixMaterial.Sum(hand, small.Span.Slice(offset, elements));
            offset += elements;
        }

        for (int start = 0; start < _count; start += Chunks.Size)
        {
            int length = Math.Min(Chunks.Size, _count - start);
            FrameBuffer frame = await hand.RentAsync(OutputMaterial.FrameBytes(length, _shift), cancellationToken).ConfigureAwait(false);
            offset = 0;
            for (int j = 0; j < Operands.Length; j++)
            {
                Span<ulong> mask = masks.Span.Slice(j * length, length);
                if (IsRepeated(j))
                {
                    Operands[j].Expand(small.Span.Slice(offset, Operands[j].Elements), start, mask);
                    offset += Operands[j].Elements;
                }
                else
                {
                    hand.Sum(Purpose.OperandMask, mask);
                }
            }

            Span<ulong> c = masks.Span.Slice(Operands.Length * length, length);
            c.Clear();
            foreach ((int left, int right) in Terms)
            {
                RingKernels.MultiplyAddInto<ulong>(c, masks.Span.Slice(left * length, length), masks.Span.Slice(right * length, length));
            }

            OutputMaterial.Deal(hand, c, _shift, frame);
            hand.Send(frame);
        }
    }
}
