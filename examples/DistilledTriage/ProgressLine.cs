using SecureTransformer.Distillation;

namespace DistilledTriage;

/// <summary>Progress on standard error: rewritten on a terminal, a line a tenth of the work elsewhere.</summary>
internal sealed class ProgressLine(string work = "", int count = 0) : IProgress<TrainingProgress>, IProgress<int>, IDisposable
{
    private string _last = "";

    public void Report(TrainingProgress value) => Show(value.Stage, value.Step, value.Steps, $", {value.Seconds:F0} s, loss {value.Loss:F4}");

    public void Report(int value) => Show(work, value, count, "");

    public void Dispose()
    {
        if (!Console.IsErrorRedirected)
        {
            Console.Error.Write("\r\u001b[K");
        }
    }

    private void Show(string what, int done, int all, string more)
    {
        int tenth = Console.IsErrorRedirected ? 10 : 1;
        string shown = $"{what}: {100L * done / all / tenth * tenth}%";
        if (shown != _last)
        {
            _last = shown;
            Console.Error.Write(Console.IsErrorRedirected ? $"{shown}{more}\n" : $"\r\u001b[K{shown}{more}");
        }
    }
}
