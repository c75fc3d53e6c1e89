using System.Globalization;

namespace SecureTransformer.Bench;

/// <summary>Lets the peaks of the memory of this process's children count from now on, where the system can (Linux, proc(5), clear_refs); elsewhere they go on.</summary>
internal static class PeakMemory
{
    private const string ResetPeak = "5";

    public static void ResetOfChildren()
    {
        foreach (string directory in Directory.Exists("/proc/self") ? Directory.GetDirectories("/proc") : [])
        {
            try
            {
                if (int.TryParse(Path.GetFileName(directory), CultureInfo.InvariantCulture, out _) && ParentOf(directory) == Environment.ProcessId)
                {
                    File.WriteAllText(Path.Combine(directory, "clear_refs"), ResetPeak);
                }
            }
            catch (Exception error) when (error is IOException or UnauthorizedAccessException)
            {
                // A process that has ended, or is somebody else's.
            }
        }
    }

    private static int ParentOf(string directory) => File.ReadLines(Path.Combine(directory, "status")).FirstOrDefault(line => line.StartsWith("PPid:", StringComparison.Ordinal)) is { } line
        ? int.Parse(line["PPid:".Length..], CultureInfo.InvariantCulture)
        : 0;
}
