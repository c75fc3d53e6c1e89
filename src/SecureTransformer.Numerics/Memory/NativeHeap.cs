using System.Runtime.InteropServices;

namespace SecureTransformer.Numerics;

/// <summary>The C library's heap, which keeps freed memory for later.</summary>
internal static partial class NativeHeap
{
    /// <summary>Gives freed memory back to the system, where the C library has a way to ask for it (glibc's malloc_trim).</summary>
    public static void Trim()
    {
        if (OperatingSystem.IsLinux() && NativeLibrary.TryLoad("libc.so.6", out nint library))
        {
            if (NativeLibrary.TryGetExport(library, "malloc_trim", out nint trim))
            {
                unsafe
                {
                    _ = ((delegate* unmanaged<nuint, int>)trim)(0);
                }
            }

            NativeLibrary.Free(library);
        }
    }
}
