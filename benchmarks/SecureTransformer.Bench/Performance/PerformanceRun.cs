using System.Diagnostics;
using SecureTransformer.Hosting;
using SecureTransformer.Protocols;

namespace SecureTransformer.Bench;

/// <summary>Measures what a plan asks for, one after another.</summary>
internal static class PerformanceRun
{
    private static readonly BenchOptions s_processes = new() { Transport = BenchTransport.Processes };

    public static async Task<PerformanceFigures> MeasureAsync(PerformancePlan plan)
    {
        long start = Stopwatch.GetTimestamp();
        var figures = new PerformanceFigures { Machine = MachineInfo.Here() };
        if (plan.Has(PerformancePlan.Rates) || plan.Has(PerformancePlan.Budget))
        {
            Show("rates");
            figures.Rates = await RatesAsync();
        }

        if (plan.Has(PerformancePlan.Budget))
        {
            Show("budget");
            var profile = new SessionProfile();
            figures.Bert = await Measurement.RunAsync(Workloads.Bert(plan.Layers, 128, 0.02), new BenchOptions(), profile);
            figures.Budget = Budget.RowsOf(profile.Report());
        }

        if (plan.Has(PerformancePlan.Memory))
        {
            figures.Memory = await BenchTable.MeasureAsync(new BenchOptions().With(3, BenchTable.Seconds, plan.Repetitions, BenchTable.Seconds));
        }

        if (plan.Has(PerformancePlan.Processes))
        {
            figures.Processes = await BenchTable.MeasureAsync(s_processes.With(3, BenchTable.Seconds, plan.Repetitions, BenchTable.Seconds));
        }

        if (plan.Has(PerformancePlan.Allocations))
        {
            Show("allocations");
            figures.Block = await Measurement.RunAsync(Workloads.Layer(128, 0.02), new BenchOptions { WarmUps = 3 });
        }

        if (plan.Has(PerformancePlan.Growth))
        {
            Show("growth");
            (figures.GrowthSetupSeconds, figures.Growth) = await Growth.MeasureAsync(plan.Layers, plan.LongestText);
        }

        if (plan.Has(PerformancePlan.Tokens))
        {
            Show("tokens");
            figures.Tokens =
            [
                .. await Gpt2Tokens.MeasureAsync(plan.Layers, ClusterTransport.Memory),
                .. await Gpt2Tokens.MeasureAsync(plan.Layers, ClusterTransport.Tcp),
            ];
        }

        if (plan.Has(PerformancePlan.Networks))
        {
            Show("networks");
            figures.Networks = await EmulatedNetworks.MeasureAsync(plan.Layers, plan.Wan);
        }

        figures.Seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        return figures;

        void Show(string part) => Console.Error.WriteLine($"== {part} ({Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s)");
    }

    private static async Task<MeasuredRates> RatesAsync() => new(
        Numerics.RingMatrixDiagnostics.MeasureTile(TimeSpan.FromSeconds(1)),
        CoreProbe.Product(1024, 1024, 1024),
        CoreProbe.Product(128, 768, 3072),
        CoreProbe.Products(),
        CoreProbe.Aes(),
        CoreProbe.Copy(),
        await ChannelProbe.InMemoryAsync(),
        await ChannelProbe.BetweenProcessesAsync());
}
