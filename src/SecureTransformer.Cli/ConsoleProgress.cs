using SecureTransformer.Hosting;

namespace SecureTransformer.Cli;

/// <summary>Progress on standard error: one line that is rewritten on a terminal, and a line a stage elsewhere.</summary>
internal sealed class ConsoleProgress : IProgress<InferenceProgress>
{
    private readonly Lock _gate = new();
    private string _stage = "";
    private int _percent = -1;

    public void Report(InferenceProgress value)
    {
        lock (_gate)
        {
            int percent = value.Fraction is { } fraction ? (int)(100 * fraction) : -1;
            if (value.Stage == _stage && percent == _percent)
            {
                return;
            }

            bool sameStage = value.Stage == _stage;
            (_stage, _percent) = (value.Stage, percent);
            if (!Console.IsErrorRedirected)
            {
                Console.Error.Write($"\r\u001b[K{value.Stage}{(percent < 0 ? "" : $" {percent}%")}");
            }
            else if (!sameStage)
            {
                Console.Error.WriteLine(value.Stage);
            }
        }
    }

    /// <summary>Leaves the terminal's line empty for what follows.</summary>
    public void Clear()
    {
        lock (_gate)
        {
            if (!Console.IsErrorRedirected)
            {
                Console.Error.Write("\r\u001b[K");
            }
        }
    }
}
