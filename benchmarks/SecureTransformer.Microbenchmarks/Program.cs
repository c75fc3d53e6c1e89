using BenchmarkDotNet.Running;
using SecureTransformer.Microbenchmarks;

if (args is ["kernel", ..])
{
    KernelSummary.Run(Console.Out);
    return;
}

if (args is ["fields", ..])
{
    FieldSummary.Run(Console.Out);
    return;
}

BenchmarkSwitcher.FromAssembly(typeof(KernelSummary).Assembly).Run(args);
