using System.CommandLine;
using System.Text.Json;

namespace SecureTransformer.Bench;

/// <summary><c>performance</c>: measures and writes every table of docs/performance.md.</summary>
internal static class PerformanceCommand
{
    public static Command Create(Option<FileInfo?> json)
    {
        var quick = new Option<bool>("--quick") { Description = "Two blocks, fewer repetitions, texts of at most 256 tokens, no WAN: a few minutes." };
        var only = new Option<string[]>("--only") { Description = $"Parts, by default all: {string.Join(", ", PerformancePlan.AllParts)}.", AllowMultipleArgumentsPerToken = true };
        var output = new Option<FileInfo?>("--output") { Description = "A Markdown file: each table takes the place of that of its name, or goes to the end. By default tables are printed." };
        only.AcceptOnlyFromAmong([.. PerformancePlan.AllParts]);
        var command = new Command("performance", "Measure this machine and what the protocol makes of it: every table of docs/performance.md, in less than 15 minutes on two cores.") { quick, only, output };
        command.SetAction(async parsed =>
        {
            IReadOnlyList<string> parts = parsed.GetValue(only) is { Length: > 0 } given ? given : PerformancePlan.AllParts;
            PerformancePlan plan = parsed.GetValue(quick) ? PerformancePlan.Quick(parts) : PerformancePlan.Full(parts);
            PerformanceFigures figures = await PerformanceRun.MeasureAsync(plan);
            FileInfo? file = parsed.GetValue(output);
            string text = file is { Exists: true } ? await File.ReadAllTextAsync(file.FullName) : "";
            foreach ((string name, string section) in PerformanceReport.Sections(figures, plan))
            {
                text = Sections.Replace(text, name, section);
            }

            if (file is null)
            {
                Console.Write(text);
            }
            else
            {
                await File.WriteAllTextAsync(file.FullName, text);
            }

            if (parsed.GetValue(json) is { } figuresFile)
            {
                await File.WriteAllTextAsync(figuresFile.FullName, JsonSerializer.Serialize(figures, BenchJson.Default.PerformanceFigures));
            }

            Console.Error.WriteLine($"measured in {figures.Seconds / 60:F1} minutes");
            return 0;
        });
        return command;
    }
}
