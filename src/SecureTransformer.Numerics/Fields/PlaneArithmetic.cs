using System.Runtime.CompilerServices;

namespace SecureTransformer.Numerics;

/// <summary>Arithmetic of one field on words side by side; x and y point at plane 0, and planes lie at a distance in words.</summary>
internal unsafe interface IPlaneArithmetic
{
    /// <summary>z = x y, or z += x y.</summary>
    static abstract void Multiply<T>(ulong* x, nint xStride, ulong* y, nint yStride, ulong* z, nint zStride, bool add)
        where T : struct, ILanes<T>;

    /// <summary>target += c x.</summary>
    static abstract void MultiplyPublic<T>(int c, ulong* x, nint xStride, ulong* target, nint targetStride)
        where T : struct, ILanes<T>;
}

/// <summary>Modulo x^2 + x + 1.</summary>
internal readonly unsafe struct PlanesOfDegree2 : IPlaneArithmetic
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply<T>(ulong* x, nint xStride, ulong* y, nint yStride, ulong* z, nint zStride, bool add)
        where T : struct, ILanes<T>
    {
        T x0 = T.Load(x);
        T x1 = T.Load(x + xStride);
        T y0 = T.Load(y);
        T y1 = T.Load(y + yStride);
        T c0 = (x0 & y0);
        T c1 = (x0 & y1) ^ (x1 & y0);
        T c2 = (x1 & y1);
        c0 ^= c2;
        c1 ^= c2;
        if (add)
        {
            c0 ^= T.Load(z);
            c1 ^= T.Load(z + zStride);
        }

        c0.Store(z);
        c1.Store(z + zStride);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyPublic<T>(int c, ulong* x, nint xStride, ulong* target, nint targetStride)
        where T : struct, ILanes<T>
    {
        T x0 = T.Load(x);
        T x1 = T.Load(x + xStride);
        T z0 = T.Load(target);
        T z1 = T.Load(target + targetStride);
        if ((c & 1) != 0)
        {
            z0 ^= x0;
            z1 ^= x1;
        }

        (x0, x1) = (x1, x0 ^ x1);
        if ((c & 2) != 0)
        {
            z0 ^= x0;
            z1 ^= x1;
        }

        z0.Store(target);
        z1.Store(target + targetStride);
    }
}

