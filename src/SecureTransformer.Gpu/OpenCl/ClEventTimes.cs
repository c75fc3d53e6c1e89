namespace SecureTransformer.Gpu.OpenCl;

/// <summary>What became of a command.</summary>
internal static unsafe class ClEventTimes
{
    private const uint ExecutionStatus = 0x11D3;
    private const uint CommandStart = 0x1282;
    private const uint CommandEnd = 0x1283;

    /// <summary>Waits for a command.</summary>
    /// <exception cref="OpenClException">It failed on the device.</exception>
    internal static void Wait(ClEvent done, ClContext context)
    {
        nint handle = done.DangerousGetHandle();
        int status = Cl.WaitForEvents(1, &handle);
        if (status == ClStatus.FailedEvent)
        {
            int cause;
            context.Check(Cl.GetEventInfo(done, ExecutionStatus, sizeof(int), &cause, null), "clGetEventInfo");
            context.Check(cause < 0 ? cause : status, "A command");
        }

        context.Check(status, "clWaitForEvents");
    }

    /// <summary>Whether a command has been worked off.</summary>
    internal static bool IsComplete(ClEvent done, ClContext context)
    {
        int status;
        context.Check(Cl.GetEventInfo(done, ExecutionStatus, sizeof(int), &status, null), "clGetEventInfo");
        return status == 0;
    }

    /// <summary>How long the device worked at a command of a queue with profiling.</summary>
    internal static TimeSpan Duration(ClEvent done, ClContext context)
    {
        ulong start;
        ulong end;
        context.Check(Cl.GetEventProfilingInfo(done, CommandStart, sizeof(ulong), &start, null), "clGetEventProfilingInfo");
        context.Check(Cl.GetEventProfilingInfo(done, CommandEnd, sizeof(ulong), &end, null), "clGetEventProfilingInfo");
        return TimeSpan.FromTicks((long)((end - start) / 100));
    }
}
