namespace SecureTransformer.Protocols;

/// <content>Shapes: local operations that move shares without looking at them.</content>
public abstract partial class MpcSession
{
    /// <summary>The same elements under another shape; shares the memory of <paramref name="x"/>.</summary>
    /// <exception cref="ArgumentException">The numbers of elements differ.</exception>
    public SecretTensor Reshape(SecretTensor x, TensorShape shape)
    {
        Require(x);
        RequireCount(x, shape);
        return View(x, shape, 0, x.FractionalBits);
    }

    /// <summary>The same bits under another shape; shares the memory of <paramref name="x"/>.</summary>
    /// <exception cref="ArgumentException">The numbers of elements differ.</exception>
    public SecretBits Reshape(SecretBits x, TensorShape shape)
    {
        Require(x);
        RequireCount(x, shape);
        RequireFlow();
        (ShareStorage storage, int offset) = x.Share(0);
        return new SecretBits(this, shape, storage, offset, x.WordCount);
    }

    /// <summary>A run of positions along an axis. Along the outermost axis the memory is shared; otherwise it is copied.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The run is empty or reaches past the axis.</exception>
    public SecretTensor Slice(SecretTensor x, int axis, int start, int length)
    {
        Require(x);
        axis = x.Shape.Axis(axis);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)start + length, x.Shape[axis], nameof(length));
        TensorShape shape = x.Shape.With(axis, length);
        (int outer, int inner) = Around(x.Shape, axis);
        if (outer == 1)
        {
            return View(x, shape, start * inner, x.FractionalBits);
        }

        SecretTensor result = Allocate(shape, x.FractionalBits);
        int run = length * inner * WordsPerElement;
        int stride = x.Shape[axis] * inner * WordsPerElement;
        int first = start * inner * WordsPerElement;
        for (int c = 0; c < Components; c++)
        {
            ReadOnlySpan<ulong> source = x.Words(c);
            Span<ulong> target = result.Words(c);
            for (int o = 0; o < outer; o++)
            {
                source.Slice((o * stride) + first, run).CopyTo(target[(o * run)..]);
            }
        }

        return result;
    }

    /// <summary>A run of bits, in row-major order, as a vector; copied.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The run is empty or reaches past the end.</exception>
    public SecretBits Slice(SecretBits x, int start, int length)
    {
        Require(x);
        ArgumentOutOfRangeException.ThrowIfNegative(start);
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan((long)start + length, x.Shape.Count, nameof(length));
        SecretBits result = AllocateBits(new TensorShape(length));
        for (int c = 0; c < BitComponents; c++)
        {
            BitRuns.Copy(x.Words(c), start, result.Words(c), 0, length);
        }

        return result;
    }

    /// <summary>Tensors one after another along an axis; copied.</summary>
    /// <exception cref="ArgumentException">No tensor, or shapes that differ in another axis, or different numbers of fractional bits.</exception>
    public SecretTensor Concatenate(IReadOnlyList<SecretTensor> tensors, int axis)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        if (tensors.Count == 0)
        {
            throw new ArgumentException("Nothing to concatenate.", nameof(tensors));
        }

        SecretTensor head = tensors[0];
        Require(head, nameof(tensors));
        axis = head.Shape.Axis(axis);
        long extent = 0;
        foreach (SecretTensor tensor in tensors)
        {
            Require(tensor, nameof(tensors));
            RequireSameFractionalBits(head, tensor);
            if (tensor.Shape.Rank != head.Shape.Rank || tensor.Shape.With(axis, 1) != head.Shape.With(axis, 1))
            {
                throw new ArgumentException($"Shapes {head.Shape} and {tensor.Shape} cannot be concatenated along axis {axis}.", nameof(tensors));
            }

            extent += tensor.Shape[axis];
        }

        SecretTensor result = Allocate(head.Shape.With(axis, extent), head.FractionalBits);
        (int outer, int inner) = Around(head.Shape, axis);
        int stride = (int)extent * inner * WordsPerElement;
        int first = 0;
        foreach (SecretTensor tensor in tensors)
        {
            int run = tensor.Shape[axis] * inner * WordsPerElement;
            for (int c = 0; c < Components; c++)
            {
                ReadOnlySpan<ulong> source = tensor.Words(c);
                Span<ulong> target = result.Words(c);
                for (int o = 0; o < outer; o++)
                {
                    source.Slice(o * run, run).CopyTo(target[((o * stride) + first)..]);
                }
            }

            first += run;
        }

        return result;
    }

    /// <summary>Bits one after another, in row-major order, as a vector; copied.</summary>
    /// <exception cref="ArgumentException">Nothing to concatenate.</exception>
    public SecretBits Concatenate(IReadOnlyList<SecretBits> bits)
    {
        ArgumentNullException.ThrowIfNull(bits);
        if (bits.Count == 0)
        {
            throw new ArgumentException("Nothing to concatenate.", nameof(bits));
        }

        long count = 0;
        foreach (SecretBits part in bits)
        {
            Require(part, nameof(bits));
            count += part.Shape.Count;
        }

        SecretBits result = AllocateBits(new TensorShape(count));
        int start = 0;
        foreach (SecretBits part in bits)
        {
            for (int c = 0; c < BitComponents; c++)
            {
                BitRuns.Copy(part.Words(c), 0, result.Words(c), start, part.Shape.Count);
            }

            start += part.Shape.Count;
        }

        return result;
    }

    /// <summary>Rows along the outermost axis, by public indices in any order, also repeated; copied.</summary>
    /// <param name="x">The tensor, [N, ...].</param>
    /// <param name="rows">The indices, each from 0 to N - 1; at least one.</param>
    /// <returns>The rows, [rows, ...].</returns>
    /// <exception cref="ArgumentException"><paramref name="x"/> is a scalar, or there are no indices.</exception>
    /// <exception cref="ArgumentOutOfRangeException">An index is outside the axis.</exception>
    public SecretTensor GatherRows(SecretTensor x, params ReadOnlySpan<int> rows)
    {
        Require(x);
        if (x.Shape.Rank == 0 || rows.IsEmpty)
        {
            throw new ArgumentException($"Gathering {rows.Length} rows of the shape {x.Shape}: a tensor with an axis and at least one row are needed.", nameof(rows));
        }

        foreach (int row in rows)
        {
            if ((uint)row >= (uint)x.Shape[0])
            {
                throw new ArgumentOutOfRangeException(nameof(rows), row, $"The shape {x.Shape} has the rows 0 to {x.Shape[0] - 1}.");
            }
        }

        SecretTensor result = Allocate(x.Shape.With(0, rows.Length), x.FractionalBits);
        int run = x.Shape.Count / x.Shape[0] * WordsPerElement;
        for (int c = 0; c < Components; c++)
        {
            ReadOnlySpan<ulong> source = x.Words(c);
            Span<ulong> target = result.Words(c);
            for (int i = 0; i < rows.Length; i++)
            {
                source.Slice(rows[i] * run, run).CopyTo(target[(i * run)..]);
            }
        }

        return result;
    }

    /// <summary>The tensor with its axes in another order: axis i of the result is axis <c>axes[i]</c> of <paramref name="x"/>; copied.</summary>
    /// <exception cref="ArgumentException"><paramref name="axes"/> is not a permutation of the axes.</exception>
    public SecretTensor Permute(SecretTensor x, params ReadOnlySpan<int> axes)
    {
        Require(x);
        int rank = x.Shape.Rank;
        Span<bool> seen = stackalloc bool[TensorShape.MaxRank];
        foreach (int axis in axes)
        {
            if ((uint)axis >= (uint)rank || seen[axis])
            {
                throw new ArgumentException($"[{string.Join(", ", axes.ToArray())}] is not a permutation of the axes of {x.Shape}.", nameof(axes));
            }

            seen[axis] = true;
        }

        if (axes.Length != rank)
        {
            throw new ArgumentException($"[{string.Join(", ", axes.ToArray())}] is not a permutation of the axes of {x.Shape}.", nameof(axes));
        }

        Span<long> extents = stackalloc long[rank];
        Span<int> strides = stackalloc int[rank];
        int stride = WordsPerElement;
        Span<int> sourceStrides = stackalloc int[rank];
        for (int i = rank - 1; i >= 0; i--)
        {
            sourceStrides[i] = stride;
            stride *= x.Shape[i];
        }

        for (int i = 0; i < rank; i++)
        {
            extents[i] = x.Shape[axes[i]];
            strides[i] = sourceStrides[axes[i]];
        }

        SecretTensor result = Allocate(new TensorShape(extents), x.FractionalBits);
        for (int c = 0; c < Components; c++)
        {
            StridedCopy(x.Words(c), strides, result.Words(c), extents, WordsPerElement);
        }

        return result;
    }

    /// <summary>The tensor repeated to a larger shape: axes are aligned from the last, and an extent of 1 is repeated; copied.</summary>
    /// <exception cref="ArgumentException">The shape of <paramref name="x"/> does not broadcast to <paramref name="shape"/>.</exception>
    public SecretTensor BroadcastTo(SecretTensor x, TensorShape shape)
    {
        Require(x);
        int rank = shape.Rank;
        Span<int> strides = stackalloc int[rank];
        int stride = WordsPerElement;
        bool fits = x.Shape.Rank <= rank;
        for (int i = 1; fits && i <= rank; i++)
        {
            int extent = i <= x.Shape.Rank ? x.Shape[-i] : 1;
            fits = extent == 1 || extent == shape[-i];
            strides[rank - i] = extent == 1 ? 0 : stride;
            stride *= extent;
        }

        if (!fits)
        {
            throw new ArgumentException($"The shape {x.Shape} does not broadcast to {shape}.", nameof(x));
        }

        SecretTensor result = Allocate(shape, x.FractionalBits);
        for (int c = 0; c < Components; c++)
        {
            StridedCopy(x.Words(c), strides, result.Words(c), shape.Extents, WordsPerElement);
        }

        return result;
    }

    /// <summary>Elements at public positions, counted row-major: element i of the result is element <c>positions[i]</c> of <paramref name="x"/>, or zero where that is -1; copied.</summary>
    /// <exception cref="ArgumentException">The number of positions is not that of the shape.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A position is below -1 or past the end.</exception>
    public SecretTensor Gather(SecretTensor x, ReadOnlySpan<int> positions, TensorShape shape)
    {
        Require(x);
        if (positions.Length != shape.Count)
        {
            throw new ArgumentException($"{positions.Length} positions for the shape {shape}, which has {shape.Count} elements.", nameof(positions));
        }

        foreach (int position in positions)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(position, -1, nameof(positions));
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(position, x.Shape.Count, nameof(positions));
        }

        SecretTensor result = Allocate(shape, x.FractionalBits);
        for (int c = 0; c < Components; c++)
        {
            ReadOnlySpan<ulong> source = x.Words(c);
            Span<ulong> target = result.Words(c);
            for (int i = 0; i < positions.Length; i++)
            {
                if (positions[i] >= 0)
                {
                    source.Slice(positions[i] * WordsPerElement, WordsPerElement).CopyTo(target[(i * WordsPerElement)..]);
                }
            }
        }

        return result;
    }

    private static (int Outer, int Inner) Around(TensorShape shape, int axis)
    {
        int outer = 1;
        for (int i = 0; i < axis; i++)
        {
            outer *= shape[i];
        }

        return (outer, shape.Count / outer / shape[axis]);
    }

    private static void StridedCopy(ReadOnlySpan<ulong> source, ReadOnlySpan<int> strides, Span<ulong> target, ReadOnlySpan<long> extents, int element)
    {
        if (extents.Length == 0)
        {
            source[..element].CopyTo(target);
            return;
        }

        int extent = (int)extents[0];
        int stride = strides[0];
        if (extents.Length > 1)
        {
            int block = target.Length / extent;
            for (int i = 0; i < extent; i++)
            {
                StridedCopy(source[(i * stride)..], strides[1..], target.Slice(i * block, block), extents[1..], element);
            }
        }
        else if (stride == element)
        {
            source[..(extent * element)].CopyTo(target);
        }
        else if (element == 1)
        {
            for (int i = 0; i < extent; i++)
            {
                target[i] = source[i * stride];
            }
        }
        else
        {
            for (int i = 0; i < extent; i++)
            {
                source.Slice(i * stride, element).CopyTo(target[(i * element)..]);
            }
        }
    }

    private static void RequireCount(Secret x, TensorShape shape)
    {
        if (x.Shape.Count != shape.Count)
        {
            throw new ArgumentException($"{x.Shape} has {x.Shape.Count} elements and {shape} has {shape.Count}.", nameof(shape));
        }
    }

    private protected static void RequireSameFractionalBits(SecretTensor x, SecretTensor y)
    {
        if (x.FractionalBits != y.FractionalBits)
        {
            throw new ArgumentException($"The operands have {x.FractionalBits} and {y.FractionalBits} fractional bits; bring them to the same number first.");
        }
    }
}
