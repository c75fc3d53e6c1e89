using SecureTransformer.Distillation;

namespace DistilledTriage;

/// <summary>Progress on standard error: rewritten on a terminal, a line a tenth of a stage elsewhere.</summary>
internal sealed class ProgressLine : IProgress<TrainingProgress>, IDisposable
{
    private string _last = "";

    public void Report(TrainingProgress value)
    {
        int tenth = Console.IsErrorRedirected ? 10 : 1;
        string shown = $"{value.Stage}: {100L * value.Step / value.Steps / tenth * tenth}%";
        if (shown == _last)
        {
            return;
        }

        _last = shown;
        string line = $"{shown}, {value.Seconds:F0} s, loss {value.Loss:F4}";
        Console.Error.Write(Console.IsErrorRedirected ? $"{line}\n" : $"\r\u001b[K{line}");
    }

    public void Dispose()
    {
        if (!Console.IsErrorRedirected)
        {
            Console.Error.Write("\r\u001b[K");
        }
    }
}
