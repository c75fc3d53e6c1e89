using System.CommandLine;
using SecureTransformer.Transport;

namespace SecureTransformer.Cli;

/// <summary>Exit codes: 0 done, 1 failed with a message, 2 used wrongly, 130 cancelled.</summary>
internal static class CommandRunner
{
    public static async Task<int> RunAsync(RootCommand root, string[] args)
    {
        ParseResult parsed = root.Parse(args);
        if (parsed.Errors.Count > 0)
        {
            foreach (string message in parsed.Errors.Select(e => e.Message))
            {
                Console.Error.WriteLine($"error: {message}");
            }

            Console.Error.WriteLine("See 'secure-transformer --help', or '--help' after a command.");
            return 2;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(15) });
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("cancelled");
            return 130;
        }
        catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException or ProtocolException or OverflowException
            or NotSupportedException or InvalidOperationException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            Console.Error.WriteLine($"error: {error.Message}");
            return 1;
        }
    }
}
