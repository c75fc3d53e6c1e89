using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace SecureTransformer.Numerics;

public static partial class FieldKernels
{
    /// <summary>An operation on two elements, and on four pairs side by side.</summary>
    private interface IBinaryOperation
    {
        static abstract Mersenne127 Scalar(Mersenne127 x, Mersenne127 y);

        static abstract Vector512<ulong> Vector(Vector512<ulong> x, Vector512<ulong> y);
    }

    private readonly struct AddOperation : IBinaryOperation
    {
        public static Mersenne127 Scalar(Mersenne127 x, Mersenne127 y) => x + y;

        public static Vector512<ulong> Vector(Vector512<ulong> x, Vector512<ulong> y) => Mersenne127Vector.Add(x, y);
    }

    private readonly struct SubtractOperation : IBinaryOperation
    {
        public static Mersenne127 Scalar(Mersenne127 x, Mersenne127 y) => x - y;

        public static Vector512<ulong> Vector(Vector512<ulong> x, Vector512<ulong> y) => Mersenne127Vector.Subtract(x, y);
    }

    private readonly struct SubtractFromOperation : IBinaryOperation
    {
        public static Mersenne127 Scalar(Mersenne127 x, Mersenne127 y) => y - x;

        public static Vector512<ulong> Vector(Vector512<ulong> x, Vector512<ulong> y) => Mersenne127Vector.Subtract(y, x);
    }

    private static void Elementwise<T>(ReadOnlySpan<ulong> x, ReadOnlySpan<ulong> y, Span<ulong> destination, bool vectors)
        where T : IBinaryOperation
    {
        int done = 0;
        if (vectors && Mersenne127Vector.IsSupported)
        {
            ref ulong px = ref MemoryMarshal.GetReference(x);
            ref ulong py = ref MemoryMarshal.GetReference(y);
            ref ulong to = ref MemoryMarshal.GetReference(destination);
            for (; done <= destination.Length - Mersenne127Vector.Words; done += Mersenne127Vector.Words)
            {
                T.Vector(Vector512.LoadUnsafe(ref px, (nuint)done), Vector512.LoadUnsafe(ref py, (nuint)done)).StoreUnsafe(ref to, (nuint)done);
            }
        }

        ReadOnlySpan<Mersenne127> first = Mersenne127.AsElements(x[done..]);
        ReadOnlySpan<Mersenne127> second = Mersenne127.AsElements(y[done..]);
        Span<Mersenne127> result = Mersenne127.AsElements(destination[done..]);
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = T.Scalar(first[i], second[i]);
        }
    }

    private static void WithScalar<T>(ReadOnlySpan<ulong> x, Mersenne127 scalar, Span<ulong> destination, bool vectors)
        where T : IBinaryOperation
    {
        int done = 0;
        if (vectors && Mersenne127Vector.IsSupported)
        {
            ref ulong px = ref MemoryMarshal.GetReference(x);
            ref ulong to = ref MemoryMarshal.GetReference(destination);
            Vector512<ulong> y = Mersenne127Vector.Broadcast(scalar);
            for (; done <= destination.Length - Mersenne127Vector.Words; done += Mersenne127Vector.Words)
            {
                T.Vector(Vector512.LoadUnsafe(ref px, (nuint)done), y).StoreUnsafe(ref to, (nuint)done);
            }
        }

        ReadOnlySpan<Mersenne127> first = Mersenne127.AsElements(x[done..]);
        Span<Mersenne127> result = Mersenne127.AsElements(destination[done..]);
        for (int i = 0; i < result.Length; i++)
        {
            result[i] = T.Scalar(first[i], scalar);
        }
    }
}
