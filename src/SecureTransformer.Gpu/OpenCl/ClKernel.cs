using System.Text;

namespace SecureTransformer.Gpu.OpenCl;

/// <summary>A kernel, built from a source for one device.</summary>
internal sealed unsafe class ClKernel : ClHandle
{
    private const uint BuildLog = 0x1183;
    private const uint KernelWorkGroupSize = 0x11B0;

    private readonly ClContext _context;

    private ClKernel(nint handle, ClProgram program, ClContext context)
        : base(handle, program) => _context = context;

    /// <summary>Builds a source and takes one kernel of it.</summary>
    /// <exception cref="OpenClException">The source does not build: the message ends with the compiler's log.</exception>
    internal static ClKernel Build(ClContext context, string source, string options, string name)
    {
        using ClProgram program = CreateProgram(context, source);
        nint device = context.Device.Id;
        int status = Cl.BuildProgram(program, 1, &device, options, 0, 0);
        if (status != ClStatus.Success)
        {
            throw new OpenClException(
                $"The kernel {name} does not build on {context.Device.Title} with {options}: clBuildProgram: {ClStatus.Words(status)} (OpenCL status {status}). The compiler says:\n{Log(program, device)}",
                status);
        }

        nint kernel = Cl.CreateKernel(program, name, &status);
        context.Check(status, "clCreateKernel");
        return new ClKernel(kernel, program, context);
    }

    /// <summary>The most work-items of one group with which the device runs this kernel.</summary>
    internal long LargestWorkGroup
    {
        get
        {
            nuint size;
            _context.Check(Cl.GetKernelWorkGroupInfo(this, _context.Device.Id, KernelWorkGroupSize, (nuint)sizeof(nuint), &size, null), "clGetKernelWorkGroupInfo");
            return (long)size;
        }
    }

    internal void Set(uint index, ClBuffer buffer)
    {
        nint value = buffer.DangerousGetHandle();
        _context.Check(Cl.SetKernelArg(this, index, (nuint)sizeof(nint), &value), "clSetKernelArg");
    }

    internal void Set(uint index, ulong value) => _context.Check(Cl.SetKernelArg(this, index, sizeof(ulong), &value), "clSetKernelArg");

    protected override int Release() => Cl.ReleaseKernel(handle);

    private static ClProgram CreateProgram(ClContext context, string source)
    {
        byte[] text = Encoding.UTF8.GetBytes(source);
        fixed (byte* first = text)
        {
            byte* one = first;
            nuint length = (nuint)text.Length;
            int status;
            nint handle = Cl.CreateProgramWithSource(context, 1, &one, &length, &status);
            context.Check(status, "clCreateProgramWithSource");
            return new ClProgram(handle, context);
        }
    }

    private static string Log(ClProgram program, nint device)
    {
        nuint size;
        if (Cl.GetProgramBuildInfo(program, device, BuildLog, 0, null, &size) != ClStatus.Success || size == 0)
        {
            return "(nothing)";
        }

        byte[] text = new byte[checked((int)size)];
        fixed (byte* first = text)
        {
            return Cl.GetProgramBuildInfo(program, device, BuildLog, size, first, null) == ClStatus.Success
                ? Encoding.UTF8.GetString(text).TrimEnd('\0', '\n', ' ')
                : "(nothing)";
        }
    }
}
