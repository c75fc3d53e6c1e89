using System.Runtime.InteropServices;

namespace SecureTransformer.Transport;

/// <summary>Waits far shorter than a timer of the runtime, without taking a core.</summary>
internal static partial class ShortSleep
{
    /// <summary>How late the system wakes a thread, as a rule; what is left is waited for in a loop.</summary>
    public static readonly TimeSpan Lateness = TimeSpan.FromMicroseconds(90);

    /// <summary>Sleeps for so long, by nanosleep where the system has it; elsewhere lets others run.</summary>
    public static void For(TimeSpan time)
    {
        if (OperatingSystem.IsLinux() && Environment.Is64BitProcess)
        {
            var request = new TimeSpec { Seconds = (long)time.TotalSeconds, Nanoseconds = time.Ticks % TimeSpan.TicksPerSecond * TimeSpan.NanosecondsPerTick };
            _ = NanoSleep(request, 0);
        }
        else
        {
            Thread.Yield();
        }
    }

    [LibraryImport("libc", EntryPoint = "nanosleep")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int NanoSleep(in TimeSpec request, nint remaining);

    private struct TimeSpec
    {
        public long Seconds;
        public long Nanoseconds;
    }
}
