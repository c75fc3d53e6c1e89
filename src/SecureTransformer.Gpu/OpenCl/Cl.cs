using System.Runtime.InteropServices;

[assembly: DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]

namespace SecureTransformer.Gpu.OpenCl;

/// <summary>The calls of OpenCL 1.2 (Khronos, revision 19) that the backend makes, as they are. Their results are checked by the handles.</summary>
internal static unsafe partial class Cl
{
    // The runtime asks once for each library name, before the first call into it.
    static Cl() => NativeLibrary.SetDllImportResolver(typeof(Cl).Assembly, OpenClLibrary.Resolve);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clGetPlatformIDs")]
    internal static partial int GetPlatformIDs(uint count, nint* platforms, uint* found);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clGetDeviceIDs")]
    internal static partial int GetDeviceIDs(nint platform, ulong type, uint count, nint* devices, uint* found);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clGetDeviceInfo")]
    internal static partial int GetDeviceInfo(nint device, uint name, nuint size, void* value, nuint* needed);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clCreateContext")]
    internal static partial nint CreateContext(nint* properties, uint count, nint* devices, nint notify, nint data, int* error);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clReleaseContext")]
    internal static partial int ReleaseContext(nint context);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clCreateCommandQueue")]
    internal static partial nint CreateCommandQueue(ClContext context, nint device, ulong properties, int* error);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clReleaseCommandQueue")]
    internal static partial int ReleaseCommandQueue(nint queue);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clFlush")]
    internal static partial int Flush(nint queue);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clFinish")]
    internal static partial int Finish(ClQueue queue);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clCreateBuffer")]
    internal static partial nint CreateBuffer(ClContext context, ulong flags, nuint size, void* host, int* error);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clReleaseMemObject")]
    internal static partial int ReleaseMemObject(nint buffer);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clEnqueueFillBuffer")]
    internal static partial int EnqueueFillBuffer(
        nint queue, nint buffer, void* pattern, nuint patternSize, nuint offset, nuint size, uint waits, nint* waitList, nint* done);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clEnqueueMapBuffer")]
    internal static partial void* EnqueueMapBuffer(
        ClQueue queue, nint buffer, uint blocking, ulong flags, nuint offset, nuint size, uint waits, nint* waitList, nint* done, int* error);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clEnqueueUnmapMemObject")]
    internal static partial int EnqueueUnmapMemObject(nint queue, nint buffer, void* mapped, uint waits, nint* waitList, nint* done);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clEnqueueWriteBuffer")]
    internal static partial int EnqueueWriteBuffer(
        ClQueue queue, ClBuffer buffer, uint blocking, nuint offset, nuint size, void* source, uint waits, nint* waitList, nint* done);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clEnqueueWriteBufferRect")]
    internal static partial int EnqueueWriteBufferRect(
        ClQueue queue, ClBuffer buffer, uint blocking, nuint* bufferOrigin, nuint* hostOrigin, nuint* region, nuint bufferRowPitch, nuint bufferSlicePitch, nuint hostRowPitch, nuint hostSlicePitch, void* source, uint waits, nint* waitList, nint* done);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clEnqueueReadBuffer")]
    internal static partial int EnqueueReadBuffer(
        ClQueue queue, ClBuffer buffer, uint blocking, nuint offset, nuint size, void* target, uint waits, nint* waitList, nint* done);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clEnqueueReadBufferRect")]
    internal static partial int EnqueueReadBufferRect(
        ClQueue queue, ClBuffer buffer, uint blocking, nuint* bufferOrigin, nuint* hostOrigin, nuint* region, nuint bufferRowPitch, nuint bufferSlicePitch, nuint hostRowPitch, nuint hostSlicePitch, void* target, uint waits, nint* waitList, nint* done);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clCreateProgramWithSource")]
    internal static partial nint CreateProgramWithSource(ClContext context, uint count, byte** sources, nuint* lengths, int* error);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clBuildProgram", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int BuildProgram(ClProgram program, uint count, nint* devices, string options, nint notify, nint data);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clGetProgramBuildInfo")]
    internal static partial int GetProgramBuildInfo(ClProgram program, nint device, uint name, nuint size, void* value, nuint* needed);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clReleaseProgram")]
    internal static partial int ReleaseProgram(nint program);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clCreateKernel", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint CreateKernel(ClProgram program, string name, int* error);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clReleaseKernel")]
    internal static partial int ReleaseKernel(nint kernel);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clGetKernelWorkGroupInfo")]
    internal static partial int GetKernelWorkGroupInfo(ClKernel kernel, nint device, uint name, nuint size, void* value, nuint* needed);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clSetKernelArg")]
    internal static partial int SetKernelArg(ClKernel kernel, uint index, nuint size, void* value);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clEnqueueNDRangeKernel")]
    internal static partial int EnqueueNDRangeKernel(
        ClQueue queue, ClKernel kernel, uint dimensions, nuint* offset, nuint* global, nuint* local, uint waits, nint* waitList, nint* done);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clWaitForEvents")]
    internal static partial int WaitForEvents(uint count, nint* events);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clGetEventInfo")]
    internal static partial int GetEventInfo(ClEvent done, uint name, nuint size, void* value, nuint* needed);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clGetEventProfilingInfo")]
    internal static partial int GetEventProfilingInfo(ClEvent done, uint name, nuint size, void* value, nuint* needed);

    [LibraryImport(OpenClLibrary.Name, EntryPoint = "clReleaseEvent")]
    internal static partial int ReleaseEvent(nint done);
}
