namespace SecureTransformer.Models;

/// <summary>Element types of the safetensors format. Only <see cref="F32"/>, <see cref="F16"/> and <see cref="BF16"/> can be read; the others are listed.</summary>
public enum TensorDType
{
    /// <summary>IEEE 754 single precision.</summary>
    F32,
    /// <summary>IEEE 754 half precision.</summary>
    F16,
    /// <summary>The upper 16 bits of IEEE 754 single precision.</summary>
    BF16,
    /// <summary>IEEE 754 double precision (not readable).</summary>
    F64,
    /// <summary>8-bit float, 5 exponent bits (not readable).</summary>
    F8E5M2,
    /// <summary>8-bit float, 4 exponent bits (not readable).</summary>
    F8E4M3,
    /// <summary>8-bit power of two (not readable).</summary>
    F8E8M0,
    /// <summary>6-bit float, 2 exponent bits (not readable).</summary>
    F6E2M3,
    /// <summary>6-bit float, 3 exponent bits (not readable).</summary>
    F6E3M2,
    /// <summary>4-bit float (not readable).</summary>
    F4,
    /// <summary>Signed 64-bit integer (not readable).</summary>
    I64,
    /// <summary>Signed 32-bit integer (not readable).</summary>
    I32,
    /// <summary>Signed 16-bit integer (not readable).</summary>
    I16,
    /// <summary>Signed 8-bit integer (not readable).</summary>
    I8,
    /// <summary>Unsigned 64-bit integer (not readable).</summary>
    U64,
    /// <summary>Unsigned 32-bit integer (not readable).</summary>
    U32,
    /// <summary>Unsigned 16-bit integer (not readable).</summary>
    U16,
    /// <summary>Unsigned 8-bit integer (not readable).</summary>
    U8,
    /// <summary>Boolean, one byte (not readable).</summary>
    Bool,
    /// <summary>Two single-precision floats (not readable).</summary>
    C64,
}

internal static class TensorDTypes
{
    public const string Readable = "F32, F16 and BF16";

    public static bool TryParse(string name, out TensorDType type)
    {
        TensorDType? found = name switch
        {
            "F32" => TensorDType.F32,
            "F16" => TensorDType.F16,
            "BF16" => TensorDType.BF16,
            "F64" => TensorDType.F64,
            "F8_E5M2" => TensorDType.F8E5M2,
            "F8_E4M3" => TensorDType.F8E4M3,
            "F8_E8M0" => TensorDType.F8E8M0,
            "F6_E2M3" => TensorDType.F6E2M3,
            "F6_E3M2" => TensorDType.F6E3M2,
            "F4" => TensorDType.F4,
            "I64" => TensorDType.I64,
            "I32" => TensorDType.I32,
            "I16" => TensorDType.I16,
            "I8" => TensorDType.I8,
            "U64" => TensorDType.U64,
            "U32" => TensorDType.U32,
            "U16" => TensorDType.U16,
            "U8" => TensorDType.U8,
            "BOOL" => TensorDType.Bool,
            "C64" => TensorDType.C64,
            _ => null,
        };
        type = found.GetValueOrDefault();
        return found.HasValue;
    }

    public static int Bits(TensorDType type) => type switch
    {
        TensorDType.F4 => 4,
        TensorDType.F6E2M3 or TensorDType.F6E3M2 => 6,
        TensorDType.F8E5M2 or TensorDType.F8E4M3 or TensorDType.F8E8M0 => 8,
        TensorDType.I8 or TensorDType.U8 or TensorDType.Bool => 8,
        TensorDType.F16 or TensorDType.BF16 or TensorDType.I16 or TensorDType.U16 => 16,
        TensorDType.F32 or TensorDType.I32 or TensorDType.U32 => 32,
        _ => 64,
    };
}
