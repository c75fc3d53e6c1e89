using System.CommandLine;
using System.Diagnostics;

namespace SecureTransformer.Bench;

/// <summary><c>shamir</c>: measures and writes every table of docs/performance-shamir.md.</summary>
internal static class ShamirCommand
{
    private static readonly string[] s_parts = ["operations", "triage", "bytes"];

    public static Command Create()
    {
        var only = new Option<string[]>("--only") { Description = $"Parts, by default all: {string.Join(", ", s_parts)}.", AllowMultipleArgumentsPerToken = true };
        var model = new Option<DirectoryInfo>("--model") { Description = "The triage model.", DefaultValueFactory = _ => new DirectoryInfo(Path.Combine("examples", "PrivateTriage", "model")) };
        var output = new Option<FileInfo?>("--output") { Description = "A Markdown file: each table takes the place of that of its name, or goes to the end. By default tables are printed." };
        only.AcceptOnlyFromAmong(s_parts);
        var command = new Command("shamir", "Measure Shamir's sharing against its peers, a model between four parties, and the bytes of a product by the number of parties: every table of docs/performance-shamir.md.") { only, model, output };
        command.SetAction(async parsed =>
        {
            long start = Stopwatch.GetTimestamp();
            IReadOnlyList<string> parts = parsed.GetValue(only) is { Length: > 0 } given ? given : s_parts;
            FileInfo? file = parsed.GetValue(output);
            DirectoryInfo triage = parsed.GetValue(model)!;
            if (parts.Contains("triage") && !triage.Exists)
            {
                await Console.Error.WriteLineAsync($"There is no folder {triage}; --model says where the triage model is.");
                return 1;
            }

            var figures = new ShamirFigures
            {
                Operations = parts.Contains("operations") ? await ShamirRun.OperationsAsync() : null,
                Triage = parts.Contains("triage") ? await ShamirRun.TriageAsync(triage.FullName, 4, 1) : null,
                Bytes = parts.Contains("bytes") ? await ShamirRun.BytesAsync() : null,
            };
            string text = file is { Exists: true } ? await File.ReadAllTextAsync(file.FullName) : "";
            foreach ((string name, string section) in ShamirReport.Sections(figures))
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

            await Console.Error.WriteLineAsync($"measured in {Stopwatch.GetElapsedTime(start).TotalMinutes:F1} minutes");
            return 0;
        });
        return command;
    }
}
