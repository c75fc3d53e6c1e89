using System.Collections.ObjectModel;

namespace SecureTransformer.Models;

/// <summary>Where one tensor lies in a safetensors file, and what it looks like. Holds no data.</summary>
public sealed class TensorInfo
{
    internal TensorInfo(string name, long[] shape, long elementCount, TensorDType dtype, string file, long offset, long byteLength)
    {
        Name = name;
        Shape = Array.AsReadOnly(shape);
        ElementCount = elementCount;
        DType = dtype;
        File = file;
        Offset = offset;
        ByteLength = byteLength;
    }

    /// <summary>The tensor's name in the file.</summary>
    public string Name { get; }

    /// <summary>The dimensions, outermost first; empty for a scalar.</summary>
    public ReadOnlyCollection<long> Shape { get; }

    /// <summary>The product of the dimensions; 1 for a scalar.</summary>
    public long ElementCount { get; }

    /// <summary>How the elements are stored.</summary>
    public TensorDType DType { get; }

    /// <summary>Whether <see cref="SafetensorsFile.Read(string, long, Span{float})"/> can convert this element type.</summary>
    public bool IsReadable => DType is TensorDType.F32 or TensorDType.F16 or TensorDType.BF16;

    /// <summary>Path of the file that holds the data.</summary>
    public string File { get; }

    /// <summary>Position of the first byte of data, from the start of the file.</summary>
    public long Offset { get; }

    /// <summary>Bytes of data.</summary>
    public long ByteLength { get; }

    /// <inheritdoc/>
    public override string ToString() => $"{Text.Printable(Name)} {Text.Shape(Shape)} {DType}";
}
