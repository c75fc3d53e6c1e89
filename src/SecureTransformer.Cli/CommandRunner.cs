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
            return UsedWrongly([.. parsed.Errors.Select(e => e.Message)]);
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromSeconds(15) });
        }
        catch (UsageException error)
        {
            return UsedWrongly(error.Message);
        }
        catch (OperationCanceledException)
        {
            Console.Error.WriteLine("cancelled");
            return 130;
        }
        catch (Exception error) when (error is IOException or InvalidDataException or ArgumentException or ProtocolException or OverflowException
            or NotSupportedException or InvalidOperationException or UnauthorizedAccessException or PlatformNotSupportedException)
        {
            // Names of a library's parameters mean nothing here.
            Console.Error.WriteLine($"error: {(error is ArgumentException ? error.Message.Split(" (Parameter '")[0] : error.Message)}");
            return 1;
        }
    }

    private static int UsedWrongly(params string[] messages)
    {
        foreach (string message in messages)
        {
            Console.Error.WriteLine($"error: {message}");
        }

        Console.Error.WriteLine("See 'secure-transformer --help', or '--help' after a command.");
        return 2;
    }
}

/// <summary>Options that do not go together, or with the model.</summary>
internal sealed class UsageException(string message) : Exception(message);
