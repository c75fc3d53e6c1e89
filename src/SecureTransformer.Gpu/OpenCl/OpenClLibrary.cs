using System.Reflection;
using System.Runtime.InteropServices;

namespace SecureTransformer.Gpu.OpenCl;

/// <summary>Finds the loader of OpenCL drivers on Linux, Windows and macOS.</summary>
internal static class OpenClLibrary
{
    internal const string Name = "OpenCL";

    private static readonly string[] s_names =
        OperatingSystem.IsWindows() ? ["OpenCL.dll"] :
        OperatingSystem.IsMacOS() ? ["/System/Library/Frameworks/OpenCL.framework/OpenCL"] :
        ["libOpenCL.so.1", "libOpenCL.so"];

    internal static bool IsPresent => TryLoad(s_names, typeof(OpenClLibrary).Assembly, null, out _);

    internal static nint Resolve(string name, Assembly assembly, DllImportSearchPath? paths) =>
        name == Name && TryLoad(s_names, assembly, paths, out nint library) ? library : 0;

    internal static bool TryLoad(IEnumerable<string> names, Assembly assembly, DllImportSearchPath? paths, out nint library)
    {
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, assembly, paths, out library))
            {
                return true;
            }
        }

        library = 0;
        return false;
    }
}
