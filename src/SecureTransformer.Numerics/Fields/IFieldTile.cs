namespace SecureTransformer.Numerics;

/// <summary>The inner part of a matrix product modulo 2^127 - 1: operands arranged for it, and products of a few rows with eight columns.</summary>
internal unsafe interface IFieldTile
{
    /// <summary>The columns of a panel.</summary>
    const int Width = 8;

    /// <summary>The most rows of a tile.</summary>
    const int Height = 2;

    /// <summary>The most terms of one pass.</summary>
    const int Depth = 128;

    static abstract bool IsSupported { get; }

    /// <summary>Words of one arranged row of so many elements.</summary>
    static abstract int LeftWords(int depth);

    /// <summary>Words of one arranged panel of so many rows; a multiple of eight.</summary>
    static abstract int RightWords(int depth);

    /// <summary>Arranges rows, <see cref="LeftWords"/> each.</summary>
    static abstract void ArrangeLeft(in FieldOperand a, int rows, int depth, ulong* to);

    /// <summary>Arranges a panel; columns beyond <paramref name="columns"/> are zeros.</summary>
    static abstract void ArrangeRight(in FieldOperand b, int depth, int columns, ulong* to);

    /// <summary>Canonical sums of products of one or two arranged rows with an arranged panel: rows x 8 elements.</summary>
    static abstract void Run(ulong* left, int rows, ulong* right, int depth, ulong* result);
}
