using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace SecureTransformer.Models;

/// <summary>
/// Reads and widens elements without a buffer of its own: the stored bytes go to the far end of the destination and are widened from the
/// front. Element i is written to [i w, (i+1) w) while the bytes still needed start at n (w - s) + (i+1) s, which is never below (i+1) w for i &lt; n
/// (s stored, w wide element size).
/// </summary>
internal static class TensorReader
{
    private const int BlockElements = 1 << 20;

    public static void Read(SafeFileHandle handle, TensorInfo tensor, long start, Span<double> destination)
    {
        Check(tensor, start, destination.Length);
        while (!destination.IsEmpty)
        {
            Span<double> block = destination[..Math.Min(BlockElements, destination.Length)];
            Span<byte> stored = FillEnd(handle, tensor, start, MemoryMarshal.AsBytes(block), block.Length);
            switch (tensor.DType)
            {
                case TensorDType.F32:
                    ReadOnlySpan<float> singles = MemoryMarshal.Cast<byte, float>(stored);
                    for (int i = 0; i < singles.Length; i++)
                    {
                        block[i] = singles[i];
                    }

                    break;
                case TensorDType.F16:
                    ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(stored);
                    for (int i = 0; i < halves.Length; i++)
                    {
                        block[i] = (float)halves[i];
                    }

                    break;
                default:
                    ReadOnlySpan<ushort> upper = MemoryMarshal.Cast<byte, ushort>(stored);
                    for (int i = 0; i < upper.Length; i++)
                    {
                        block[i] = BitConverter.UInt32BitsToSingle((uint)upper[i] << 16);
                    }

                    break;
            }

            start += block.Length;
            destination = destination[block.Length..];
        }
    }

    public static void Read(SafeFileHandle handle, TensorInfo tensor, long start, Span<float> destination)
    {
        Check(tensor, start, destination.Length);
        while (!destination.IsEmpty)
        {
            Span<float> block = destination[..Math.Min(BlockElements, destination.Length)];
            Span<byte> stored = FillEnd(handle, tensor, start, MemoryMarshal.AsBytes(block), block.Length);
            switch (tensor.DType)
            {
                case TensorDType.F32:
                    break;
                case TensorDType.F16:
                    ReadOnlySpan<Half> halves = MemoryMarshal.Cast<byte, Half>(stored);
                    for (int i = 0; i < halves.Length; i++)
                    {
                        block[i] = (float)halves[i];
                    }

                    break;
                default:
                    ReadOnlySpan<ushort> upper = MemoryMarshal.Cast<byte, ushort>(stored);
                    for (int i = 0; i < upper.Length; i++)
                    {
                        block[i] = BitConverter.UInt32BitsToSingle((uint)upper[i] << 16);
                    }

                    break;
            }

            start += block.Length;
            destination = destination[block.Length..];
        }
    }

    /// <summary>Reads stored elements to the end of a destination, in the byte order of this machine.</summary>
    private static Span<byte> FillEnd(SafeFileHandle handle, TensorInfo tensor, long start, Span<byte> destination, int count)
    {
        int size = TensorDTypes.Bits(tensor.DType) / 8;
        Span<byte> stored = destination[(destination.Length - (count * size))..];
        Fill(handle, stored, tensor.Offset + (start * size), tensor.File, $"tensor '{Text.Printable(tensor.Name)}'");
        if (!BitConverter.IsLittleEndian)
        {
            for (int i = 0; i < stored.Length; i += size)
            {
                stored.Slice(i, size).Reverse();
            }
        }

        return stored;
    }

    /// <summary>Reads exactly the bytes asked for, or says where the file ended.</summary>
    public static void Fill(SafeFileHandle handle, Span<byte> destination, long offset, string file, string what)
    {
        while (!destination.IsEmpty)
        {
            int read = RandomAccess.Read(handle, destination, offset);
            if (read == 0)
            {
                throw new InvalidDataException($"{file}: the file ends within {what} at offset {offset}; it has become shorter since it was opened.");
            }

            destination = destination[read..];
            offset += read;
        }
    }

    private static void Check(TensorInfo tensor, long start, int count)
    {
        if (!tensor.IsReadable)
        {
            throw new InvalidDataException(
                $"{tensor.File}: tensor '{Text.Printable(tensor.Name)}' at offset {tensor.Offset} has dtype {tensor.DType}; only {TensorDTypes.Readable} can be read.");
        }

        ArgumentOutOfRangeException.ThrowIfNegative(start);
        if (start > tensor.ElementCount - count)
        {
            throw new ArgumentOutOfRangeException(
                nameof(start), start, $"Elements [{start}, {start} + {count}) do not lie within tensor '{Text.Printable(tensor.Name)}' of shape {Text.Shape(tensor.Shape)}.");
        }
    }
}