/// <summary>Modulo x^3 + x + 1.</summary>
internal readonly unsafe struct PlanesOfDegree3 : IPlaneArithmetic
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply<T>(ulong* x, nint xStride, ulong* y, nint yStride, ulong* z, nint zStride, bool add)
        where T : struct, ILanes<T>
    {
        T x0 = T.Load(x);
        T x1 = T.Load(x + xStride);
        T x2 = T.Load(x + (2 * xStride));
        T y0 = T.Load(y);
        T y1 = T.Load(y + yStride);
        T y2 = T.Load(y + (2 * yStride));
        T c0 = (x0 & y0);
        T c1 = (x0 & y1) ^ (x1 & y0);
        T c2 = (x0 & y2) ^ (x1 & y1) ^ (x2 & y0);
        T c3 = (x1 & y2) ^ (x2 & y1);
        T c4 = (x2 & y2);
        c0 ^= c3;
        c1 ^= c3 ^ c4;
        c2 ^= c4;
        if (add)
        {
            c0 ^= T.Load(z);
            c1 ^= T.Load(z + zStride);
            c2 ^= T.Load(z + (2 * zStride));
        }

        c0.Store(z);
        c1.Store(z + zStride);
        c2.Store(z + (2 * zStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyPublic<T>(int c, ulong* x, nint xStride, ulong* target, nint targetStride)
        where T : struct, ILanes<T>
    {
        T x0 = T.Load(x);
        T x1 = T.Load(x + xStride);
        T x2 = T.Load(x + (2 * xStride));
        T z0 = T.Load(target);
        T z1 = T.Load(target + targetStride);
        T z2 = T.Load(target + (2 * targetStride));
        if ((c & 1) != 0)
        {
            z0 ^= x0;
            z1 ^= x1;
            z2 ^= x2;
        }

        (x0, x1, x2) = (x2, x0 ^ x2, x1);
        if ((c & 2) != 0)
        {
            z0 ^= x0;
            z1 ^= x1;
            z2 ^= x2;
        }

        (x0, x1, x2) = (x2, x0 ^ x2, x1);
        if ((c & 4) != 0)
        {
            z0 ^= x0;
            z1 ^= x1;
            z2 ^= x2;
        }

        z0.Store(target);
        z1.Store(target + targetStride);
        z2.Store(target + (2 * targetStride));
    }
}

/// <summary>Modulo x^4 + x + 1.</summary>
internal readonly unsafe struct PlanesOfDegree4 : IPlaneArithmetic
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply<T>(ulong* x, nint xStride, ulong* y, nint yStride, ulong* z, nint zStride, bool add)
        where T : struct, ILanes<T>
    {
        T x0 = T.Load(x);
        T x1 = T.Load(x + xStride);
        T x2 = T.Load(x + (2 * xStride));
        T x3 = T.Load(x + (3 * xStride));
        T y0 = T.Load(y);
        T y1 = T.Load(y + yStride);
        T y2 = T.Load(y + (2 * yStride));
        T y3 = T.Load(y + (3 * yStride));
        T c0 = (x0 & y0);
        T c1 = (x0 & y1) ^ (x1 & y0);
        T c2 = (x0 & y2) ^ (x1 & y1) ^ (x2 & y0);
        T c3 = (x0 & y3) ^ (x1 & y2) ^ (x2 & y1) ^ (x3 & y0);
        T c4 = (x1 & y3) ^ (x2 & y2) ^ (x3 & y1);
        T c5 = (x2 & y3) ^ (x3 & y2);
        T c6 = (x3 & y3);
        c0 ^= c4;
        c1 ^= c4 ^ c5;
        c2 ^= c5 ^ c6;
        c3 ^= c6;
        if (add)
        {
            c0 ^= T.Load(z);
            c1 ^= T.Load(z + zStride);
            c2 ^= T.Load(z + (2 * zStride));
            c3 ^= T.Load(z + (3 * zStride));
        }

        c0.Store(z);
        c1.Store(z + zStride);
        c2.Store(z + (2 * zStride));
        c3.Store(z + (3 * zStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyPublic<T>(int c, ulong* x, nint xStride, ulong* target, nint targetStride)
        where T : struct, ILanes<T>
    {
        T x0 = T.Load(x);
        T x1 = T.Load(x + xStride);
        T x2 = T.Load(x + (2 * xStride));
        T x3 = T.Load(x + (3 * xStride));
        T z0 = T.Load(target);
        T z1 = T.Load(target + targetStride);
        T z2 = T.Load(target + (2 * targetStride));
        T z3 = T.Load(target + (3 * targetStride));
        if ((c & 1) != 0)
        {
            z0 ^= x0;
            z1 ^= x1;
            z2 ^= x2;
            z3 ^= x3;
        }

        (x0, x1, x2, x3) = (x3, x0 ^ x3, x1, x2);
        if ((c & 2) != 0)
        {
            z0 ^= x0;
            z1 ^= x1;
            z2 ^= x2;
            z3 ^= x3;
        }

        (x0, x1, x2, x3) = (x3, x0 ^ x3, x1, x2);
        if ((c & 4) != 0)
        {
            z0 ^= x0;
            z1 ^= x1;
            z2 ^= x2;
            z3 ^= x3;
        }

        (x0, x1, x2, x3) = (x3, x0 ^ x3, x1, x2);
        if ((c & 8) != 0)
        {
            z0 ^= x0;
            z1 ^= x1;
            z2 ^= x2;
            z3 ^= x3;
        }

        z0.Store(target);
        z1.Store(target + targetStride);
        z2.Store(target + (2 * targetStride));
        z3.Store(target + (3 * targetStride));
    }
}

/// <summary>Modulo x^5 + x^2 + 1.</summary>
internal readonly unsafe struct PlanesOfDegree5 : IPlaneArithmetic
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Multiply<T>(ulong* x, nint xStride, ulong* y, nint yStride, ulong* z, nint zStride, bool add)
        where T : struct, ILanes<T>
    {
        T x0 = T.Load(x);
        T x1 = T.Load(x + xStride);
        T x2 = T.Load(x + (2 * xStride));
        T x3 = T.Load(x + (3 * xStride));
        T x4 = T.Load(x + (4 * xStride));
        T y0 = T.Load(y);
        T y1 = T.Load(y + yStride);
        T y2 = T.Load(y + (2 * yStride));
        T y3 = T.Load(y + (3 * yStride));
        T y4 = T.Load(y + (4 * yStride));
        T c0 = (x0 & y0);
        T c1 = (x0 & y1) ^ (x1 & y0);
        T c2 = (x0 & y2) ^ (x1 & y1) ^ (x2 & y0);
        T c3 = (x0 & y3) ^ (x1 & y2) ^ (x2 & y1) ^ (x3 & y0);
        T c4 = (x0 & y4) ^ (x1 & y3) ^ (x2 & y2) ^ (x3 & y1) ^ (x4 & y0);
        T c5 = (x1 & y4) ^ (x2 & y3) ^ (x3 & y2) ^ (x4 & y1);
        T c6 = (x2 & y4) ^ (x3 & y3) ^ (x4 & y2);
        T c7 = (x3 & y4) ^ (x4 & y3);
        T c8 = (x4 & y4);
        c0 ^= c5 ^ c8;
        c1 ^= c6;
        c2 ^= c5 ^ c7 ^ c8;
        c3 ^= c6 ^ c8;
        c4 ^= c7;
        if (add)
        {
            c0 ^= T.Load(z);
            c1 ^= T.Load(z + zStride);
            c2 ^= T.Load(z + (2 * zStride));
            c3 ^= T.Load(z + (3 * zStride));
            c4 ^= T.Load(z + (4 * zStride));
        }

        c0.Store(z);
        c1.Store(z + zStride);
        c2.Store(z + (2 * zStride));
        c3.Store(z + (3 * zStride));
        c4.Store(z + (4 * zStride));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MultiplyPublic<T>(int c, ulong* x, nint xStride, ulong* target, nint targetStride)
        where T : struct, ILanes<T>
    {
        T x0 = T.Load(x);
        T x1 = T.Load(x + xStride);
        T x2 = T.Load(x + (2 * xStride));
        T x3 = T.Load(x + (3 * xStride));
        T x4 = T.Load(x + (4 * xStride));
        T z0 = T.Load(target);
        T z1 = T.Load(target + targetStride);
        T z2 = T.Load(target + (2 * targetStride));
        T z3 = T.Load(target + (3 * targetStride));
        T z4 = T.Load(target + (4 * targetStride));
        if ((c & 1) != 0)
        {
            z0 ^= x0;
            z1 ^= x1;
            z2 ^= x2;
            z3 ^= x3;
            z4 ^= x4;
        }

        (x0, x1, x2, x3, x4) = (x4, x0, x1 ^ x4, x2, x3);
        if ((c & 2) != 0)
        {
            z0 ^= x0;
            z1 ^= x1;
            z2 ^= x2;
            z3 ^= x3;
            z4 ^= x4;
        }

        (x0, x1, x2, x3, x4) = (x4, x0, x1 ^ x4, x2, x3);
        if ((c & 4) != 0)
        {
            z0 ^= x0;
            z1 ^= x1;
            z2 ^= x2;
            z3 ^= x3;
            z4 ^= x4;
        }

        (x0, x1, x2, x3, x4) = (x4, x0, x1 ^ x4, x2, x3);
        if ((c & 8) != 0)
        {
            z0 ^= x0;
            z1 ^= x1;
            z2 ^= x2;
            z3 ^= x3;
            z4 ^= x4;
        }

        (x0, x1, x2, x3, x4) = (x4, x0, x1 ^ x4, x2, x3);
        if ((c & 16) != 0)
        {
            z0 ^= x0;
            z1 ^= x1;
            z2 ^= x2;
            z3 ^= x3;
            z4 ^= x4;
        }

        z0.Store(target);
        z1.Store(target + targetStride);
        z2.Store(target + (2 * targetStride));
        z3.Store(target + (3 * targetStride));
        z4.Store(target + (4 * targetStride));
    }
}
