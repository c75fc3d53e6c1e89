using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using SecureTransformer.Numerics;

namespace SecureTransformer.Bench;

/// <summary>What a measurement ran on.</summary>
internal sealed record MachineInfo(string Processor, int Cores, double MemoryGiB, string VectorExtensions, string MatrixPath, string System, string Runtime)
{
    public static MachineInfo Here() => new(
        ProcessorName(),
        Environment.ProcessorCount,
        Math.Round(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / (double)(1 << 30), 1),
        Extensions(),
        RingMatrixDiagnostics.Path,
        RuntimeInformation.OSDescription,
        RuntimeInformation.FrameworkDescription);

    public string ToMarkdown() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Processor}, {Cores} cores, {MemoryGiB:F1} GiB; vectors: {VectorExtensions} (products of matrices take the path {MatrixPath}); {System}; {Runtime}.\n");

    private static string ProcessorName()
    {
        const string Linux = "/proc/cpuinfo";
        string? name = File.Exists(Linux)
            ? File.ReadLines(Linux).FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
            : Environment.GetEnvironmentVariable("PROCESSOR_IDENTIFIER");
        return $"{name ?? "processor without a name"} ({RuntimeInformation.ProcessArchitecture})";
    }

    private static string Extensions()
    {
        (string Name, bool Has)[] all =
        [
            ("AVX2", Avx2.IsSupported), ("AVX-512F", Avx512F.IsSupported), ("AVX-512DQ", Avx512DQ.IsSupported), ("AES", Aes.IsSupported), ("PCLMULQDQ", Pclmulqdq.IsSupported),
            ("AdvSimd", global::System.Runtime.Intrinsics.Arm.AdvSimd.IsSupported), ("Arm AES", global::System.Runtime.Intrinsics.Arm.Aes.IsSupported),
        ];
        string names = string.Join(", ", all.Where(extension => extension.Has).Select(extension => extension.Name));
        return names.Length > 0 ? names : Vector128.IsHardwareAccelerated ? "128 bits" : "none";
    }
}
